/* See diff_judge.h, and profile_diff.h for what and why. */
#include "profiler/collector/diff_judge.h"

#include <math.h>

static const double WRONG_AT_MOST = 0.05;
/* What two runs of the same work differ by at equal samples, as a part of the larger cost. */
static const double RUN_TO_RUN_SHARE = 0.02, RUN_TO_RUN_SECONDS = 0.10;

uint32_t judge_make_batches(const uint64_t *bucket_ns, uint32_t bucket_count, uint32_t most, uint32_t *ret_batch, double *ret_batch_ns)
{
    uint64_t total = 0, before = 0;
    uint32_t count = 0, last = UINT32_MAX;
    for (uint32_t i = 0; i < bucket_count; i++) {
        total += bucket_ns[i];
    }
    for (uint32_t i = 0; i < bucket_count; i++) {
        double middle = (double)before + (double)bucket_ns[i] / 2;
        uint32_t batch = total > 0 ? (uint32_t)(middle * most / (double)total) : 0;
        before += bucket_ns[i];
        if (bucket_ns[i] > 0 && batch != last) {
            ret_batch_ns[count++] = 0;
            last = batch;
        }
        ret_batch[i] = count > 0 ? count - 1 : 0;
        if (count > 0) {
            ret_batch_ns[count - 1] += (double)bucket_ns[i];
        }
    }
    return count;
}

/* The squared residuals of one side, in samples, scaled to what V is comparable with. */
static double residuals(const struct judge_side *side, const struct judge_item *item)
{
    double weight = side->cpu_ns / side->samples, share = item->cpu_ns / side->cpu_ns, sum = 0;
    for (uint32_t i = 0; i < side->batch_count; i++) {
        double residual = (item->batch_ns[i] - share * side->batch_ns[i]) / weight;
        sum += residual * residual;
    }
    return sum * side->batch_count / (side->batch_count - 1);
}

double judge_over_dispersion(const struct judge_side *sides, const struct judge_item *items)
{
    double observed = 0, binomial = 0;
    for (unsigned s = 0; s < 2; s++) {
        double share = items[s].cpu_ns / sides[s].cpu_ns;
        observed += residuals(&sides[s], &items[s]);
        binomial += sides[s].samples * share * (1 - share);
    }
    return binomial > 0 && observed > binomial ? observed / binomial : 1;
}

/* The upper quantile of the normal distribution (Abramowitz & Stegun 26.2.23; the error is below 4.5e-4). */
static double normal_quantile(double tail)
{
    double t = sqrt(-2 * log(tail));
    return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}

double judge_quantile(uint32_t compared, uint32_t degrees)
{
    double z = normal_quantile(WRONG_AT_MOST / 2 / (compared > 0 ? compared : 1)), n = degrees, square = z * z;
    double first = z * (square + 1) / 4;
    double second = z * ((5 * square + 16) * square + 3) / 96;
    double third = z * (((3 * square + 19) * square + 17) * square - 15) / 384;
    return z + first / n + second / (n * n) + third / (n * n * n);
}

double judge_half_width(const struct judge_side *sides, const double *cpu_ns, double factor, bool normalize)
{
    double variance = 0, larger = 0;
    for (unsigned s = 0; s < 2; s++) {
        double weight = sides[s].cpu_ns / sides[s].samples, samples = cpu_ns[s] / weight;
        double share = (samples + 1) / (sides[s].samples + 2);
        variance += normalize ? share * (1 - share) / sides[s].samples : weight * weight * (samples + 1);
        larger = fmax(larger, normalize ? cpu_ns[s] / sides[s].cpu_ns : cpu_ns[s]);
    }
    return sqrt(factor * variance) + (normalize ? RUN_TO_RUN_SHARE : RUN_TO_RUN_SECONDS) * larger;
}
