/* Rows with alpha -> opaque rows on white, for formats without alpha. */
#ifndef SERVICE_WHITE_BACKGROUND_H
#define SERVICE_WHITE_BACKGROUND_H

#include <stddef.h>
#include <stdint.h>

/* channels: 2 or 4. opaque: width * (channels - 1) bytes: c * a + white * (1 - a), rounded. Any thread. */
void white_background_row(const uint8_t *row, uint8_t *opaque, size_t width, uint32_t channels);

#endif
