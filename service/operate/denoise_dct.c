/* method=dct: the two-step sliding-window DCT denoiser, tile by tile.
 *
 * Colour pictures are denoised in three opponent planes, whose noise is the picture's. The first step shrinks
 * coefficients of the noisy picture; its result guides the second, which must not begin before all of the first is
 * done, so it is kept: 16 bits per sample. All else lives in one tile's scratch memory, about 600 KiB, made to fit a
 * second-level cache.
 *
 * A tile of output needs the windows that begin up to 7 pixels before it, and those reach 7 pixels behind it. Beyond
 * the edges the picture is mirrored (edge pixels twice). */
#include "service/operate/denoise.h"

#include <string.h>

#include "service/image/image_allocate.h"
#include "service/operate/filter_rows.h"
#include "service/operate/kernel_choice.h"
#include "service/operate/noise_estimate.h"
#include "service/operate/scratch_slots.h"

enum {
    PLANES = 3,
    MARGIN = DCT_SIZE - 1,
    TILE_ROWS = 64,
    WINDOW_COLUMNS = 256, /* a multiple of DCT_LANES */
    TILE_COLUMNS = WINDOW_COLUMNS - MARGIN,
    SOURCE_ROWS = TILE_ROWS + 2 * MARGIN,
    STRIDE = WINDOW_COLUMNS + 16, /* floats; at least MARGIN more, rows stay 64-byte aligned */
    BYTES_PER_SAMPLE = 4
};

static const float LEAST_SIGMA = 2; /* below it nobody sees the noise, and denoising can only blur */
static const float MOST_SIGMA = 60;

struct dct {
    const struct image *src;
    const struct image *dst;
    int16_t *guide[PLANES];
    size_t guide_stride; /* samples */
    uint32_t planes;
    float sigma[PLANES]; /* 0: leave the plane as it is */
    struct scratch_slots slots;
};

struct tile_scratch {
    float noisy[PLANES][SOURCE_ROWS * STRIDE];
    float guide[SOURCE_ROWS * STRIDE];
    float result[PLANES][TILE_ROWS * STRIDE];
    float weight[TILE_ROWS * STRIDE];
    uint8_t samples[STRIDE * BYTES_PER_SAMPLE];
    int16_t words[STRIDE];
};

struct tile {
    uint32_t x, y; /* the first output pixel */
    uint32_t width, height;
};

size_t denoise_dct_scratch_bytes(void)
{
    return sizeof(struct tile_scratch);
}

static size_t guide_stride(uint32_t width)
{
    return scratch_round_up(width * sizeof(int16_t)) / sizeof(int16_t);
}

uint64_t denoise_dct_plane_bytes(uint32_t width, uint32_t height, uint32_t channels)
{
    const uint64_t plane = guide_stride(width) * sizeof(int16_t) * height;
    return (channels < 3 ? 1 : PLANES) * (plane + SCRATCH_ALIGNMENT_BYTES);
}

/* ... 2 1 0 | 0 1 2 ... n-1 | n-1 n-2 ... for any i */
static uint32_t mirrored(int64_t i, uint32_t n)
{
    const int64_t period = 2 * (int64_t)n;
    i %= period;
    if (i < 0)
        i += period;
    return (uint32_t)(i < n ? i : period - 1 - i);
}

/* Elements first .. first+count of a row of `n`, mirrored beyond its ends. */
static void copy_mirrored(const void *row, void *to, int64_t first, size_t count, uint32_t n, size_t element_bytes)
{
    const uint8_t *from = row;
    uint8_t *out = to;
    size_t i = 0;
    for (; i < count && first + (int64_t)i < 0; i++)
        memcpy(out + i * element_bytes, from + mirrored(first + (int64_t)i, n) * element_bytes, element_bytes);
    const int64_t at = first + (int64_t)i;
    if (i < count && at < n) {
        const size_t inside = (size_t)(n - at) < count - i ? (size_t)(n - at) : count - i;
        memcpy(out + i * element_bytes, from + (size_t)at * element_bytes, inside * element_bytes);
        i += inside;
    }
    for (; i < count; i++)
        memcpy(out + i * element_bytes, from + mirrored(first + (int64_t)i, n) * element_bytes, element_bytes);
}

