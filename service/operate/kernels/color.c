/* Luma, and blending towards it, towards a grey level, towards another row.
 *
 * The blend is float without contraction (-ffp-contract=off): one fused multiply-add changes every four-hundredth
 * sample by 1. It is cut to 0..255 as an integer: gcc makes minimum and maximum of that, but mask juggling of the same
 * on floats (twice the time). */
#include "service/operate/kernels/kernel_isa.h"

#include "service/operate/kernels/simd.h"

static inline uint8_t luma_of(uint32_t r, uint32_t g, uint32_t b)
{
    return (uint8_t)((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16);
}

static inline uint8_t blend(int base, int sample, float factor)
{
    int16_t t = (int16_t)(int)((float)base + factor * (float)(sample - base)); /* |t| <= 255 * 5 */
    t = t > 255 ? 255 : t;
    t = t < 0 ? 0 : t;
    return (uint8_t)t;
}

/* Planes of a chunk: the arithmetic is then on plain arrays, and only the way in and out strides over channels. */
enum { CHUNK = 256 };

struct planes {
    uint8_t r[CHUNK], g[CHUNK], b[CHUNK];
};

static inline void split(const uint8_t *restrict row, struct planes *restrict planes, size_t width, size_t channels)
{
    size_t x = 0;
#if SIMD
    for (; channels == 3 && x + SIMD_BYTES <= width; x += SIMD_BYTES) {
        __m128i r, g, b;
        simd_split_rgb(row + 3 * x, &r, &g, &b);
        simd_store(planes->r + x, r);
        simd_store(planes->g + x, g);
        simd_store(planes->b + x, b);
    }
#endif
    for (; x < width; x++) {
        planes->r[x] = row[channels * x];
        planes->g[x] = row[channels * x + 1];
        planes->b[x] = row[channels * x + 2];
    }
}

static inline void join_rgb(const struct planes *restrict planes, uint8_t *restrict row, size_t width)
{
    size_t x = 0;
#if SIMD
    for (; x + SIMD_BYTES <= width; x += SIMD_BYTES)
        simd_join_rgb(row + 3 * x, simd_load(planes->r + x), simd_load(planes->g + x), simd_load(planes->b + x));
#endif
    for (; x < width; x++) {
        row[3 * x] = planes->r[x];
        row[3 * x + 1] = planes->g[x];
        row[3 * x + 2] = planes->b[x];
    }
}

static void luma_of_planes(const struct planes *restrict planes, uint8_t *restrict out, size_t width)
{
    for (size_t x = 0; x < width; x++)
        out[x] = luma_of(planes->r[x], planes->g[x], planes->b[x]);
}

static void blend_plane(const uint8_t *restrict base, uint8_t *restrict plane, size_t width, float factor)
{
    for (size_t x = 0; x < width; x++)
        plane[x] = blend(base[x], plane[x], factor);
}

static uint64_t sum_row(const uint8_t *row, size_t length)
{
    uint64_t sum = 0;
    while (length > 0) { /* in pieces whose sum fits 32 bits */
        const size_t piece = length < 65536 ? length : 65536;
        uint32_t part = 0;
        for (size_t i = 0; i < piece; i++)
            part += row[i];
        sum += part;
        row += piece;
        length -= piece;
    }
    return sum;
}

static inline void split_any(const uint8_t *row, struct planes *planes, size_t width, uint32_t channels)
{
    if (channels == 3)
        split(row, planes, width, 3);
    else
        split(row, planes, width, 4);
}

static void luma_row(const uint8_t *row, uint8_t *out, size_t width, uint32_t channels)
{
    struct planes planes;
    for (size_t x = 0; x < width; x += CHUNK) {
        const size_t count = width - x < CHUNK ? width - x : CHUNK;
        split_any(row + channels * x, &planes, count, channels);
        luma_of_planes(&planes, out + x, count);
    }
}

static uint64_t saturate_row(const uint8_t *row, uint8_t *out, size_t width, uint32_t channels, float factor)
{
    struct planes planes;
    uint8_t luma[CHUNK];
    uint64_t sum = 0;
    for (size_t x = 0; x < width; x += CHUNK) {
        const size_t count = width - x < CHUNK ? width - x : CHUNK;
        split_any(row + channels * x, &planes, count, channels);
        luma_of_planes(&planes, luma, count);
        blend_plane(luma, planes.r, count, factor);
        blend_plane(luma, planes.g, count, factor);
        blend_plane(luma, planes.b, count, factor);
        luma_of_planes(&planes, luma, count);
        sum += sum_row(luma, count);
        if (channels == 3)
            join_rgb(&planes, out + 3 * x, count);
        else
            for (size_t i = 0; i < count; i++) {
                uint8_t *pixel = out + 4 * (x + i);
                pixel[0] = planes.r[i];
                pixel[1] = planes.g[i];
                pixel[2] = planes.b[i];
                pixel[3] = row[4 * (x + i) + 3];
            }
    }
    return sum;
}

static void contrast_row(const uint8_t *row, uint8_t *out, size_t length, uint8_t level, float factor)
{
    for (size_t i = 0; i < length; i++)
        out[i] = blend(level, row[i], factor);
}

static void blend_row(const uint8_t *base, const uint8_t *row, uint8_t *out, size_t length, float factor)
{
    for (size_t i = 0; i < length; i++)
        out[i] = blend(base[i], row[i], factor);
}

const struct color_kernels KERNEL_TABLE(color) = {luma_row, saturate_row, contrast_row, blend_row, sum_row};
