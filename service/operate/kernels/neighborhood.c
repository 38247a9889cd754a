/* 3x3 filters whose ring weights are all equal: the sum of nine, and the centre once more.
 *
 * The sum is separable: three rows into column sums, three column sums into a ring. Column sums live in a small array
 * that stays in the first-level cache. All intermediate values fit 16 bits, so a vector holds twice as many as with
 * int: sharpen (17 c - sum + 4) / 8: -2291..4339; edge 9 c - sum; smooth 4 c + sum + 6: up to 3321. */
#include "service/operate/kernels/kernel_isa.h"

#include <string.h>

enum { CHUNK = 512, MAX_STEP = 4 };

/* Two steps, because gcc makes masks of one nested condition, and minimum and maximum of two. */
static inline uint8_t clamp(int16_t v)
{
    v = v > 255 ? 255 : v;
    v = v < 0 ? 0 : v;
    return (uint8_t)v;
}

static inline void sum_columns(const uint8_t *restrict above, const uint8_t *restrict row,
                               const uint8_t *restrict below, uint16_t *restrict sums, size_t length)
{
    for (size_t i = 0; i < length; i++)
        sums[i] = (uint16_t)(above[i] + row[i] + below[i]);
}

/* ret: the samples that have both neighbours; copies the others. */
static inline size_t copy_ends(const uint8_t *row, uint8_t *out, size_t length, size_t step)
{
    if (length < 2 * step) {
        memcpy(out, row, length);
        return 0;
    }
    memcpy(out, row, step);
    memcpy(out + length - step, row + length - step, step);
    return length - 2 * step;
}

static void sharpen_chunk(const uint16_t *restrict sums, const uint8_t *restrict row, uint8_t *restrict out,
                          size_t length, size_t step)
{
    for (size_t i = 0; i < length; i++) {
        const int16_t v = (int16_t)(17 * row[i] + 4 - (sums[i] + sums[i + step] + sums[i + 2 * step]));
        out[i] = clamp((int16_t)(v >> 3));
    }
}

static void edge_chunk(const uint16_t *restrict sums, const uint8_t *restrict row, uint8_t *restrict out, size_t length,
                       size_t step)
{
    for (size_t i = 0; i < length; i++)
        out[i] = clamp((int16_t)(9 * row[i] - (sums[i] + sums[i + step] + sums[i + 2 * step])));
}

static void smooth_chunk(const uint16_t *restrict sums, const uint8_t *restrict row, uint8_t *restrict out,
                         size_t length, size_t step)
{
    for (size_t i = 0; i < length; i++) {
        const uint16_t v = (uint16_t)(4 * row[i] + 6 + sums[i] + sums[i + step] + sums[i + 2 * step]);
        out[i] = (uint8_t)(v / 13);
    }
}

static inline void
filter_row(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, size_t length, size_t step,
           void (*chunk)(const uint16_t *sums, const uint8_t *row, uint8_t *out, size_t length, size_t step))
{
    uint16_t sums[CHUNK + 2 * MAX_STEP];
    const size_t inner = copy_ends(row, out, length, step);
    for (size_t i = 0; i < inner; i += CHUNK) {
        const size_t count = inner - i < CHUNK ? inner - i : CHUNK;
        sum_columns(above + i, row + i, below + i, sums, count + 2 * step);
        chunk(sums, row + step + i, out + step + i, count, step);
    }
}

static void sharpen_row(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, size_t length,
                        size_t step)
{
    filter_row(above, row, below, out, length, step, sharpen_chunk);
}

static void edge_row(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, size_t length,
                     size_t step)
{
    filter_row(above, row, below, out, length, step, edge_chunk);
}

static void smooth_row(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, size_t length,
                       size_t step)
{
    filter_row(above, row, below, out, length, step, smooth_chunk);
}

const struct neighborhood_kernels KERNEL_TABLE(neighborhood) = {sharpen_row, edge_row, smooth_row};
