/* A row of CMYK samples -> RGB. */
#ifndef SERVICE_CMYK_H
#define SERVICE_CMYK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* inverted: the samples count light, not ink: Adobe's programs write them so and mark the file with an Adobe segment.
 * rgb: width * 3 bytes. Source: Pillow's cmyk2rgb(), with the same rounding. */
void cmyk_row_to_rgb(const uint8_t *cmyk, uint8_t *rgb, size_t width, bool inverted);

#endif
