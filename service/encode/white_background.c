/* Compositing on white, exactly rounded. */
#include "service/encode/white_background.h"

static uint8_t over_white(uint32_t color, uint32_t alpha)
{
    const uint32_t t = color * alpha + 255 * (255 - alpha) + 128;
    return (uint8_t)((t + (t >> 8)) >> 8); /* (t - 128) / 255, rounded, for all t below 2^16 */
}

void white_background_row(const uint8_t *row, uint8_t *opaque, size_t width, uint32_t channels)
{
    if (channels == 2)
        for (size_t x = 0; x < width; x++)
            opaque[x] = over_white(row[2 * x], row[2 * x + 1]);
    else
        for (size_t x = 0; x < width; x++)
            for (size_t c = 0; c < 3; c++)
                opaque[3 * x + c] = over_white(row[4 * x + c], row[4 * x + 3]);
}
