/* What a walk costs per frame: cold (the core's own caches, or all, swept before each walk; no pc cache), warm (no pc cache), and with the pc cache.
 * Stacks as libraries make them: qsort and bsearch callbacks 24 calls deep. Prints one line each; nothing is asserted.
 * Build: make build/tests/bench/bench_unwind; run it alone. */
#include <signal.h>
#include <stdint.h>
#include <time.h>

#include "tests/unit/own_space.h"

enum { SWEEP_CORE_BYTES = 4 * 1024 * 1024, SWEEP_BYTES = 64 * 1024 * 1024, COLD_WALKS = 60, WARM_WALKS = 20000, DEPTH = 24 };

static struct own_space *own;
static struct unwind_stack stack;
static struct unwind_cache cache;
static volatile unsigned char *sweep;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void measure(const char *name, const struct unwind_registers *registers, struct unwind_cache *with, int walks, size_t sweep_bytes)
{
    uint64_t pcs[512], total = 0, best = UINT64_MAX;
    enum unwind_stop stop;
    unsigned depth = 0;
    for (int i = 0; i < walks; i++) {
        for (size_t a = 0; a < sweep_bytes; a += 64)
            sweep[a]++;
        uint64_t start = now_ns();
        depth = unwind_walk(&own->live, registers, &stack, with, pcs, 512, &stop);
        uint64_t took = now_ns() - start;
        total += took;
        best = took < best ? took : best;
    }
    printf("%-28s %3u frames, %s: mean %6.1f ns per frame, best %6.1f\n", name, depth, unwind_stop_text(stop),
           (double)total / walks / depth, (double)best / depth);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    struct unwind_registers registers;
    (void)number;
    (void)info;
    own_registers(context, &registers);
    measure("cold, all caches swept", &registers, NULL, COLD_WALKS, SWEEP_BYTES);
    measure("cold, the core's swept", &registers, NULL, COLD_WALKS, SWEEP_CORE_BYTES);
    measure("warm", &registers, NULL, WARM_WALKS, 0);
    measure("warm, with the pc cache", &registers, &cache, WARM_WALKS, 0);
}

static int level;
static void descend(void);

static int compare(const void *a, const void *b)
{
    if (level > 0)
        descend();
    return *(const int *)a - *(const int *)b;
}

static __attribute__((noinline)) void descend(void)
{
    int values[4] = {1, 2, 3, 4}, key = 3;
    if (--level == 0)
        raise(SIGUSR1);
    if (level % 2)
        qsort(values, 4, sizeof values[0], compare);
    else
        level += bsearch(&key, values, 4, sizeof values[0], compare) == values; /* used, never true: level stays */
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    uint64_t start = now_ns();
    own = own_space_create();
    printf("%u modules, %zu bytes of tables, built in %.1f ms\n", own->count, own->arena_bytes, (double)(now_ns() - start) / 1e6);
    stack = own_stack();
    sweep = calloc(1, SWEEP_BYTES);
    sigaction(SIGUSR1, &action, NULL);
    level = DEPTH;
    descend();
    own_space_destroy(own);
    return 0;
}
