/* hotline.h in use: 70 % of the CPU time under operation=blur, 30 % under operation=sharpen, a nested stage=inner inside each half of
 * the time; a helper thread that carries the context along. Prints whether a profiler was there. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "profiler/hotline.h"

static volatile uint64_t sink;

__attribute__((noinline)) static void spin(unsigned iterations)
{
    uint64_t value = sink;
    for (unsigned i = 0; i < iterations; i++)
        value = value * 6364136223846793005u + 1442695040888963407u;
    sink = value;
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void work(const char *operation, unsigned iterations)
{
    HOTLINE_TAG("operation", operation);
    spin(iterations);
    {
        HOTLINE_TAG("stage", "inner");
        spin(iterations);
    }
}

static struct hotline_context carried;

static void *helper(void *limit)
{
    struct hotline_context before = hotline_context_set(carried);
    while (cpu_seconds() < *(double *)limit)
        spin(100000);
    hotline_context_set(before);
    return NULL;
}

int main(int argc, char **argv)
{
    double limit = argc > 1 ? atof(argv[1]) : 1.0;
    printf("%s\n", hotline_is_on() ? "profiled" : "plain");
    if (argc > 2 && !strcmp(argv[2], "helper")) {
        pthread_t thread;
        struct hotline_context before = hotline_tag("request", "42");
        carried = hotline_context_get();
        hotline_context_set(before);
        pthread_create(&thread, NULL, helper, &limit);
        pthread_join(thread, NULL);
        return hotline_context_get().word != before.word;
    }
    if (argc > 2 && !strcmp(argv[2], "switch")) {
        hotline_off();
        while (cpu_seconds() < limit)
            spin(100000);
        hotline_on();
        while (cpu_seconds() < 2 * limit)
            spin(100000);
        return !hotline_dump();
    }
    while (cpu_seconds() < limit) {
        work("blur", 70000);
        work("sharpen", 30000);
    }
    return hotline_context_get().word != 0;
}
