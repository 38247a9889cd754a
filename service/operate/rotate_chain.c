/* rotate without an angle. For each output pixel: mirror, map back into the first canvas, round down, map into the
 * source, round down: the same 16.16 fixed point in the same order as the original's two images, so the same pixels.
 *
 * The two turns undo each other, so all source pixels land near (X - offset, Y - offset): the rest of the canvas, three
 * quarters of it, is cleared without any arithmetic. */
#include "service/operate/rotate_rows.h"

#include <math.h>
#include <string.h>

#include "service/work/bands.h"

enum {
    BAND_ROWS = 16,
    FRACTION_BITS = 16,
    /* Each map moves a point by less than one pixel in x and y, the second turn stretches that by at most sqrt(2), and
     * the canvases' sizes are rounded up to whole pixels: under 5 pixels in all. */
    DRIFT_PX = 6
};

struct fixed_map {
    int64_t x0, xx, xy; /* x = (x0 + xx X + xy Y) >> 16 */
    int64_t y0, yx, yy;
};

struct chain {
    const struct image *src;
    const struct image *dst;
    struct fixed_map there, back;
    int64_t there_width, there_height;
};

static int64_t to_fixed(double v)
{
    return (int64_t)floor(v * (1 << FRACTION_BITS) + 0.5);
}

static struct fixed_map map_for(const struct rotate_canvas *canvas)
{
    const double *m = canvas->m;
    return (struct fixed_map){
        .x0 = to_fixed(m[2] + m[0] * 0.5 + m[1] * 0.5),
        .xx = to_fixed(m[0]),
        .xy = to_fixed(m[1]),
        .y0 = to_fixed(m[5] + m[3] * 0.5 + m[4] * 0.5),
        .yx = to_fixed(m[3]),
        .yy = to_fixed(m[4]),
    };
}

static bool inside(int64_t x, int64_t y, int64_t width, int64_t height)
{
    return (uint64_t)x < (uint64_t)width && (uint64_t)y < (uint64_t)height;
}

/* Output columns [first, end) of row y; `channels` is a constant at each call, so that a pixel is copied by plain
 * moves. */
static inline void copy_span(const struct chain *chain, int64_t y, int64_t first, int64_t end, size_t channels)
{
    const struct image *src = chain->src;
    const struct fixed_map *there = &chain->there;
    const struct fixed_map *back = &chain->back;
    uint8_t *out = image_row(chain->dst, (uint32_t)y) + (size_t)first * channels;
    const int64_t mirrored = (int64_t)chain->dst->width - 1 - first;
    int64_t fixed_x = back->x0 + back->xx * mirrored + back->xy * y;
    int64_t fixed_y = back->y0 + back->yx * mirrored + back->yy * y;
    for (int64_t i = first; i < end; i++, out += channels) {
        const int64_t canvas_x = fixed_x >> FRACTION_BITS;
        const int64_t canvas_y = fixed_y >> FRACTION_BITS;
        const int64_t x = (there->x0 + there->xx * canvas_x + there->xy * canvas_y) >> FRACTION_BITS;
        const int64_t source_y = (there->y0 + there->yx * canvas_x + there->yy * canvas_y) >> FRACTION_BITS;
        if (inside(canvas_x, canvas_y, chain->there_width, chain->there_height) &&
            inside(x, source_y, src->width, src->height))
            memcpy(out, image_row(src, (uint32_t)source_y) + (size_t)x * channels, channels);
        else
            memset(out, 0, channels);
        fixed_x -= back->xx;
        fixed_y -= back->yx;
    }
}

static int64_t limit(int64_t v, int64_t end)
{
    return v < 0 ? 0 : v > end ? end : v;
}

static void chain_band(void *state, uint32_t first_row, uint32_t end_row)
{
    const struct chain *chain = state;
    const struct image *src = chain->src, *dst = chain->dst;
    const size_t channels = dst->channels;
    const int64_t left = ((int64_t)dst->width - src->width) / 2;
    const int64_t top = ((int64_t)dst->height - src->height) / 2;
    const int64_t first = limit(left - DRIFT_PX, dst->width);
    const int64_t end = limit(left + src->width + DRIFT_PX, dst->width);
    for (uint32_t y = first_row; y < end_row; y++) {
        uint8_t *row = image_row(dst, y);
        if (y + DRIFT_PX < top || y > top + src->height + DRIFT_PX) {
            memset(row, 0, dst->width * channels);
            continue;
        }
        memset(row, 0, (size_t)first * channels);
        memset(row + (size_t)end * channels, 0, (dst->width - (size_t)end) * channels);
        switch (channels) {
        case 1:
            copy_span(chain, y, first, end, 1);
            break;
        case 2:
            copy_span(chain, y, first, end, 2);
            break;
        case 3:
            copy_span(chain, y, first, end, 3);
            break;
        default:
            copy_span(chain, y, first, end, 4);
        }
    }
}

enum status rotate_chain_rows(struct job *job, const struct image *src, const struct rotate_canvas *there,
                              const struct rotate_canvas *back, const struct image *dst)
{
    struct chain chain = {
        .src = src,
        .dst = dst,
        .there = map_for(there),
        .back = map_for(back),
        .there_width = there->width,
        .there_height = there->height,
    };
    return bands_run(job, dst->height, BAND_ROWS, chain_band, &chain);
}
