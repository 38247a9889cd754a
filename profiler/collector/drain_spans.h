/* The session's table of spans -> span_table. Each field is copied and checked: the program may have written anything.
 *
 * A span's samples are in the rings before its end is in the table. So a look at the rings stands between noting which have ended and
 * taking their ends: drain_spans_note(), rings, drain_spans_end(). Drain thread only. */
#ifndef HOTLINE_DRAIN_SPANS_H
#define HOTLINE_DRAIN_SPANS_H

#include "profiler/collector/processes.h"
#include "profiler/collector/span_table.h"
#include "profiler/collector/thread_table.h"

struct drain_spans {
    struct session_owner *owner;
    struct processes *processes;
    struct thread_table *threads;
    struct span_table table;
    uint64_t started_ns;
    struct {
        uint32_t row, word; /* the state word then */
    } ended[SESSION_SPANS];
    uint32_t ended_count;
    struct live_row {
        uint64_t begin_ns;
        uint32_t row;
    } live[SESSION_SPANS]; /* of drain_spans_running() */
};

/* One that is running. */
struct running_span {
    struct span_facts facts;
    uint32_t number; /* 0: no samples so far */
};

bool drain_spans_init(struct drain_spans *ret, struct session_owner *owner, struct processes *processes, struct thread_table *threads,
                      struct aggregate *aggregate, uint64_t started_ns, uint64_t slower_than_ns);
void drain_spans_deinit(struct drain_spans *spans);

void drain_spans_note(struct drain_spans *spans);
void drain_spans_end(struct drain_spans *spans, uint64_t now_ns);

/* The number of the span in a sample's context. */
uint32_t drain_spans_number(struct drain_spans *spans, uint64_t context);

/* The longest running, `most` at most, that have taken span_table.slower_than_ns so far. ret: their number. */
uint32_t drain_spans_running(struct drain_spans *spans, uint64_t now_ns, struct running_span *ret, uint32_t most);

#endif
