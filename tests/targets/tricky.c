/* Programs that do to signals, stacks and libraries what profilers stumble over. tricky MODE SECONDS [LIBRARY LIBRARY] */
#include <dlfcn.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;
static sigjmp_buf back;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

__attribute__((noinline)) static void burn_until(double seconds)
{
    while (cpu_seconds() < seconds)
        for (unsigned i = 0; i < 20000; i++)
            sink = sink * 6364136223846793005u + 1;
}

static void handler_tick(int number)
{
    sink += (uint64_t)number;
}

static void jump(int number)
{
    (void)number;
    siglongjmp(back, 1);
}

__attribute__((noinline)) static void handler_work(int number)
{
    burn_until(cpu_seconds() + 0.8);
    sink += (uint64_t)number;
}

static void run_plugin(const char *path, double seconds)
{
    void *library = dlopen(path, RTLD_NOW);
    void (*work)(double) = library ? (void (*)(double))dlsym(library, "plugin_work") : NULL;
    if (!work) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    work(seconds);
    dlclose(library);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    double seconds = argc > 2 ? atof(argv[2]) : 1;
    if (!strcmp(mode, "jump")) { /* handlers that jump out, every 200 us */
        struct itimerval every = {{0, 200}, {0, 200}};
        signal(SIGALRM, jump);
        sigsetjmp(back, 1);
        setitimer(ITIMER_REAL, &every, NULL);
        burn_until(seconds);
        every.it_value.tv_usec = every.it_interval.tv_usec = 0;
        setitimer(ITIMER_REAL, &every, NULL);
    } else if (!strcmp(mode, "mask")) { /* 0.8 s in a handler that blocks everything */
        struct sigaction action = {.sa_handler = handler_work}, seen;
        sigfillset(&action.sa_mask);
        sigaction(SIGUSR1, &action, NULL);
        sigaction(SIGUSR1, NULL, &seen);
        if (memcmp(&seen.sa_mask, &action.sa_mask, sizeof(unsigned long)) != 0 && !sigismember(&seen.sa_mask, SIGPROF))
            return 1;
        raise(SIGUSR1);
    } else if (!strcmp(mode, "interrupt")) { /* siginterrupt() is honoured by signal() */
        int ends[2];
        char byte;
        struct itimerval once = {{0, 0}, {0, 50000}};
        if (pipe(ends) != 0)
            return 1;
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        siginterrupt(SIGALRM, 1);
        signal(SIGALRM, handler_tick);
        setitimer(ITIMER_REAL, &once, NULL);
        return read(ends[0], &byte, 1) >= 0; /* interrupted, not restarted for ever */
    } else if (!strcmp(mode, "locked")) { /* locks its memory, says how much is locked and whether its own page is, then works */
        static char page[3 << 20];
        char line[256];
        if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
            return 77;
        FILE *status = fopen("/proc/self/status", "r");
        while (fgets(line, sizeof line, status))
            if (!strncmp(line, "VmLck:", 6) || !strncmp(line, "VmRSS:", 6))
                fputs(line, stdout);
        unsigned char resident = 0;
        mincore((void *)((uintptr_t)(page + (1 << 20)) & ~UINT64_C(4095)), 4096, &resident);
        printf("page %d\n", resident & 1);
        burn_until(seconds);
    } else if (!strcmp(mode, "plugins") && argc > 4) { /* the second takes the place of the first */
        run_plugin(argv[3], seconds * 0.2);
        run_plugin(argv[4], seconds * 0.8);
    } else if (!strcmp(mode, "many-plugins") && argc > 5) { /* COUNT libraries FOLDER/0.so ... for two ticks each, then one for longer */
        char path[4096];
        for (int i = 0; i < atoi(argv[3]); i++) {
            snprintf(path, sizeof path, "%s/%d.so", argv[4], i);
            run_plugin(path, 0.008);
        }
        run_plugin(argv[5], seconds);
    } else {
        return 2;
    }
    return 0;
}
