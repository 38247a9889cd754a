/* Sliding-window DCT denoising: this is where noise_reduction spends its time, about a thousand operations per pixel
 * and step.
 *
 * A strip is DCT_LANES neighbouring windows, one per vector lane, so nothing is ever transposed. It walks down the
 * tile:
 *
 *   row y:      eight-point transform along x of the pixels at x .. x+7     -> `rows`, a ring of the last eight rows
 *   window y-7: eight transforms along y over that ring, shrink the 64 coefficients, eight inverse transforms along y,
 *               times the window's weight, added to `sums`, a ring, too
 *   row y-7:    has all its windows: one inverse transform along x, added to the tile
 *
 * So a transform along x serves the eight windows that overlap vertically: 18 eight-point transforms per pixel instead
 * of 32. Both rings are 4 KiB and stay in the first-level cache.
 *
 * The transforms are those of Loeffler, Ligtenberg and Moschytz 1989, sqrt(8) times the orthonormal ones; in two
 * dimensions there and back that is a factor of 64, taken out with the weight. */
#include "service/operate/kernels/kernel_isa.h"

#include <math.h>
#include <string.h>

enum { N = DCT_SIZE, LANES = DCT_LANES };

typedef float lanes[LANES];

/* A loop over lanes has a small constant count, so gcc would rather unroll it completely than make vectors of it (then
 * the whole denoiser takes twice as long). */
#if defined(__clang__)
#define FOR_LANES(i) for (int i = 0; i < LANES; i++)
#else
#define FOR_LANES(i) _Pragma("GCC unroll 1") for (int i = 0; i < LANES; i++)
#endif

struct strip {
    lanes rows[N][N];       /* [y % 8][coefficient along x] */
    lanes guide_rows[N][N]; /* of the guide, second step */
    lanes sums[N][N];       /* [y % 8][coefficient along x], weighted */
    lanes weights[N];       /* [y % 8] */
    lanes window[N][N];     /* [coefficient along x][coefficient along y] */
};

static const float FORWARD_BACKWARD_GAIN = 64.0F;
static const float FORWARD_GAIN = 8.0F;
static const float THRESHOLD_SIGMAS = 3.0F;

static inline void transform(const float *const in[N], lanes out[N])
{
    FOR_LANES(i)
    {
        const float sum07 = in[0][i] + in[7][i], difference07 = in[0][i] - in[7][i];
        const float sum16 = in[1][i] + in[6][i], difference16 = in[1][i] - in[6][i];
        const float sum25 = in[2][i] + in[5][i], difference25 = in[2][i] - in[5][i];
        const float sum34 = in[3][i] + in[4][i], difference34 = in[3][i] - in[4][i];

        const float even0 = sum07 + sum34, even3 = sum07 - sum34;
        const float even1 = sum16 + sum25, even2 = sum16 - sum25;
        const float turned = (even2 + even3) * 0.541196100F;
        out[0][i] = even0 + even1;
        out[4][i] = even0 - even1;
        out[2][i] = turned + even3 * 0.765366865F;
        out[6][i] = turned - even2 * 1.847759065F;

        const float z1 = (difference34 + difference07) * -0.899976223F;
        const float z2 = (difference25 + difference16) * -2.562915447F;
        const float z3 = difference34 + difference16, z4 = difference25 + difference07;
        const float z5 = (z3 + z4) * 1.175875602F;
        const float z3_turned = z5 - z3 * 1.961570560F, z4_turned = z5 - z4 * 0.390180644F;
        out[7][i] = difference34 * 0.298631336F + z1 + z3_turned;
        out[5][i] = difference25 * 2.053119869F + z2 + z4_turned;
        out[3][i] = difference16 * 3.072711026F + z2 + z3_turned;
        out[1][i] = difference07 * 1.501321110F + z1 + z4_turned;
    }
}

/* The transpose of the above. */
static inline void transform_back(const lanes in[N], lanes out[N])
{
    FOR_LANES(i)
    {
        const float turned = (in[2][i] + in[6][i]) * 0.541196100F;
        const float even2 = turned - in[6][i] * 1.847759065F;
        const float even3 = turned + in[2][i] * 0.765366865F;
        const float even0 = in[0][i] + in[4][i], even1 = in[0][i] - in[4][i];
        const float half0 = even0 + even3, half3 = even0 - even3;
        const float half1 = even1 + even2, half2 = even1 - even2;

        const float z1 = (in[7][i] + in[1][i]) * -0.899976223F;
        const float z2 = (in[5][i] + in[3][i]) * -2.562915447F;
        const float z3 = in[7][i] + in[3][i], z4 = in[5][i] + in[1][i];
        const float z5 = (z3 + z4) * 1.175875602F;
        const float z3_turned = z5 - z3 * 1.961570560F, z4_turned = z5 - z4 * 0.390180644F;
        const float odd0 = in[7][i] * 0.298631336F + z1 + z3_turned;
        const float odd1 = in[5][i] * 2.053119869F + z2 + z4_turned;
        const float odd2 = in[3][i] * 3.072711026F + z2 + z3_turned;
        const float odd3 = in[1][i] * 1.501321110F + z1 + z4_turned;

        out[0][i] = half0 + odd3;
        out[7][i] = half0 - odd3;
        out[1][i] = half1 + odd2;
        out[6][i] = half1 - odd2;
        out[2][i] = half2 + odd1;
        out[5][i] = half2 - odd1;
        out[3][i] = half3 + odd0;
        out[4][i] = half3 - odd0;
    }
}

