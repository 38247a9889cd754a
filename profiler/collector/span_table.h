/* The spans that are kept, and how long all of them took, in bounded memory whatever the rate. Private memory of the drain thread; what
 * comes from the session is in drain_spans.h.
 *
 * Kept are the SPANS_KEPT slowest, by wall time, of those that took `slower_than_ns` at least; of each group (a name and a tag set)
 * SPANS_KEPT_PER_GROUP have a place before the slow ones of other groups, so that a fast operation has its slowest requests, too. The cells of a
 * span that is not kept are nobody's from its end on. Latencies are counted for all. */
#ifndef HOTLINE_SPAN_TABLE_H
#define HOTLINE_SPAN_TABLE_H

#include "profiler/collector/aggregate.h"
#include "profiler/collector/key_table.h"
#include "profiler/session/session_layout.h"

enum {
    SPANS_KEPT = 1000,
    SPANS_KEPT_PER_GROUP = 8,
    SPAN_NUMBERS = 1 + SPANS_KEPT + SESSION_SPANS, /* those with samples that live, and those that are kept */
    SPAN_GROUPS = 4096,                            /* further ones are counted together */
    SPAN_LATENCIES = 1 << 16,                      /* likewise */
};

/* One that ended, or whose process did. */
struct span_facts {
    uint64_t id;                /* unique in the session, the same while it runs and after, not 0 */
    uint64_t begin_ns, wall_ns; /* CLOCK_MONOTONIC */
    uint32_t tag_set;           /* the session's */
    uint32_t thread;            /* row of the thread table */
    uint32_t row;               /* of the session's table, where it stood */
    bool running;               /* its process ended before it did */
    struct span_text text;
};

struct kept_span {
    bool is_kept; /* else it runs */
    struct span_facts facts;
};

struct span_group { /* zeroed padding: a key */
    char name[SPAN_NAME_BYTES];
    uint32_t tag_set;
};

struct span_latency {
    uint32_t group, step;
};

struct span_table {
    struct aggregate *aggregate;
    uint64_t slower_than_ns, ended;
    struct kept_span *spans; /* by number: 1 .. SPAN_NUMBERS - 1 */
    uint32_t *free_numbers;  /* a stack */
    uint32_t free_count;
    struct {
        uint64_t wall_ns;
        uint32_t number, group;
    } kept[SPANS_KEPT]; /* what the search for the fastest reads */
    uint32_t kept_count, changes; /* of what is kept */
    struct {
        uint32_t word; /* the span that this row's number is of, as contexts name it; 0: none was met */
        uint32_t number;
    } rows[SESSION_SPANS];
    struct key_table groups, latencies; /* struct span_group, struct span_latency */
    struct {
        uint32_t kept;
        uint32_t refused_at; /* `changes` when one of refused_ns found no place: as long as it is that, no faster one does */
        uint64_t refused_ns;
    } group_state[SPAN_GROUPS];
    uint64_t latency_counts[SPAN_LATENCIES];
};

bool span_table_init(struct span_table *ret, struct aggregate *aggregate, uint64_t slower_than_ns);
void span_table_deinit(struct span_table *table);

/* The number of the span that is in `row` now, and is called `word` by contexts; given to it now if it has none. 0: no number is free. */
uint32_t span_table_meet(struct span_table *table, uint32_t row, uint32_t word);

/* The number that the span `word` of `row` has had since it was met; 0: none, or it is not kept. */
uint32_t span_table_number(const struct span_table *table, uint32_t row, uint32_t word);

/* It ended: count it, keep it or forget it. ret: its number if it is kept, 0. */
uint32_t span_table_end(struct span_table *table, uint32_t word, const struct span_facts *facts);

#endif
