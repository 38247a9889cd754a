/* A known stack: main -> outer -> middle -> inner -> leaf, half of the time in inner itself and half in leaf, which calls nothing.
 * chain SECONDS [LIBRARY]: with LIBRARY, that is opened late, and its plugin_work(SECONDS) does the same amount once more. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile uint64_t sink;

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#define SPIN                                                                                                                           \
    do {                                                                                                                               \
        uint64_t value = sink;                                                                                                         \
        for (unsigned i = 0; i < 200000; i++)                                                                                          \
            value = value * 6364136223846793005u + 1442695040888963407u;                                                               \
        sink = value;                                                                                                                  \
    } while (0)

__attribute__((noinline)) static void leaf(void) { SPIN; }

__attribute__((noinline)) static int inner(void)
{
    SPIN;
    leaf();
    return sink == 1;
}

__attribute__((noinline)) static int middle(double limit)
{
    int count = 0;
    while (cpu_seconds() < limit)
        count += 1 + inner();
    return count;
}

__attribute__((noinline)) static int outer(double limit) { return 1 + middle(limit); }

#ifdef PLUGIN
int plugin_work(double seconds);
int plugin_work(double seconds) { return 1 + outer(cpu_seconds() + seconds); }
#else
int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    int done = outer(seconds);
    if (argc > 2) {
        void *library = dlopen(argv[2], RTLD_NOW);
        int (*work)(double) = library ? (int (*)(double))dlsym(library, "plugin_work") : NULL;
        if (!work) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        done += work(seconds);
    }
    return done == 0;
}
#endif
