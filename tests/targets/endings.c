/* Every way a program ends. endings HOW: burns 0.6 CPU seconds in burn(), then ends. Half a sampling period more: else the last sample is
 * due in the very instant in which burn() returns, and now and then is whoever comes next's. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile uint64_t sink;

__attribute__((noinline)) static void burn(double seconds)
{
    struct timespec now;
    do {
        for (unsigned i = 0; i < 100000; i++)
            sink = sink * 6364136223846793005u + 1;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    } while ((double)now.tv_sec + 1e-9 * (double)now.tv_nsec < seconds);
}

static void *exit_here(void *unused)
{
    burn(0.305);
    exit(7);
    return unused;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "return";
    burn(0.605);
    if (!strcmp(how, "kill"))
        raise(SIGKILL);
    if (!strcmp(how, "abort"))
        abort();
    if (!strcmp(how, "segv"))
        *(volatile int *)8 = 1;
    if (!strcmp(how, "_exit"))
        _exit(9);
    if (!strcmp(how, "thread")) {
        pthread_t thread;
        pthread_create(&thread, NULL, exit_here, NULL);
        pthread_join(thread, NULL);
    }
    if (!strcmp(how, "forever"))
        burn(60);
    return 3;
}
