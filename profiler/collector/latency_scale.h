/* The scale on which durations are counted: 16 steps per power of two of a microsecond, so that a quantile is right within 5 %
 * whatever its size. The report's script has the same (assets/). */
#ifndef HOTLINE_LATENCY_SCALE_H
#define HOTLINE_LATENCY_SCALE_H

#include <stdint.h>

enum { LATENCY_STEPS_PER_DOUBLE = 16, LATENCY_STEPS = 48 * LATENCY_STEPS_PER_DOUBLE };

/* ret: 0 .. LATENCY_STEPS - 1; monotonous. */
static inline uint32_t latency_step(uint64_t ns)
{
    uint64_t us = ns / 1000;
    if (us < LATENCY_STEPS_PER_DOUBLE) {
        return (uint32_t)us;
    }
    uint32_t power = 63 - (uint32_t)__builtin_clzll(us); /* >= 4 */
    uint32_t step = (power - 3) * LATENCY_STEPS_PER_DOUBLE + (uint32_t)(us >> (power - 4)) - LATENCY_STEPS_PER_DOUBLE;
    return step < LATENCY_STEPS ? step : LATENCY_STEPS - 1;
}

/* The middle of a step, in ns. */
static inline uint64_t latency_of_step(uint32_t step)
{
    if (step < LATENCY_STEPS_PER_DOUBLE) {
        return (uint64_t)step * 1000 + 500;
    }
    uint32_t power = step / LATENCY_STEPS_PER_DOUBLE + 3;
    uint64_t width_us = UINT64_C(1) << (power - 4);
    return (LATENCY_STEPS_PER_DOUBLE + step % LATENCY_STEPS_PER_DOUBLE) * width_us * 1000 + width_us * 500;
}

#endif
