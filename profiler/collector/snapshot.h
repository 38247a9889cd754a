/* What the report thread takes from the drain thread in one short lock: copies, so that draining goes on while a report
 * is written. */
#ifndef HOTLINE_SNAPSHOT_H
#define HOTLINE_SNAPSHOT_H

#include "profiler/collector/drain.h"
#include "profiler/collector/engine.h"
#include "profiler/collector/profile.h"

struct snapshot_module {
    const char *path, *open_path; /* live as long as the collector */
    const char *why;              /* no unwind table, because... ; NULL */
    uint8_t build_id[20];
    uint8_t build_id_bytes, kind;
    pid_t pid; /* of MODULE_JIT: see struct module */
    uid_t owner;
};

struct snapshot_latency {
    uint32_t group, step; /* of latency_scale.h */
    uint64_t count;
};

struct snapshot {
    struct aggregate tree;
    struct snapshot_module *modules;
    uint32_t module_count;
    struct thread_row *threads;
    uint32_t thread_count;
    struct tag_set
        *tag_sets; /* index: the session's; only READY ones, checked: text_bytes <= sizeof text, ends with NUL */
    struct drain_counts counts;
    struct engine_facts engine;
    struct lock_row *locks;
    uint32_t lock_count;
    uint64_t waits_dropped;
    struct running_span *spans; /* the kept ones, and behind them those that run; number: of their cells */
    uint32_t span_count;
    uint64_t spans_ended, spans_lost, slower_than_ns, started_ns;
    struct span_group *span_groups;
    struct snapshot_latency *latencies; /* of spans that ended: all */
    uint32_t latency_count;
    uint32_t processes, unjoined;
    uint32_t tag_sets_dropped, threads_without_slot, threads_without_timer, processes_without_row;
    uint32_t left_out[LEFT_OUT_REASONS], withdrawn;
    uint64_t slot_drops; /* samples dropped for a full ring or no chunk */
    uint64_t cpu_on_ns, on_ns, elapsed_ns;
    bool was_off;
    double user_s, system_s, collector_cpu_s, throttled_s;
    double cycles_per_ns;
    enum profile_ended ended;
    int ended_code;
    int32_t pid;
    int64_t started_unix_ns;
};

/* Copy what the drain thread changes; its lock is held. false: out of memory. The run's own facts are the caller's to fill in. */
bool snapshot_copy(struct snapshot *ret, struct drain *drain);
void snapshot_deinit(struct snapshot *snapshot);

/* user_s and system_s of the program `pid` and of its children that it waited for, from /proc; -1 when it is gone. */
void snapshot_read_split(struct snapshot *ret);

/* Samples that were taken and could not be kept. */
uint64_t snapshot_drops(const struct session *session);

#endif
