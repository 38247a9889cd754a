/* Two profiles -> what each function and line costs in both, the difference, and whether it is more than chance.
 *
 * Functions are compared by `self`, lines by `cpu` (what the line decided, see summarize.h): costs that add up, so that a change shows
 * where it is and not at all its callers. In CPU seconds, for two runs of the same work; or `normalize`d, in percentage points of each
 * run's total, for runs of different length.
 *
 * How sure. Samples of one request fall into the same functions, so they are not independent: the binomial error is too small. How much
 * so is measured in the profiles themselves, from how a function's samples are spread over time (batch means: Law & Kelton, Simulation
 * Modeling and Analysis, ch. 9; the over-dispersion factor as in quasi-likelihood: McCullagh & Nelder 1989, ch. 4.5). For a side s
 * (before, after) let N be its samples, c its CPU time, w = c / N what a sample stands for; for an item, x = its CPU time / w, p = x / N.
 *
 *   batches  for B = min(32, N / 5) and min(8, N / 5) of the side with fewer samples: a time bucket goes to batch
 *            floor(B (u + v / 2) / c), u: the CPU time of the buckets before it, v: its own. Empty batches do not count: B_s remain.
 *   S = B_s / (B_s - 1)  sum over the batches of (x_b - p n_b)^2       x_b: the item's, n_b: all samples of the batch (in units of w)
 *   V = N p (1 - p)                                                     what S would be if samples were independent
 *   f = max(1, (S_before + S_after) / (V_before + V_after))             the over-dispersion, never below binomial; 1 where V is 0
 *   m = number of items compared: functions and lines with 16 or more samples in both sides together
 *   K = max over both B of f t^2,  t: the two-sided quantile of Student's distribution for 1 - 0.05 / m (Bonferroni: all verdicts
 *            together are wrong with 5 % at most) with B_before + B_after - 2 degrees of freedom, from the normal quantile z by
 *            Abramowitz & Stegun 26.7.5; z by 26.2.23
 *   with q = (x + 1) / (N + 2), which is not 0 for what is new or gone (Agresti & Caffo 2000):
 *   half = sqrt(K (sum over sides of q (1 - q) / N))      + 0.02 max(p_before, p_after)                     normalised
 *   half = sqrt(K (sum over sides of w^2 (x + 1)))        + 0.10 max(cost_before, cost_after)               in seconds
 *   significant: |difference| > half
 *
 * Two lengths of batches, because what belongs together may be longer than a short batch, and few long batches say little. The last
 * term allows for what two runs of the same program on the same machine differ by, however many samples there are (other work beside
 * it, the clock, the layout of memory): one run of each cannot tell that from a change of the program. Both allowances are assumed, not
 * measured. Too few samples (N / 5 < 4) or buckets: no verdict. A program that runs through phases spreads a function's samples like one
 * that takes turns at random, so its differences must be larger to count: select a phase by its time range. */
#ifndef HOTLINE_PROFILE_DIFF_H
#define HOTLINE_PROFILE_DIFF_H

#include "profiler/collector/summarize.h"

enum diff_side { DIFF_BEFORE, DIFF_AFTER, DIFF_SIDES };

struct diff_cost {
    uint64_t samples;
    double seconds, percent; /* of the side's total */
};

/* A function, or a line. */
struct diff_row {
    uint32_t function; /* in merged.functions */
    uint32_t line;     /* in summary.lines; PROFILE_NONE: the row is a function */
    struct diff_cost cost[DIFF_SIDES];
    double change, low, high; /* after - before and its interval: seconds, or points of the total when normalised */
    bool judged;              /* there are samples enough for an interval: low and high are set */
    bool significant;
};

struct profile_diff {
    const struct profile *merged; /* both, told apart by the tag `label_key` = "before" or "after" */
    const char *label_key;
    const struct summary *summary; /* of merged */
    bool normalized;
    bool other_build;           /* own code was built anew in between: its lines may have moved */
    const char *unjudged;       /* why there are no verdicts at all; NULL: there are */
    struct diff_cost total[DIFF_SIDES];
    uint32_t compared;          /* m */
    struct diff_row *functions; /* significant ones first, then the larger change. Only what has samples */
    uint32_t function_count, significant_functions;
    struct diff_row *lines;
    uint32_t line_count, significant_lines;
    struct profile parts[DIFF_SIDES]; /* the two as they were given, labelled */
    struct profile_tag *labels[DIFF_SIDES];
    struct profile *own_merged; /* NULL: borrowed */
    struct summary *own_summary;
};

/* before, after: must outlive the result.   ret: profile_diff_destroy() it. NULL: out of memory. Any thread. */
struct profile_diff *profile_diff_create(const struct profile *before, const struct profile *after, bool normalize);
void profile_diff_destroy(struct profile_diff *diff);

/* The same of what profile_diff_create() merged, perhaps in another scope: summary->profile has a compare_key. It and its profile must outlive
 * the result, which has no parts.   ret: profile_diff_destroy() it. Never NULL. Any thread. */
struct profile_diff *profile_diff_of_merged(const struct summary *summary);

/* The largest significant increase of a function, in percentage points of the total when normalised, else in percent of the CPU time of
 * the whole run before; *ret_row is that function's row. 0: there is none. Lines do not count: they move when code is edited. */
double profile_diff_worst_percent(const struct profile_diff *diff, const struct diff_row **ret_row);

#endif
