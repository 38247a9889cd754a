/* What profile_merge.c, profile_merge_run.c and profile_merge_tags.c share. */
#ifndef HOTLINE_PROFILE_MERGE_PARTS_H
#define HOTLINE_PROFILE_MERGE_PARTS_H

#include "profiler/collector/profile.h"

/* The profiles, and where their items went: [profile][old number] -> new number. */
struct merge {
    const struct profile **profiles; /* by start */
    uint32_t count;
    uint64_t *offsets_ns; /* of each start, since the first */
    uint32_t **modules, **files, **functions, **frames, **nodes, **tag_sets, **threads, **spans;
};

struct tree_node {
    uint32_t parent, frame, number;
};

enum { MERGED_TEXTS = 8 };

struct merged_profile {
    struct profile profile;
    struct profile_module *modules;
    struct profile_file *files;
    struct profile_function *functions;
    struct profile_frame *frames;
    struct profile_node *nodes;
    struct profile_tag_set *tag_sets;
    struct profile_tag *tags, *static_tags;
    struct profile_thread *threads;
    struct profile_span *spans;
    struct profile_latency *latencies;
    struct profile_cell *cells, *wait_cells;
    struct profile_lock *locks;
    char *texts[MERGED_TEXTS]; /* joined from several */
    unsigned text_count;
};

/* Everything but the tables: what ran, how it was measured, the counters, the bucket width. */
void merge_describe_runs(const struct merge *merge, struct merged_profile *ret);

/* Tag sets and static tags. */
void merge_tags(struct merge *merge, struct merged_profile *ret);

/* Whole nanoseconds; 0 for what is unknown (negative). */
static inline uint64_t merge_nanoseconds(double seconds)
{
    return seconds > 0 ? (uint64_t)(seconds * 1e9 + 0.5) : 0;
}

#endif
