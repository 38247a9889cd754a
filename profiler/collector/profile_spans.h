/* The snapshot's spans and latencies -> those of struct profile. */
#ifndef HOTLINE_PROFILE_SPANS_H
#define HOTLINE_PROFILE_SPANS_H

#include "profiler/collector/profile.h"
#include "profiler/collector/snapshot.h"
#include "profiler/collector/string_pool.h"

struct profile_spans {
    struct profile_span *spans; /* by begin; [0]: none */
    struct span_text *texts;    /* theirs */
    struct profile_latency *latencies;
    uint32_t span_count, latency_count;
    uint32_t *by_number; /* SPAN_NUMBERS: of the snapshot's cells -> index in spans, 0: not shown */
};

/* Mark the session's tag sets that they have in `used`. */
void profile_spans_mark_tags(const struct snapshot *snapshot, bool *used);

/* tag_map: from the session's tag sets to the profile's. Names of latencies are in `strings`. */
void profile_spans_build(const struct snapshot *snapshot, const uint32_t *tag_map, struct string_pool *strings, struct profile_spans *ret);
void profile_spans_deinit(struct profile_spans *spans);

#endif
