/* Straight alpha <-> premultiplied colour, both exactly rounded. */
#include "service/operate/kernels/kernel_isa.h"

static inline uint8_t multiply(uint32_t color, uint32_t alpha)
{
    const uint32_t t = color * alpha + 128;
    return (uint8_t)((t + (t >> 8)) >> 8); /* color * alpha / 255, rounded */
}

/* Filters round colour and alpha apart, so colour may come out above alpha. */
static inline uint8_t divide(uint32_t color, uint32_t alpha)
{
    if (alpha == 0)
        return 0;
    return (uint8_t)(color >= alpha ? 255 : (color * 255 + alpha / 2) / alpha);
}

static void premultiply_row(const uint8_t *row, uint8_t *out, size_t width, uint32_t channels)
{
    for (size_t x = 0; x < width; x++, row += channels, out += channels) {
        const uint8_t alpha = row[channels - 1];
        for (uint32_t c = 0; c < channels - 1; c++)
            out[c] = multiply(row[c], alpha);
        out[channels - 1] = alpha;
    }
}

static void unpremultiply_row(const uint8_t *row, uint8_t *out, size_t width, uint32_t channels)
{
    for (size_t x = 0; x < width; x++, row += channels, out += channels) {
        const uint8_t alpha = row[channels - 1];
        for (uint32_t c = 0; c < channels - 1; c++)
            out[c] = divide(row[c], alpha);
        out[channels - 1] = alpha;
    }
}

const struct alpha_kernels KERNEL_TABLE(alpha) = {premultiply_row, unpremultiply_row};