static size_t window_columns(const struct tile *tile)
{
    return (tile->width + MARGIN + DCT_LANES - 1) / DCT_LANES * DCT_LANES;
}

static void load_noisy(const struct dct *dct, const struct tile *tile, struct tile_scratch *scratch)
{
    const struct image *src = dct->src;
    const size_t columns = window_columns(tile) + MARGIN;
    for (uint32_t r = 0; r < tile->height + 2 * MARGIN; r++) {
        const uint32_t y = mirrored((int64_t)tile->y + r - MARGIN, src->height);
        float *const rows[PLANES] = {scratch->noisy[0] + r * STRIDE, scratch->noisy[1] + r * STRIDE,
                                     scratch->noisy[2] + r * STRIDE};
        copy_mirrored(image_row(src, y), scratch->samples, (int64_t)tile->x - MARGIN, columns, src->width,
                      src->channels);
        chosen_kernels->dct->row_to_planes(scratch->samples, rows, columns, src->channels);
    }
}

static void load_guide(const struct dct *dct, const struct tile *tile, uint32_t plane, struct tile_scratch *scratch)
{
    const size_t columns = window_columns(tile) + MARGIN;
    for (uint32_t r = 0; r < tile->height + 2 * MARGIN; r++) {
        const uint32_t y = mirrored((int64_t)tile->y + r - MARGIN, dct->src->height);
        copy_mirrored(dct->guide[plane] + y * dct->guide_stride, scratch->words, (int64_t)tile->x - MARGIN, columns,
                      dct->src->width, sizeof(int16_t));
        chosen_kernels->dct->words_to_plane(scratch->words, scratch->guide + r * STRIDE, columns);
    }
}

/* The tile's own pixels of a plane are then at result + row * STRIDE + MARGIN. */
static void denoise_plane(const struct dct *dct, const struct tile *tile, uint32_t plane, bool second_step,
                          struct tile_scratch *scratch)
{
    const struct dct_kernels *kernels = chosen_kernels->dct;
    float *result = scratch->result[plane];
    if (dct->sigma[plane] <= 0) {
        for (uint32_t r = 0; r < tile->height; r++)
            memcpy(result + r * STRIDE, scratch->noisy[plane] + (r + MARGIN) * STRIDE, STRIDE * sizeof *result);
        return;
    }
    const struct dct_tile windows = {
        .noisy = scratch->noisy[plane],
        .guide = scratch->guide,
        .sum = result,
        .weight = scratch->weight,
        .stride = STRIDE,
        .window_rows = tile->height + MARGIN,
        .window_columns = window_columns(tile),
        .sigma = dct->sigma[plane],
    };
    memset(result, 0, sizeof scratch->result[plane]);
    memset(scratch->weight, 0, sizeof scratch->weight);
    if (second_step) {
        load_guide(dct, tile, plane, scratch);
        kernels->wiener_tile(&windows);
    } else {
        kernels->threshold_tile(&windows);
    }
    for (uint32_t r = 0; r < tile->height; r++) {
        float *row = result + r * STRIDE + MARGIN;
        kernels->divide_row(row, scratch->weight + r * STRIDE + MARGIN, row, tile->width);
    }
}

static void first_step(const struct dct *dct, const struct tile *tile, struct tile_scratch *scratch)
{
    load_noisy(dct, tile, scratch);
    for (uint32_t plane = 0; plane < dct->planes; plane++) {
        denoise_plane(dct, tile, plane, false, scratch);
        for (uint32_t r = 0; r < tile->height; r++)
            chosen_kernels->dct->plane_to_words(scratch->result[plane] + r * STRIDE + MARGIN,
                                                dct->guide[plane] + (tile->y + r) * dct->guide_stride + tile->x,
                                                tile->width);
    }
}

