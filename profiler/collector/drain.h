/* Rings -> aggregation: the one reader of every ring. Unwinds deferred samples with the code that the sampler uses,
 * frees the chunks and slots of threads that ended, takes idle chunks back when they run short. Drain thread only. */
#ifndef HOTLINE_DRAIN_H
#define HOTLINE_DRAIN_H

#include "profiler/collector/aggregate.h"
#include "profiler/collector/drain_spans.h"
#include "profiler/collector/lock_table.h"
#include "profiler/collector/processes.h"
#include "profiler/collector/thread_table.h"
#include "profiler/session/ring.h"
#include "profiler/session/stack_pack.h"

enum { HANDLER_BUCKETS = 512 };

struct drain_counts {
    uint64_t samples, complete, deferred, corrupt;
    uint64_t stops[UNWIND_STOP_COUNT];
    uint64_t sampled_ns;
    uint64_t waits, waited_ns; /* samples of blocked time, and what they stand for */
    uint32_t handler_cycles[HANDLER_BUCKETS]; /* histogram: 16 steps per power of two */
};

struct drain {
    struct session_owner *owner;
    struct modules *modules;
    struct processes *processes;
    struct thread_table *threads;
    struct aggregate *aggregate;
    uint64_t started_ns, looked_ns; /* the last pass */
    struct ring_reader readers[SESSION_CHUNKS];
    uint64_t last_active_ns[SESSION_CHUNKS];
    struct drain_counts counts;
    uint32_t busiest_bytes; /* of the fullest ring in the last pass */
    uint32_t chunks_in_use;
    uint32_t watch_next; /* thread_watch: the slot to look at first, when it last looked, the samples then */
    uint64_t watched_ns, watch_samples;
    struct lock_table locks;
    struct drain_spans spans;
    bool deferred_seen;
    bool took_back; /* chunks ran short once: threads may end without theirs */
    bool lost[SESSION_SLOTS]; /* the thread has ended, and has no chunk: seen in the pass before */
    _Alignas(8) uint8_t buffer[sizeof(struct sample_record) + sizeof(struct sample_deferred) + SAMPLE_MAX_STACK_BYTES];
    bool in_pass;
    uint8_t put_aside[1 << 20]; /* records read while tables were built */
    size_t aside_bytes;
    _Alignas(8) uint8_t stack[STACK_PACK_MAX_SPAN_BYTES]; /* of a deferred sample, unpacked */
};

/* slower_than_ns: only spans that took longer are kept. false: out of memory. */
bool drain_init(struct drain *ret, struct session_owner *owner, struct modules *modules, struct processes *processes,
                struct thread_table *threads, struct aggregate *aggregate, uint64_t started_ns, uint64_t slower_than_ns);
void drain_deinit(struct drain *drain);

/* Read every ring once. `final`: the session is closed, everything is drained and freed. */
void drain_pass(struct drain *drain, uint64_t now_ns, bool final);

/* The handler time below which `fraction` of the samples lie, in cycles of its own clock. 0 when there are none. */
uint32_t drain_handler_quantile(const struct drain_counts *counts, double fraction);

#endif
