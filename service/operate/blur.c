/* Gaussian blur of any radius for the price of one: three box filters along x, then three along y, each rounded to 8
 * bits as Pillow does (GaussianBlur(r)), in place. For r = 5 a box is 9.9 samples wide: 9 whole ones and 0.45 of each
 * neighbour.
 *
 *   rows:     16 or more rows are turned into columns, filtered, turned back         bands of rows
 *   columns:  strips of 128 bytes are filtered from top to bottom                    bands of strips
 *
 * Both ways each thread works in two strips of scratch memory that stay in its second-level cache. */
#include "service/operate/operation.h"

#include <math.h>

#include "service/operate/kernel_choice.h"
#include "service/operate/scratch_slots.h"

enum { PASSES = 3, ROWS_PER_BAND = 64, FRACTION_BITS = 24 };

struct blur {
    const struct image *image;
    struct box box;
    struct scratch_slots slots;
};

/* Source: Gwosdek, Grewenig, Bruhn, Weickert 2011, equations 7, 11, 14; float like the original, because its rounding
 * decides the last bits of the weights. */
static struct box box_for_radius(float radius_px)
{
    const float variance = radius_px * radius_px / (float)PASSES;
    const float length = (float)sqrt(12.0 * (double)variance + 1.0);
    const float whole = (float)floor(((double)length - 1.0) / 2.0);
    float fraction = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance);
    fraction /= 6 * (variance - (whole + 1) * (whole + 1));
    const float radius = whole + fraction;

    struct box box = {.radius = (uint32_t)radius};
    box.whole_weight = (uint32_t)((float)(1 << FRACTION_BITS) / (radius * 2 + 1));
    box.fraction_weight = ((1U << FRACTION_BITS) - (box.radius * 2 + 1) * box.whole_weight) / 2;
    return box;
}

/* Strips of few channels are made wider, so that the columns of one pixel still fill a vector or two. */
static uint32_t rows_per_strip(uint32_t channels)
{
    return channels == 1 ? 4 * TRANSPOSE_ROWS : channels == 2 ? 2 * TRANSPOSE_ROWS : TRANSPOSE_ROWS;
}

static size_t strip_bytes(uint32_t width, uint32_t height, uint32_t channels)
{
    const size_t across = (size_t)width * channels * rows_per_strip(channels);
    const size_t down = (size_t)height * BOX_STRIP_BYTES;
    return scratch_round_up(across > down ? across : down);
}

size_t blur_scratch_bytes(uint32_t width, uint32_t height, uint32_t channels)
{
    return 2 * strip_bytes(width, height, channels);
}

/* `count` rows become the columns of a strip, filled up to a multiple of TRANSPOSE_ROWS. */
static void blur_rows(const struct blur *blur, uint32_t y, uint32_t count, uint8_t *strip, uint8_t *other)
{
    const struct image *image = blur->image;
    const struct box_kernels *kernels = chosen_kernels->box;
    const size_t length = (size_t)image->width * image->channels;
    const size_t columns = (count + TRANSPOSE_ROWS - 1) / TRANSPOSE_ROWS * TRANSPOSE_ROWS;
    const size_t pixel_bytes = columns * image->channels; /* all columns of one pixel, channel after channel */

    if (image_has_alpha(image))
        for (uint32_t r = 0; r < count; r++)
            chosen_kernels->alpha->premultiply_row(image_row(image, y + r), image_row(image, y + r), image->width,
                                                   image->channels);
    for (uint32_t r = 0; r < count; r += TRANSPOSE_ROWS)
        kernels->rows_to_columns(image_row(image, y + r), image->stride_bytes, strip + r, columns, length,
                                 count - r < TRANSPOSE_ROWS ? count - r : TRANSPOSE_ROWS);
    kernels->box_columns(strip, pixel_bytes, other, pixel_bytes, image->width, pixel_bytes, &blur->box);
    kernels->box_columns(other, pixel_bytes, strip, pixel_bytes, image->width, pixel_bytes, &blur->box);
    kernels->box_columns(strip, pixel_bytes, other, pixel_bytes, image->width, pixel_bytes, &blur->box);
    for (uint32_t r = 0; r < count; r += TRANSPOSE_ROWS)
        kernels->columns_to_rows(other + r, columns, image_row(image, y + r), image->stride_bytes, length,
                                 count - r < TRANSPOSE_ROWS ? count - r : TRANSPOSE_ROWS);
}

static void blur_row_band(void *state, uint32_t first_row, uint32_t end_row)
{
    struct blur *blur = state;
    const uint32_t rows = rows_per_strip(blur->image->channels);
    uint8_t *strip = scratch_slots_take(&blur->slots);
    for (uint32_t y = first_row; y < end_row; y += rows)
        blur_rows(blur, y, end_row - y < rows ? end_row - y : rows, strip, strip + blur->slots.slot_bytes / 2);
    scratch_slots_give(&blur->slots, strip);
}

/* A "row" of this band is one strip of columns. Pixels with alpha never straddle two strips. */
static void blur_column_band(void *state, uint32_t first_strip, uint32_t end_strip)
{
    struct blur *blur = state;
    const struct image *image = blur->image;
    const struct box_kernels *kernels = chosen_kernels->box;
    const size_t length = (size_t)image->width * image->channels;
    uint8_t *strip = scratch_slots_take(&blur->slots);
    uint8_t *other = strip + blur->slots.slot_bytes / 2;
    for (uint32_t i = first_strip; i < end_strip; i++) {
        uint8_t *top = image->pixels + (size_t)i * BOX_STRIP_BYTES;
        const size_t left = length - (size_t)i * BOX_STRIP_BYTES;
        const size_t width = left < BOX_STRIP_BYTES ? left : BOX_STRIP_BYTES;
        kernels->box_columns(top, image->stride_bytes, strip, BOX_STRIP_BYTES, image->height, width, &blur->box);
        kernels->box_columns(strip, BOX_STRIP_BYTES, other, BOX_STRIP_BYTES, image->height, width, &blur->box);
        kernels->box_columns(other, BOX_STRIP_BYTES, top, image->stride_bytes, image->height, width, &blur->box);
        if (image_has_alpha(image))
            for (uint32_t y = 0; y < image->height; y++) {
                uint8_t *row = top + image->stride_bytes * y;
                chosen_kernels->alpha->unpremultiply_row(row, row, width / image->channels, image->channels);
            }
    }
    scratch_slots_give(&blur->slots, strip);
}

enum status blur_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                       struct image *ret)
{
    struct blur blur = {.image = image, .box = box_for_radius(parameters->blur_radius_px)};
    enum status status =
        scratch_slots_init(&blur.slots, job, blur_scratch_bytes(image->width, image->height, image->channels));
    if (status == STATUS_OK)
        status = bands_run(job, image->height, ROWS_PER_BAND, blur_row_band, &blur);
    if (status == STATUS_OK) {
        const size_t length = (size_t)image->width * image->channels;
        const uint32_t strips = (uint32_t)((length + BOX_STRIP_BYTES - 1) / BOX_STRIP_BYTES);
        status = bands_run(job, strips, 1, blur_column_band, &blur);
    }
    if (status == STATUS_OK)
        *ret = *image;
    return status;
}