static void second_step(const struct dct *dct, const struct tile *tile, struct tile_scratch *scratch)
{
    load_noisy(dct, tile, scratch);
    for (uint32_t plane = 0; plane < dct->planes; plane++)
        denoise_plane(dct, tile, plane, true, scratch);
    for (uint32_t r = 0; r < tile->height; r++) {
        const size_t offset = (size_t)tile->x * dct->dst->channels;
        const size_t first = r * STRIDE + MARGIN;
        const float *const rows[PLANES] = {scratch->result[0] + first, scratch->result[1] + first,
                                           scratch->result[2] + first};
        uint8_t *out = image_row(dct->dst, tile->y + r) + offset;
        chosen_kernels->dct->planes_to_row(rows, out, tile->width, dct->dst->channels);
        if (image_has_alpha(dct->dst))
            copy_alpha_row(image_row(dct->src, tile->y + r) + offset, out, tile->width, dct->dst->channels);
    }
}

static void for_tiles(struct dct *dct, uint32_t first_row, uint32_t end_row,
                      void (*step)(const struct dct *dct, const struct tile *tile, struct tile_scratch *scratch))
{
    struct tile_scratch *scratch = scratch_slots_take(&dct->slots);
    for (uint32_t x = 0; x < dct->src->width; x += TILE_COLUMNS) {
        const uint32_t left = dct->src->width - x;
        const struct tile tile = {x, first_row, left < TILE_COLUMNS ? left : TILE_COLUMNS, end_row - first_row};
        step(dct, &tile, scratch);
    }
    scratch_slots_give(&dct->slots, scratch);
}

static void first_step_band(void *state, uint32_t first_row, uint32_t end_row)
{
    for_tiles(state, first_row, end_row, first_step);
}

static void second_step_band(void *state, uint32_t first_row, uint32_t end_row)
{
    for_tiles(state, first_row, end_row, second_step);
}

/* ret: false when there is nothing to do. */
static bool choose_sigmas(struct dct *dct, const struct operation_parameters *parameters)
{
    float estimated[PLANES] = {0};
    if (parameters->denoise_sigma <= 0)
        noise_estimate(dct->src, estimated);
    bool any = false;
    for (uint32_t i = 0; i < dct->planes; i++) {
        float sigma = parameters->denoise_sigma;
        if (sigma <= 0)
            sigma = estimated[i] < LEAST_SIGMA ? 0 : estimated[i] > MOST_SIGMA ? MOST_SIGMA : estimated[i];
        dct->sigma[i] = sigma * parameters->denoise_strength;
        any = any || dct->sigma[i] > 0;
    }
    return any;
}

enum status denoise_dct(struct job *job, const struct operation_parameters *parameters, const struct image *src,
                        struct image *ret)
{
    struct image dst;
    struct dct dct = {.src = src, .dst = &dst, .planes = image_colors(src), .guide_stride = guide_stride(src->width)};
    if (!choose_sigmas(&dct, parameters)) {
        *ret = *src;
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < dct.planes; i++) {
        dct.guide[i] = job_alloc(job, dct.guide_stride * sizeof(int16_t) * src->height);
        if (!dct.guide[i])
            return STATUS_NO_MEMORY;
    }
    enum status status = image_allocate(job, src->width, src->height, src->channels, &dst);
    if (status == STATUS_OK)
        status = scratch_slots_init(&dct.slots, job, denoise_dct_scratch_bytes());
    if (status == STATUS_OK)
        status = bands_run(job, src->height, TILE_ROWS, first_step_band, &dct);
    if (status == STATUS_OK)
        status = bands_run(job, src->height, TILE_ROWS, second_step_band, &dct);
    if (status == STATUS_OK)
        *ret = dst;
    return status;
}
