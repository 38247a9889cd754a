/* Rows of three in, one out; bands write to fresh memory because their neighbours still read the input. */
#include "service/operate/filter_rows.h"

#include <string.h>

#include "service/image/image_allocate.h"
#include "service/operate/kernel_choice.h"
#include "service/work/bands.h"

enum { BAND_ROWS = 32 };

struct filter {
    const struct image *src;
    const struct image *dst;
    neighborhood_row *row;
    float amount;
};

void copy_alpha_row(const uint8_t *from, uint8_t *to, uint32_t width, uint32_t channels)
{
    const size_t length = (size_t)width * channels;
    for (size_t i = channels - 1; i < length; i += channels)
        to[i] = from[i];
}

static void filter_band(void *state, uint32_t first_row, uint32_t end_row)
{
    const struct filter *filter = state;
    const struct image *src = filter->src;
    const size_t length = (size_t)src->width * src->channels;
    for (uint32_t y = first_row; y < end_row; y++) {
        const uint8_t *row = image_row(src, y);
        uint8_t *out = image_row(filter->dst, y);
        if (y == 0 || y == src->height - 1) {
            memcpy(out, row, length);
            continue;
        }
        filter->row(row - src->stride_bytes, row, row + src->stride_bytes, out, length, src->channels);
        if (filter->amount < 1.0F || filter->amount > 1.0F)
            chosen_kernels->color->blend_row(row, out, out, length, filter->amount);
        if (image_has_alpha(src))
            copy_alpha_row(row, out, src->width, src->channels);
    }
}

enum status filter_rows(struct job *job, const struct image *src, neighborhood_row *filter, float amount,
                        struct image *ret)
{
    if (src->width < 3 || src->height < 3) {
        *ret = *src;
        return STATUS_OK;
    }
    struct image dst;
    enum status status = image_allocate(job, src->width, src->height, src->channels, &dst);
    if (status != STATUS_OK)
        return status;
    struct filter state = {src, &dst, filter, amount};
    status = bands_run(job, src->height, BAND_ROWS, filter_band, &state);
    if (status == STATUS_OK)
        *ret = dst;
    return status;
}
