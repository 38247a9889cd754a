/* What the rules of the findings look for, on top of the made image service: allocation and copying under libraries, a recursion, requests
 * of which one operation is few and takes much, waiting, a contended lock, a CPU limit. */
#ifndef HOTLINE_MADE_ANSWERS_H
#define HOTLINE_MADE_ANSWERS_H

#include <string.h>

#include "profiler/collector/latency_scale.h"
#include "tests/unit/made_profile.h"

enum { ANSWERS_DENOISE = 1, ANSWERS_DENOISE_PNG, ANSWERS_BLUR, ANSWERS_HEALTH }; /* tag sets, as the service makes them */

/* The first node of a function that is in the profile. */
static uint32_t answers_node(const struct made *m, const char *function)
{
    uint32_t node = 1;
    while (strcmp(m->functions[m->frames[m->nodes[node].frame].function].name, function) != 0) {
        node++;
    }
    return node;
}

static void make_answers_calls(struct made *m)
{
    uint32_t libc = 2, decode = answers_node(m, "decode_jpeg"), idct = answers_node(m, "jsimd_idct_islow_avx2");
    uint32_t take = made_call(m, decode, made_function(m, "_int_malloc", PROFILE_NONE, 0, libc), PROFILE_NONE, 0);
    uint32_t grow = made_call(m, take, made_function(m, "__brk", PROFILE_NONE, 0, libc), PROFILE_NONE, 0);
    uint32_t copy = made_call(m, idct, made_function(m, "__memmove_avx_unaligned_erms", PROFILE_NONE, 0, libc), PROFILE_NONE, 0);
    uint32_t file = made_file(m, "/build/service/work/tree.c", true, "struct tree;\n\nvoid visit(struct tree *t)\n{\n    t && (visit(t->left), visit(t->right));\n}\n");
    uint32_t visit = made_function(m, "visit", file, 3, 0), at = answers_node(m, "worker_run");
    for (uint32_t depth = 0; depth < 3; depth++) {
        at = made_call(m, at, visit, file, 5);
        made_cell(m, at, ANSWERS_HEALTH, 2, depth, 10 + depth, false);
    }
    made_cell(m, take, ANSWERS_DENOISE, 0, 1, 95, false);
    made_cell(m, grow, ANSWERS_BLUR, 1, 1, 25, true);
    made_cell(m, copy, ANSWERS_BLUR, 1, 2, 140, false);
}

static void make_answers_waits(struct made *m)
{
    enum { SECONDS = 12 };
    static struct profile_cell waits[2 * SECONDS];
    static struct profile_lock locks[1];
    uint32_t libc = 2, run = answers_node(m, "worker_run"), start = answers_node(m, "start_thread");
    uint32_t lock = made_call(m, run, made_function(m, "___pthread_mutex_lock", PROFILE_NONE, 0, libc), PROFILE_NONE, 0);
    uint32_t idle = made_call(m, start, made_function(m, "__epoll_wait", PROFILE_NONE, 0, libc), PROFILE_NONE, 0);
    for (uint32_t i = 0; i < 2 * SECONDS; i++) {
        uint64_t ns = i % 2 ? UINT64_C(300000000) : UINT64_C(500000000);
        waits[i] = (struct profile_cell){.node = i % 2 ? lock : idle, .tag_set = i % 4 == 1 ? ANSWERS_BLUR : i % 2 ? ANSWERS_DENOISE : 0, .thread = i % 3,
                                         .bucket = i / 2, .samples = 20, .cpu_ns = ns};
        m->profile.wait_ns_total += ns;
    }
    locks[0] = (struct profile_lock){.pid = 4242, .address = 0x7f00, .name = "queue_lock</script><img src=x onerror=alert(1)>", .node = lock,
                                     .samples = 240, .waited_ns = UINT64_C(3600000000)};
    m->profile.wall = true;
    m->profile.wait_cells = waits;
    m->profile.wait_cell_count = 2 * SECONDS;
    m->profile.locks = locks;
    m->profile.lock_count = 1;
    m->profile.throttled_s = 1.3;
    m->profile.duration_s = m->profile.seconds_on = 15;
}

static void make_answers_requests(struct made *m)
{
    static struct profile_latency latencies[] = {
        {.name = "request", .tag_set = ANSWERS_DENOISE, .count = 40},     {.name = "request", .tag_set = ANSWERS_DENOISE, .count = 4},
        {.name = "request", .tag_set = ANSWERS_DENOISE_PNG, .count = 10}, {.name = "request", .tag_set = ANSWERS_BLUR, .count = 300},
        {.name = "request", .tag_set = ANSWERS_HEALTH, .count = 200},
    };
    static const uint64_t took_us[] = {180000, 950000, 210000, 21000, 90};
    for (uint32_t i = 0; i < sizeof latencies / sizeof *latencies; i++) {
        latencies[i].step = latency_step(took_us[i] * 1000);
        m->profile.spans_ended += latencies[i].count;
    }
    m->profile.latencies = latencies;
    m->profile.latency_count = sizeof latencies / sizeof *latencies;
}

static inline void make_answers(struct made *m)
{
    make_answers_calls(m);
    make_answers_waits(m);
    make_answers_requests(m);
    m->profile.cpu_s_measured = -1;
}

#endif
