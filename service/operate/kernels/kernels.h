/* Row functions of the operations, one table per instruction set. The plain C in these files is the specification:
 * every table computes the same bits (tests/kernels compares them), it is only compiled for a wider machine.
 *
 * Common to all: rows are arrays of samples without padding, nothing is read or written outside the stated lengths,
 * arrays do not overlap unless said, any alignment. `step` is the distance to the neighbouring pixel's sample: the
 * number of channels. */
#ifndef SERVICE_KERNELS_H
#define SERVICE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* 3x3 neighbourhoods. out[step .. length-step) is computed, the first and last `step` samples are copied from `row`.
 * Rounding: floor(v / d + 1/2), then 0..255: exactly what Pillow's float filters give. */
struct neighborhood_kernels {
    void (*sharpen_row)(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, size_t length,
                        size_t step); /* (-2 ring, 32 centre) / 16 */
    void (*edge_row)(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, size_t length,
                     size_t step); /* -1 ring, 8 centre */
    void (*smooth_row)(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out, size_t length,
                       size_t step); /* (1 ring, 5 centre) / 13 */
};

/* Per-pixel colour. blend: base + factor * (sample - base) in float, cut to 0..255, fraction dropped (Pillow's
 * Image.blend). */
struct color_kernels {
    /* out[x] = luma of the RGB pixel: (19595 R + 38470 G + 7471 B + 32768) >> 16. channels: 3 or 4. */
    void (*luma_row)(const uint8_t *row, uint8_t *out, size_t width, uint32_t channels);
    /* blend with the pixel's luma. channels: 3 or 4 (alpha is copied). out may be `row`. ret: the sum of the result's
     * luma. */
    uint64_t (*saturate_row)(const uint8_t *row, uint8_t *out, size_t width, uint32_t channels, float factor);
    /* blend with one grey level. out may be `row`. */
    void (*contrast_row)(const uint8_t *row, uint8_t *out, size_t length, uint8_t level, float factor);
    /* blend with another row; out may be `row` or `base`. */
    void (*blend_row)(const uint8_t *base, const uint8_t *row, uint8_t *out, size_t length, float factor);
    uint64_t (*sum_row)(const uint8_t *row, size_t length);
};

/* One pass of an extended box filter: weights fraction, 1, ..., 1, fraction, in 8.24 fixed point; 2^24 in all. */
struct box {
    uint32_t radius; /* whole samples on each side, 0..127 */
    uint32_t whole_weight;
    uint32_t fraction_weight;
};

enum { BOX_STRIP_BYTES = 128, TRANSPOSE_ROWS = 16 };

struct box_kernels {
    /* Filter down the columns of a strip `width` <= BOX_STRIP_BYTES bytes wide; edges replicated. src and dst do not
     * overlap. */
    void (*box_columns)(const uint8_t *src, size_t src_stride, uint8_t *dst, size_t dst_stride, size_t rows,
                        size_t width, const struct box *box);
    /* dst[i * dst_stride + r] = src[r * src_stride + i], 0 <= r < rows <= TRANSPOSE_ROWS, 0 <= i < length; the columns
     * from `rows` to TRANSPOSE_ROWS become 0. */
    void (*rows_to_columns)(const uint8_t *src, size_t src_stride, uint8_t *dst, size_t dst_stride, size_t length,
                            size_t rows);
    /* The way back: dst[r * dst_stride + i] = src[i * src_stride + r] */
    void (*columns_to_rows)(const uint8_t *src, size_t src_stride, uint8_t *dst, size_t dst_stride, size_t length,
                            size_t rows);
};

/* Three 3x3 means as sums of 3 along x, then along y; divided once at the end. */
struct mean_kernels {
    /* out = three passes of neighbour sums along the row, edges replicated in each pass: 0..27 * 255. swap: `length`
     * samples. */
    void (*sum_across_row)(const uint8_t *row, uint16_t *out, uint16_t *swap, size_t length, size_t step);
    void (*sum_rows)(const uint16_t *above, const uint16_t *row, const uint16_t *below, uint16_t *out, size_t length);
    /* out = (above + row + below) / 729, fraction dropped */
    void (*mean_row)(const uint16_t *above, const uint16_t *row, const uint16_t *below, uint8_t *out, size_t length);
};

/* Colour multiplied by alpha and back; the last channel (of 2 or 4) is alpha. out may be `row`. */
struct alpha_kernels {
    void (*premultiply_row)(const uint8_t *row, uint8_t *out, size_t width, uint32_t channels);
    void (*unpremultiply_row)(const uint8_t *row, uint8_t *out, size_t width, uint32_t channels);
};

/* Sliding-window DCT denoising of one tile of one plane, all windows of 8x8 whose first row is one of `window_rows` and
 * whose first column is one of `window_columns`. Rows are `stride` floats apart in all four arrays. Source: Yu and
 * Sapiro 2011 (one step), Pierazzo, Morel, Facciolo 2017 (second step, weights). */
enum { DCT_SIZE = 8, DCT_LANES = 16 };

struct dct_tile {
    const float *noisy; /* window_rows + 7 rows of window_columns + 7 */
    const float *guide; /* the same of the first step's result; second step only */
    float *sum;    /* window_rows - 7 rows of window_columns + 7, from the eighth row on: weighted results, added to */
    float *weight; /* the same, the weights, added to */
    size_t stride;
    size_t window_rows;
    size_t window_columns; /* a multiple of DCT_LANES */
    float sigma;
};

struct dct_kernels {
    /* Coefficients below 3 sigma become 0, never the DC; weight 1 / (1 + coefficients left). */
    void (*threshold_tile)(const struct dct_tile *tile);
    /* Coefficients are multiplied by g^2 / (g^2 + sigma^2), g from the guide (not the DC); weight
     * 1 / (1 + sum of squared factors). */
    void (*wiener_tile)(const struct dct_tile *tile);
    /* out[x] = sum[x] / weight[x]; out may be `sum` */
    void (*divide_row)(const float *sum, const float *weight, float *out, size_t length);
    /* Samples -> planes: the orthonormal opponent transform for 3 and 4 channels, the gray itself for 1 and 2. No
     * alpha. */
    void (*row_to_planes)(const uint8_t *row, float *const planes[3], size_t width, uint32_t channels);
    /* The way back, rounded and cut to 0..255; alpha is not written. */
    void (*planes_to_row)(const float *const planes[3], uint8_t *row, size_t width, uint32_t channels);
    /* Planes of 16 bits with DCT_PLANE_ONE steps per level, for keeping a step's result. */
    void (*plane_to_words)(const float *plane, int16_t *words, size_t length);
    void (*words_to_plane)(const int16_t *words, float *plane, size_t length);
};

enum { DCT_PLANE_ONE = 64 }; /* the brightest opponent value is 255 * sqrt(3) = 442 */

struct kernels {
    const char *name;
    const struct neighborhood_kernels *neighborhood;
    const struct color_kernels *color;
    const struct box_kernels *box;
    const struct mean_kernels *mean;
    const struct alpha_kernels *alpha;
    const struct dct_kernels *dct;
};

extern const struct kernels kernels_scalar;
#if defined(__x86_64__)
extern const struct kernels kernels_v2, kernels_v3, kernels_v4;
#endif

#endif
