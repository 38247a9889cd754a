/* struct profile -> its requests: how many ended, how long they took, which were the slowest and what they cost. Computed once,
 * read by every writer of outputs. A request is a span of hotline.h. */
#ifndef HOTLINE_REQUEST_SUMMARY_H
#define HOTLINE_REQUEST_SUMMARY_H

#include "profiler/collector/profile.h"

/* How long `count` requests took: quantiles by nearest rank, right within 5 % (latency_scale.h); so is max_ns, if the slowest is not
 * kept. */
struct request_row {
    const char *name;        /* of rows in `sets`; else NULL */
    uint32_t tag_set;        /* likewise; else 0 */
    const char *key, *value; /* of rows in `values`; else NULL */
    uint64_t count;
    uint64_t p50_ns, p95_ns, p99_ns, max_ns;
    bool max_is_exact;
};

struct request_cost {
    uint64_t cpu_ns, wait_ns; /* the sum of its cells: of all threads that worked for it, while they did */
    uint64_t samples;         /* of CPU time */
};

struct request_summary {
    const struct profile *profile;
    struct request_row all;
    struct request_row *sets; /* by name and tag set; the most requests first */
    uint32_t set_count;
    struct request_row *values; /* by tag value; by key, then the most requests first */
    uint32_t value_count;
    struct request_cost *costs; /* index: profile.spans */
    uint32_t *slowest;          /* indexes of profile.spans but 0, the longest first */
    uint32_t slowest_count;
};

/* ret: NULL when the program marked none. `profile` must outlive it. */
struct request_summary *request_summary_create(const struct profile *profile);
void request_summary_destroy(struct request_summary *summary);

#endif
