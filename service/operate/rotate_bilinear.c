/* rotate by an angle. Source coordinates are 64-bit fixed point with 32 fraction bits, stepped along the row; the four
 * samples are weighted with 11 bits per axis, which is far below one grey level.
 *
 * Each output row is cut, by exact integer division, into what lies outside the source (cleared), what touches its
 * border (each of the four samples is checked) and the inside (nothing is checked). */
#include "service/operate/rotate_rows.h"

#include <math.h>
#include <string.h>

#include "service/operate/kernel_choice.h"
#include "service/work/bands.h"

enum {
    BAND_ROWS = 16,
    PREMULTIPLY_BAND_ROWS = 64,
    FRACTION_BITS = 32,
    WEIGHT_BITS = 11,
    WEIGHT_ONE = 1 << WEIGHT_BITS
};

struct bilinear {
    const struct image *src;
    const struct image *dst;
    const struct rotate_canvas *canvas;
};

/* Where along a row: coordinate(X) = base + X * step. */
struct line {
    int64_t base;
    int64_t step;
};

struct span {
    int64_t first;
    int64_t end;
};

static int64_t to_fixed(double v)
{
    return (int64_t)floor(v * 4294967296.0 + 0.5);
}

static int64_t divide_up(int64_t a, int64_t b) /* b > 0 */
{
    return a / b + (a % b > 0);
}

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

/* The part of `span` where lowest <= coordinate < end; it lies within `span` even when it is empty. */
static struct span cut(struct span span, struct line line, int64_t lowest, int64_t end)
{
    if (line.step < 0) { /* mirrored: -end < -coordinate <= -lowest */
        line = (struct line){-line.base, -line.step};
        const int64_t mirrored = -end + 1;
        end = -lowest + 1;
        lowest = mirrored;
    }
    if (line.step == 0) {
        if (line.base < lowest || line.base >= end)
            span.end = span.first;
        return span;
    }
    const int64_t first = clamp(divide_up(lowest - line.base, line.step), span.first, span.end);
    return (struct span){first, clamp(divide_up(end - line.base, line.step), first, span.end)};
}

static inline uint32_t weight(int64_t coordinate)
{
    return (uint32_t)(coordinate >> (FRACTION_BITS - WEIGHT_BITS)) & (WEIGHT_ONE - 1);
}

static inline uint8_t mix(uint32_t top_left, uint32_t top_right, uint32_t bottom_left, uint32_t bottom_right,
                          uint32_t right, uint32_t down)
{
    const uint32_t top = top_left * (WEIGHT_ONE - right) + top_right * right;
    const uint32_t bottom = bottom_left * (WEIGHT_ONE - right) + bottom_right * right;
    return (uint8_t)((top * (WEIGHT_ONE - down) + bottom * down + (1U << (2 * WEIGHT_BITS - 1))) >> (2 * WEIGHT_BITS));
}

static inline void bilinear_span(const struct image *src, uint8_t *out, struct span span, struct line x, struct line y,
                                 size_t channels)
{
    const size_t stride = src->stride_bytes;
    for (int64_t i = span.first; i < span.end; i++) {
        const int64_t at_x = x.base + i * x.step, at_y = y.base + i * y.step;
        const uint8_t *p =
            src->pixels + (size_t)(at_y >> FRACTION_BITS) * stride + (size_t)(at_x >> FRACTION_BITS) * channels;
        const uint32_t right = weight(at_x), down = weight(at_y);
        for (size_t c = 0; c < channels; c++)
            out[(size_t)i * channels + c] =
                mix(p[c], p[channels + c], p[stride + c], p[stride + channels + c], right, down);
    }
}

static uint32_t sample_or_zero(const struct image *src, int64_t x, int64_t y, size_t channel)
{
    if (x < 0 || y < 0 || x >= src->width || y >= src->height)
        return 0;
    return image_row(src, (uint32_t)y)[(size_t)x * src->channels + channel];
}

static void border_span(const struct image *src, uint8_t *out, struct span span, struct line x, struct line y)
{
    for (int64_t i = span.first; i < span.end; i++) {
        const int64_t at_x = x.base + i * x.step, at_y = y.base + i * y.step;
        const int64_t left = at_x >> FRACTION_BITS, top = at_y >> FRACTION_BITS;
        for (size_t c = 0; c < src->channels; c++)
            out[(size_t)i * src->channels + c] =
                mix(sample_or_zero(src, left, top, c), sample_or_zero(src, left + 1, top, c),
                    sample_or_zero(src, left, top + 1, c), sample_or_zero(src, left + 1, top + 1, c), weight(at_x),
                    weight(at_y));
    }
}

static int64_t whole(int64_t pixels)
{
    return pixels * ((int64_t)1 << FRACTION_BITS);
}

static void rotate_row(const struct bilinear *bilinear, uint32_t output_y)
{
    const struct image *src = bilinear->src, *dst = bilinear->dst;
    const double *m = bilinear->canvas->m;
    /* centre of the first output pixel, then half a pixel back: samples sit at centres, too */
    const struct line x = {to_fixed(m[0] * 0.5 + m[1] * (output_y + 0.5) + m[2] - 0.5), to_fixed(m[0])};
    const struct line y = {to_fixed(m[3] * 0.5 + m[4] * (output_y + 0.5) + m[5] - 0.5), to_fixed(m[3])};
    uint8_t *out = image_row(dst, output_y);
    const size_t channels = dst->channels;

    struct span touched = {0, dst->width};
    touched = cut(touched, x, whole(-1), whole(src->width));
    touched = cut(touched, y, whole(-1), whole(src->height));
    struct span inside = cut(touched, x, 0, whole((int64_t)src->width - 1));
    inside = cut(inside, y, 0, whole((int64_t)src->height - 1));

    memset(out, 0, (size_t)touched.first * channels);
    memset(out + (size_t)touched.end * channels, 0, (dst->width - (size_t)touched.end) * channels);
    border_span(src, out, (struct span){touched.first, inside.first}, x, y);
    border_span(src, out, (struct span){inside.end, touched.end}, x, y);
    switch (channels) {
    case 1:
        bilinear_span(src, out, inside, x, y, 1);
        break;
    case 2:
        bilinear_span(src, out, inside, x, y, 2);
        break;
    case 3:
        bilinear_span(src, out, inside, x, y, 3);
        break;
    default:
        bilinear_span(src, out, inside, x, y, 4);
    }
    if (image_has_alpha(dst))
        chosen_kernels->alpha->unpremultiply_row(out, out, dst->width, dst->channels);
}

static void rotate_band(void *state, uint32_t first_row, uint32_t end_row)
{
    for (uint32_t y = first_row; y < end_row; y++)
        rotate_row(state, y);
}

static void premultiply_band(void *state, uint32_t first_row, uint32_t end_row)
{
    const struct image *image = state;
    for (uint32_t y = first_row; y < end_row; y++)
        chosen_kernels->alpha->premultiply_row(image_row(image, y), image_row(image, y), image->width, image->channels);
}

enum status rotate_bilinear_rows(struct job *job, const struct image *src, const struct rotate_canvas *canvas,
                                 const struct image *dst)
{
    if (image_has_alpha(src)) {
        struct image premultiplied = *src;
        const enum status status = bands_run(job, src->height, PREMULTIPLY_BAND_ROWS, premultiply_band, &premultiplied);
        if (status != STATUS_OK)
            return status;
    }
    struct bilinear bilinear = {src, dst, canvas};
    return bands_run(job, dst->height, BAND_ROWS, rotate_band, &bilinear);
}