static inline void transform_row(const float *row, lanes out[N])
{
    const float *const shifted[N] = {row, row + 1, row + 2, row + 3, row + 4, row + 5, row + 6, row + 7};
    transform(shifted, out);
}

/* Transform along y of coefficient `k` of the eight rows from `top` on. */
static inline void transform_column(lanes rows[N][N], size_t top, int k, lanes out[N])
{
    const float *column[N];
    for (size_t i = 0; i < N; i++)
        column[i] = rows[(top + i) % N][k];
    transform(column, out);
}

/* Step 1. ret: in `weight` the windows' weights. */
static inline void threshold_window(struct strip *strip, size_t top, float threshold, lanes weight)
{
    int left[LANES];
    FOR_LANES(i)
    {
        left[i] = 0;
    }
    for (int k = 0; k < N; k++) {
        lanes *column = strip->window[k];
        transform_column(strip->rows, top, k, column);
        for (int j = 0; j < N; j++) {
            const float limit = k == 0 && j == 0 ? 0.0F : threshold;
            FOR_LANES(i)
            {
                const int kept = fabsf(column[j][i]) >= limit; /* a number, because gcc would branch on a condition */
                column[j][i] *= (float)kept;
                left[i] += kept;
            }
        }
    }
    FOR_LANES(i)
    {
        weight[i] = 1.0F / (float)(1 + left[i]);
    }
}

/* Step 2. variance: of the noise in a coefficient. The window's mean (DC) is kept, like in step 1: shrinking it would
 * fade faint colours, whose opponent planes have means far below the noise (by a quarter at sigma 30 for 4 levels). */
static inline void wiener_window(struct strip *strip, size_t top, float variance, lanes weight)
{
    lanes power;
    FOR_LANES(i)
    {
        power[i] = 1; /* of the DC */
    }
    for (int k = 0; k < N; k++) {
        lanes *column = strip->window[k];
        lanes guide[N];
        transform_column(strip->rows, top, k, column);
        transform_column(strip->guide_rows, top, k, guide);
        for (int j = k == 0 ? 1 : 0; j < N; j++)
            FOR_LANES(i)
            {
                const float squared = guide[j][i] * guide[j][i];
                const float factor = squared / (squared + variance);
                column[j][i] *= factor;
                power[i] += factor * factor;
            }
    }
    FOR_LANES(i)
    {
        weight[i] = 1.0F / (1.0F + power[i]);
    }
}

/* Add the shrunk window to the eight rows it covers; its last row is covered for the first time. */
static inline void add_window(struct strip *strip, size_t top, const lanes weight)
{
    lanes scaled;
    FOR_LANES(i)
    {
        scaled[i] = weight[i] * (1.0F / FORWARD_BACKWARD_GAIN);
    }
    memset(strip->sums[(top + N - 1) % N], 0, sizeof strip->sums[0]);
    memset(strip->weights[(top + N - 1) % N], 0, sizeof strip->weights[0]);
    for (int k = 0; k < N; k++) {
        lanes back[N];
        transform_back(strip->window[k], back);
        for (size_t y = 0; y < N; y++) {
            float *restrict sum = strip->sums[(top + y) % N][k];
            FOR_LANES(i)
            {
                sum[i] += back[y][i] * scaled[i];
            }
        }
    }
    for (size_t y = 0; y < N; y++) {
        float *restrict sum = strip->weights[(top + y) % N];
        FOR_LANES(i)
        {
            sum[i] += weight[i];
        }
    }
}

/* Row `y` has got all its windows: back to pixels. Each pixel of a lane's window is also one of its neighbours'. */
static inline void flush_row(const struct strip *strip, size_t y, float *restrict sum, float *restrict weight)
{
    lanes back[N];
    transform_back(strip->sums[y % N], back);
    const float *restrict window_weight = strip->weights[y % N];
    for (int k = 0; k < N; k++)
        FOR_LANES(i)
        {
            sum[k + i] += back[k][i];
            weight[k + i] += window_weight[i];
        }
}

static void denoise_rows_threshold(const struct dct_tile *tile, size_t x, struct strip *strip)
{
    const float threshold = THRESHOLD_SIGMAS * FORWARD_GAIN * tile->sigma;
    for (size_t y = 0; y < tile->window_rows + N - 1; y++) {
        transform_row(tile->noisy + y * tile->stride + x, strip->rows[y % N]);
        if (y < N - 1)
            continue;
        lanes weight;
        const size_t top = y - (N - 1);
        threshold_window(strip, top, threshold, weight);
        add_window(strip, top, weight);
        if (top >= N - 1)
            flush_row(strip, top, tile->sum + (top - (N - 1)) * tile->stride + x,
                      tile->weight + (top - (N - 1)) * tile->stride + x);
    }
}

