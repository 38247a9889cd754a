/* Grayscale: the luma of every pixel; a gray picture is its own. */
#include "service/operate/operation.h"

#include "service/image/image_allocate.h"
#include "service/operate/kernel_choice.h"
#include "service/work/bands.h"

enum { BAND_ROWS = 64 };

struct grayscale {
    const struct image *src;
    const struct image *dst;
};

/* Luma is written to the left half of the row, then spread out to make room for alpha, from the right. */
static void add_alpha(const uint8_t *rgba, uint8_t *out, uint32_t width)
{
    for (size_t x = width; x-- > 0;) {
        out[2 * x + 1] = rgba[4 * x + 3];
        out[2 * x] = out[x];
    }
}

static void grayscale_band(void *state, uint32_t first_row, uint32_t end_row)
{
    const struct grayscale *grayscale = state;
    const struct image *src = grayscale->src;
    for (uint32_t y = first_row; y < end_row; y++) {
        uint8_t *out = image_row(grayscale->dst, y);
        chosen_kernels->color->luma_row(image_row(src, y), out, src->width, src->channels);
        if (src->channels == 4)
            add_alpha(image_row(src, y), out, src->width);
    }
}

enum status grayscale_image(struct job *job, const struct operation_parameters *parameters, struct image *image,
                            struct image *ret)
{
    (void)parameters;
    if (image_colors(image) == 1) {
        *ret = *image;
        return STATUS_OK;
    }
    struct image dst;
    enum status status = image_allocate(job, image->width, image->height, image->channels - 2, &dst);
    if (status != STATUS_OK)
        return status;
    struct grayscale state = {image, &dst};
    status = bands_run(job, image->height, BAND_ROWS, grayscale_band, &state);
    if (status == STATUS_OK)
        *ret = dst;
    return status;
}
