/* Is a difference of two samplings more than chance? The formulas of profile_diff.h over plain arrays. */
#ifndef HOTLINE_DIFF_JUDGE_H
#define HOTLINE_DIFF_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

enum { JUDGE_LEAST_SAMPLES = 16, JUDGE_BATCHES = 32, JUDGE_LONG_BATCHES = 8, JUDGE_LEAST_BATCHES = 4, JUDGE_SAMPLES_PER_BATCH = 5 };

/* One side: its CPU time and that of each of its batches. */
struct judge_side {
    double samples, cpu_ns;
    uint32_t batch_count;
    const double *batch_ns;
};

/* One item on one side. */
struct judge_item {
    double cpu_ns;
    const double *batch_ns; /* as many as the side has */
};

/* Put time buckets into at most `most` batches of about equal CPU time. ret_batch: [bucket] -> batch; its size is bucket_count.
 * ret_batch_ns: at least `most`. ret: how many batches there are, none of them empty. */
uint32_t judge_make_batches(const uint64_t *bucket_ns, uint32_t bucket_count, uint32_t most, uint32_t *ret_batch, double *ret_batch_ns);

/* f: how many times larger than binomial the variance is; at least 1. Both arrays: before, after. */
double judge_over_dispersion(const struct judge_side *sides, const struct judge_item *items);

/* The two-sided quantile of Student's distribution for 1 - 0.05 / compared. */
double judge_quantile(uint32_t compared, uint32_t degrees);

/* Half the width of the interval around after - before: as fractions of the total, or in ns. factor: K. */
double judge_half_width(const struct judge_side *sides, const double *cpu_ns, double factor, bool normalize);

#endif
