/* Ink to light without a colour profile: each ink removes its share of what black leaves over. */
#include "service/decode/cmyk.h"

static uint8_t multiply(uint32_t a, uint32_t b) /* a * b / 255, rounded */
{
    const uint32_t t = a * b + 128;
    return (uint8_t)((t + (t >> 8)) >> 8);
}

void cmyk_row_to_rgb(const uint8_t *cmyk, uint8_t *rgb, size_t width, bool inverted)
{
    const uint8_t ink_flip = inverted ? 0xFF : 0;
    for (size_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        const uint32_t light = 255U - (cmyk[3] ^ ink_flip);
        for (int c = 0; c < 3; c++)
            rgb[c] = (uint8_t)(light - multiply(cmyk[c] ^ ink_flip, light));
    }
}
