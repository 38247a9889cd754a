/* Many of everything. storm forks N: N children, one after the other, four at a time; storm threads N: N threads, likewise; storm
 * live N: N threads at once, each of which answers; storm starved N: likewise, while hotline is stopped; storm libraries N PATH PATH: the two are opened and closed N times in turn, at
 * one address; storm stack MS: how many bytes below a function that runs for MS were touched, and how many of them the kernel takes
 * for a signal. Prints what came back. */
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { AT_ONCE = 4 };

static int forks(unsigned count)
{
    unsigned long sum = 0;
    unsigned running = 0;
    for (unsigned i = 0; i < count || running > 0;) {
        if (i < count && running < AT_ONCE) {
            pid_t pid = fork();
            if (pid == 0)
                _exit((int)(i % 200));
            if (pid < 0)
                return 1;
            i++;
            running++;
            continue;
        }
        int status;
        if (wait(&status) < 0 || !WIFEXITED(status))
            return 1;
        sum += (unsigned)WEXITSTATUS(status);
        running--;
    }
    printf("%lu\n", sum);
    return 0;
}

static void *answer(void *number)
{
    return (void *)((uintptr_t)number * 3);
}

static int threads(unsigned count)
{
    unsigned long sum = 0;
    for (unsigned i = 0; i < count; i += AT_ONCE) {
        pthread_t some[AT_ONCE];
        for (unsigned k = 0; k < AT_ONCE; k++)
            if (pthread_create(&some[k], NULL, answer, (void *)(uintptr_t)(i + k)) != 0)
                return 1;
        for (unsigned k = 0; k < AT_ONCE; k++) {
            void *result;
            pthread_join(some[k], &result);
            sum += (uintptr_t)result;
        }
    }
    printf("%lu\n", sum);
    return 0;
}

static sem_t all_here;
static pthread_barrier_t leave;

static void *live_one(void *number)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    long end = now.tv_nsec + 1000L * 1000 + now.tv_sec * 1000000000L; /* a millisecond of work for each */
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while (now.tv_nsec + now.tv_sec * 1000000000L < end);
    sem_post(&all_here);
    pthread_barrier_wait(&leave);
    return number;
}

static int live(unsigned count)
{
    pthread_t *all = calloc(count, sizeof *all);
    pthread_attr_t small;
    unsigned long sum = 0;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN);
    sem_init(&all_here, 0, 0);
    pthread_barrier_init(&leave, NULL, count + 1);
    for (unsigned i = 0; i < count; i++)
        if (pthread_create(&all[i], &small, live_one, (void *)(uintptr_t)i) != 0)
            return 1;
    for (unsigned i = 0; i < count; i++)
        sem_wait(&all_here);
    pthread_barrier_wait(&leave);
    for (unsigned i = 0; i < count; i++) {
        void *result;
        pthread_join(all[i], &result);
        sum += (uintptr_t)result;
    }
    printf("%lu\n", sum);
    free(all);
    return 0;
}

/* Its parent gets no turn, as on a machine that is too busy. */
static int starved(unsigned count)
{
    unsigned long sum = 0;
    for (volatile unsigned long i = 0; i < 200000000; i++) /* long enough to be known to it */
        sum += i;
    if (sum == 0 || kill(getppid(), SIGSTOP) != 0)
        return 1;
    int status = live(count);
    kill(getppid(), SIGCONT);
    return status;
}

enum { PAINTED_BYTES = 128 * 1024 };

/* Nothing is called between painting and looking: what changed was a signal's. */
static void *paint(void *milliseconds)
{
    volatile char painted[PAINTED_BYTES];
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* its own stack is above */
    uint64_t end = (uint64_t)(uintptr_t)milliseconds * 500000;
    for (unsigned i = 0; i < PAINTED_BYTES; i++)
        painted[i] = 0x5a;
    return (void *)(uintptr_t)(end + (uint64_t)painted[0] - 0x5a);
}

static void *watch(void *milliseconds)
{
    const volatile char *here = __builtin_frame_address(0), *low = here - PAINTED_BYTES / 2;
    volatile uint64_t rounds = (uint64_t)(uintptr_t)paint(milliseconds);
    while (rounds > 0)
        rounds--;
    while (*low == 0x5a)
        low++;
    return (void *)(uintptr_t)(here - low);
}

static volatile uintptr_t frame_bytes;

/* What AT_MINSIGSTKSZ says holds for programs that use all of the processor's registers. */
static void measure_frame(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    frame_bytes = (uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RSP] - (uintptr_t)context;
}

static int stack_use(unsigned milliseconds)
{
    sigaction(SIGUSR1, &(struct sigaction){.sa_sigaction = measure_frame, .sa_flags = SA_SIGINFO}, NULL);
    raise(SIGUSR1);
    pthread_t thread;
    void *used;
    if (pthread_create(&thread, NULL, watch, (void *)(uintptr_t)milliseconds) != 0)
        return 1;
    pthread_join(thread, &used);
    printf("%lu %lu\n", (unsigned long)(uintptr_t)used, (unsigned long)frame_bytes);
    return 0;
}

static int libraries(unsigned count, char **paths)
{
    for (unsigned i = 0; i < count; i++) {
        void *library = dlopen(paths[i % 2], RTLD_NOW);
        void (*work)(double) = library ? (void (*)(double))dlsym(library, "plugin_work") : NULL;
        if (!work) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        work(0.0002);
        dlclose(library);
    }
    printf("%u\n", count);
    return 0;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[1] : "";
    unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    if (!strcmp(mode, "forks"))
        return forks(count);
    if (!strcmp(mode, "threads"))
        return threads(count);
    if (!strcmp(mode, "live"))
        return live(count);
    if (!strcmp(mode, "starved"))
        return starved(count);
    if (!strcmp(mode, "stack"))
        return stack_use(count);
    if (!strcmp(mode, "libraries") && argc > 4)
        return libraries(count, argv + 3);
    return 2;
}