static void denoise_rows_wiener(const struct dct_tile *tile, size_t x, struct strip *strip)
{
    const float variance = FORWARD_GAIN * FORWARD_GAIN * tile->sigma * tile->sigma;
    for (size_t y = 0; y < tile->window_rows + N - 1; y++) {
        transform_row(tile->noisy + y * tile->stride + x, strip->rows[y % N]);
        transform_row(tile->guide + y * tile->stride + x, strip->guide_rows[y % N]);
        if (y < N - 1)
            continue;
        lanes weight;
        const size_t top = y - (N - 1);
        wiener_window(strip, top, variance, weight);
        add_window(strip, top, weight);
        if (top >= N - 1)
            flush_row(strip, top, tile->sum + (top - (N - 1)) * tile->stride + x,
                      tile->weight + (top - (N - 1)) * tile->stride + x);
    }
}

static inline void denoise_strips(const struct dct_tile *tile,
                                  void (*denoise_rows)(const struct dct_tile *tile, size_t x, struct strip *strip))
{
    struct strip strip;
    for (size_t x = 0; x < tile->window_columns; x += LANES) {
        memset(strip.sums, 0, sizeof strip.sums);
        memset(strip.weights, 0, sizeof strip.weights);
        denoise_rows(tile, x, &strip);
    }
}

static void threshold_tile(const struct dct_tile *tile)
{
    denoise_strips(tile, denoise_rows_threshold);
}

static void wiener_tile(const struct dct_tile *tile)
{
    denoise_strips(tile, denoise_rows_wiener);
}

static void divide_row(const float *sum, const float *weight, float *out, size_t length)
{
    for (size_t x = 0; x < length; x++)
        out[x] = sum[x] / weight[x];
}

/* Orthonormal, so that noise keeps its sigma: (1, 1, 1) / sqrt 3, (1, 0, -1) / sqrt 2, (1, -2, 1) / sqrt 6. */
static const float ROOT_THIRD = 0.577350269F, ROOT_HALF = 0.707106781F, ROOT_SIXTH = 0.408248290F;

static inline void split(const uint8_t *restrict row, float *restrict light, float *restrict red_blue,
                         float *restrict green, size_t width, size_t channels)
{
    for (size_t x = 0; x < width; x++) {
        const int r = row[channels * x], g = row[channels * x + 1], b = row[channels * x + 2];
        light[x] = (float)(r + g + b) * ROOT_THIRD;
        red_blue[x] = (float)(r - b) * ROOT_HALF;
        green[x] = (float)(r - 2 * g + b) * ROOT_SIXTH;
    }
}

static void row_to_planes(const uint8_t *row, float *const planes[3], size_t width, uint32_t channels)
{
    if (channels == 3)
        split(row, planes[0], planes[1], planes[2], width, 3);
    else if (channels == 4)
        split(row, planes[0], planes[1], planes[2], width, 4);
    else
        for (size_t x = 0; x < width; x++)
            planes[0][x] = row[channels * x];
}

static inline uint8_t to_sample(float v)
{
    int sample = (int)(v + 0.5F); /* |v| is below 2000 */
    sample = sample > 255 ? 255 : sample;
    sample = sample < 0 ? 0 : sample;
    return (uint8_t)sample;
}

static inline void join(const float *restrict light, const float *restrict red_blue, const float *restrict green,
                        uint8_t *restrict row, size_t width, size_t channels)
{
    for (size_t x = 0; x < width; x++) {
        const float l = light[x] * ROOT_THIRD, rb = red_blue[x] * ROOT_HALF, g = green[x] * ROOT_SIXTH;
        row[channels * x] = to_sample(l + rb + g);
        row[channels * x + 1] = to_sample(l - 2 * g);
        row[channels * x + 2] = to_sample(l - rb + g);
    }
}

static void planes_to_row(const float *const planes[3], uint8_t *row, size_t width, uint32_t channels)
{
    if (channels == 3)
        join(planes[0], planes[1], planes[2], row, width, 3);
    else if (channels == 4)
        join(planes[0], planes[1], planes[2], row, width, 4);
    else
        for (size_t x = 0; x < width; x++)
            row[channels * x] = to_sample(planes[0][x]);
}

static void plane_to_words(const float *restrict plane, int16_t *restrict words, size_t length)
{
    for (size_t x = 0; x < length; x++) {
        int v = (int)(plane[x] * (float)DCT_PLANE_ONE);
        v = v > INT16_MAX ? INT16_MAX : v;
        v = v < INT16_MIN ? INT16_MIN : v;
        words[x] = (int16_t)v;
    }
}

static void words_to_plane(const int16_t *restrict words, float *restrict plane, size_t length)
{
    for (size_t x = 0; x < length; x++)
        plane[x] = (float)words[x] * (1.0F / (float)DCT_PLANE_ONE);
}

const struct dct_kernels KERNEL_TABLE(dct) = {threshold_tile, wiener_tile,    divide_row,    row_to_planes,
                                              planes_to_row,  plane_to_words, words_to_plane};
