/* Moves pixels in tiles, so that the side that is walked against the grain stays in the first-level cache.
 *
 * Every orientation is: destination (x, y) <- source (origin + x * step_x + y * step_y), with steps of one pixel or one
 * row, forwards or backwards. */
#include "service/image/image_orient.h"

#include "service/image/image_allocate.h"
#include "service/work/bands.h"

enum { TILE_PX = 32, BAND_ROWS = 128 };

struct orient {
    const struct image *dst;
    const uint8_t *origin;
    ptrdiff_t step_x; /* in the source, for one pixel to the right in the destination */
    ptrdiff_t step_y;
};

static void copy_tile(const struct orient *orient, uint32_t x0, uint32_t x1, uint32_t y0, uint32_t y1)
{
    const uint32_t channels = orient->dst->channels;
    for (uint32_t y = y0; y < y1; y++) {
        const uint8_t *from = orient->origin + (ptrdiff_t)y * orient->step_y + (ptrdiff_t)x0 * orient->step_x;
        uint8_t *to = image_row(orient->dst, y) + (size_t)x0 * channels;
        for (uint32_t x = x0; x < x1; x++, from += orient->step_x)
            for (uint32_t c = 0; c < channels; c++)
                *to++ = from[c];
    }
}

static void copy_band(void *state, uint32_t first_row, uint32_t end_row)
{
    const struct orient *orient = state;
    for (uint32_t y = first_row; y < end_row; y += TILE_PX)
        for (uint32_t x = 0; x < orient->dst->width; x += TILE_PX) {
            const uint32_t x1 = x + TILE_PX < orient->dst->width ? x + TILE_PX : orient->dst->width;
            copy_tile(orient, x, x1, y, y + TILE_PX < end_row ? y + TILE_PX : end_row);
        }
}

enum status image_orient(struct job *job, const struct image *src, enum image_orientation orientation,
                         struct image *ret)
{
    if (orientation == IMAGE_ORIENTATION_AS_IS) {
        *ret = *src;
        return STATUS_OK;
    }
    const bool swaps = orientation >= IMAGE_ORIENTATION_TRANSPOSE;
    /* where the destination's first pixel is in the source */
    const bool from_right = orientation == IMAGE_ORIENTATION_MIRROR || orientation == IMAGE_ORIENTATION_TURN_180 ||
                            orientation == IMAGE_ORIENTATION_TRANSVERSE || orientation == IMAGE_ORIENTATION_TURN_LEFT;
    const bool from_bottom = orientation == IMAGE_ORIENTATION_FLIP || orientation == IMAGE_ORIENTATION_TURN_180 ||
                             orientation == IMAGE_ORIENTATION_TURN_RIGHT || orientation == IMAGE_ORIENTATION_TRANSVERSE;
    struct image dst;
    enum status status =
        image_allocate(job, swaps ? src->height : src->width, swaps ? src->width : src->height, src->channels, &dst);
    if (status != STATUS_OK)
        return status;

    const ptrdiff_t column = from_right ? -(ptrdiff_t)src->channels : (ptrdiff_t)src->channels;
    const ptrdiff_t row = from_bottom ? -(ptrdiff_t)src->stride_bytes : (ptrdiff_t)src->stride_bytes;
    struct orient orient = {
        .dst = &dst,
        .origin = image_row(src, from_bottom ? src->height - 1 : 0) +
                  (from_right ? (size_t)(src->width - 1) * src->channels : 0),
        .step_x = swaps ? row : column,
        .step_y = swaps ? column : row,
    };
    status = bands_run(job, dst.height, BAND_ROWS, copy_band, &orient);
    if (status == STATUS_OK)
        *ret = dst;
    return status;
}
