/* Enhance: colour, contrast, sharpness, in this order, each step rounded down to 8 bits (Pillow's ImageEnhance).
 *
 * Contrast needs the mean of the whole picture, so there are two sweeps: colour, in place, which sums luma as it goes;
 * then contrast and sharpness together, on three rows at a time that never leave the cache. */
#include "service/operate/operation.h"

#include <stdatomic.h>
#include <string.h>

#include "service/image/image_allocate.h"
#include "service/operate/filter_rows.h"
#include "service/operate/kernel_choice.h"
#include "service/operate/scratch_slots.h"

enum { COLOR_BAND_ROWS = 32, BAND_ROWS = 64, SCRATCH_ROWS = 4 };

struct enhance {
    const struct operation_parameters *parameters;
    const struct image *image;
    const struct image *dst;
    struct scratch_slots slots;
    size_t scratch_row_bytes;
    _Atomic uint64_t luma_sum;
    uint8_t mean;
};

size_t enhance_scratch_bytes(uint32_t width, uint32_t channels)
{
    return SCRATCH_ROWS * scratch_round_up((size_t)width * channels);
}

static void color_band(void *state, uint32_t first_row, uint32_t end_row)
{
    struct enhance *enhance = state;
    const struct image *image = enhance->image;
    const struct color_kernels *kernels = chosen_kernels->color;
    uint64_t sum = 0;
    for (uint32_t y = first_row; y < end_row; y++) {
        uint8_t *row = image_row(image, y);
        if (image->channels >= 3)
            sum += kernels->saturate_row(row, row, image->width, image->channels, enhance->parameters->enhance_color);
        else if (image->channels == 1)
            sum += kernels->sum_row(row, image->width);
        else
            for (size_t x = 0; x < image->width; x++)
                sum += row[2 * x];
    }
    atomic_fetch_add_explicit(&enhance->luma_sum, sum, memory_order_relaxed);
}

static void contrast_row(const struct enhance *enhance, uint32_t y, uint8_t *out)
{
    const struct image *image = enhance->image;
    chosen_kernels->color->contrast_row(image_row(image, y), out, (size_t)image->width * image->channels, enhance->mean,
                                        enhance->parameters->enhance_contrast);
}

/* Scratch: three rows after contrast, used in turn (row y is in y % 3), and one smoothed row. */
static void contrast_and_sharpness_band(void *state, uint32_t first_row, uint32_t end_row)
{
    struct enhance *enhance = state;
    const struct image *image = enhance->image;
    const size_t length = (size_t)image->width * image->channels;
    uint8_t *scratch = scratch_slots_take(&enhance->slots);
    uint8_t *rows[3];
    for (size_t i = 0; i < 3; i++)
        rows[i] = scratch + i * enhance->scratch_row_bytes;
    uint8_t *smooth = scratch + 3 * enhance->scratch_row_bytes;

    if (first_row > 0)
        contrast_row(enhance, first_row - 1, rows[(first_row - 1) % 3]);
    contrast_row(enhance, first_row, rows[first_row % 3]);
    for (uint32_t y = first_row; y < end_row; y++) {
        const uint8_t *row = rows[y % 3];
        uint8_t *out = image_row(enhance->dst, y);
        if (y + 1 < image->height)
            contrast_row(enhance, y + 1, rows[(y + 1) % 3]);
        if (y == 0 || y == image->height - 1) { /* the border is not smoothed, so it is not sharpened */
            memcpy(out, row, length);
        } else {
            chosen_kernels->neighborhood->smooth_row(rows[(y - 1) % 3], row, rows[(y + 1) % 3], smooth, length,
                                                     image->channels);
            chosen_kernels->color->blend_row(smooth, row, out, length, enhance->parameters->enhance_sharpness);
        }
        if (image_has_alpha(image))
            copy_alpha_row(image_row(image, y), out, image->width, image->channels);
    }
    scratch_slots_give(&enhance->slots, scratch);
}

enum status enhance_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                          struct image *ret)
{
    struct image dst;
    struct enhance enhance = {.parameters = parameters, .image = image, .dst = &dst};
    const size_t scratch_bytes = enhance_scratch_bytes(image->width, image->channels);
    enhance.scratch_row_bytes = scratch_bytes / SCRATCH_ROWS;
    enum status status = image_allocate(job, image->width, image->height, image->channels, &dst);
    if (status == STATUS_OK)
        status = scratch_slots_init(&enhance.slots, job, scratch_bytes);
    if (status == STATUS_OK)
        status = bands_run(job, image->height, COLOR_BAND_ROWS, color_band, &enhance);
    if (status != STATUS_OK)
        return status;

    const double pixels = (double)image->width * image->height;
    enhance.mean = (uint8_t)((double)enhance.luma_sum / pixels + 0.5);
    status = bands_run(job, image->height, BAND_ROWS, contrast_and_sharpness_band, &enhance);
    if (status == STATUS_OK)
        *ret = dst;
    return status;
}
