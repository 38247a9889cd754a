/* What profile_merge.c and its parts share. */
#ifndef HOTLINE_PROFILE_MERGE_PARTS_H
#define HOTLINE_PROFILE_MERGE_PARTS_H

#include <string.h>

#include "profiler/collector/profile.h"

/* The profiles, and where their items went: [profile][old number] -> new number. */
struct merge {
    const struct profile **profiles; /* by start */
    uint32_t count;
    uint64_t *offsets_ns; /* of each start, since the first */
    uint32_t **modules, **files, **functions, **frames, **nodes, **tag_sets, **threads, **spans;
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

static inline int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* NULL comes first. */
static inline int compare_texts(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* An item of a table: which profile's, and which. */
struct item {
    uint32_t profile, index;
};

typedef int (*compare_items)(const struct merge *merge, const struct item *a, const struct item *b);

/* Number the items of a table by value. counts: of each profile. ret_maps: [profile][old number] -> new number; a caller's array.
 * ret_items: the items in the new order, equal ones together; free it. ret: how many different ones. */
uint32_t merge_unite(const struct merge *merge, const uint32_t *counts, compare_items compare, uint32_t **ret_maps, struct item **ret_items,
                     uint32_t *ret_item_count);

/* One per table: the counts of each profile, from the field `member`. */
#define COUNTS(merge, member)                                                                                                                \
    uint32_t *counts = require_array((merge)->count, sizeof counts[0]);                                                                      \
    for (uint32_t i = 0; i < (merge)->count; i++) {                                                                                          \
        counts[i] = (merge)->profiles[i]->member;                                                                                            \
    }

/* Modules, files, functions, frames, and the call tree of these. */
void merge_code(struct merge *merge, struct merged_profile *ret);

/* Cells of both metrics, durations of requests and locks, when all that they refer to has its number. */
void merge_cells(const struct merge *merge, struct merged_profile *ret);

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
