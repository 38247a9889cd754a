/* Bytes of a PNG file -> what its chunk list says, before any library sees it. */
#ifndef SERVICE_PNG_CHUNKS_H
#define SERVICE_PNG_CHUNKS_H

#include "service/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct png_chunks {
    uint32_t width;
    uint32_t height;
    uint8_t bit_depth;
    uint8_t color_type; /* as in IHDR */
    bool interlaced;
    bool transparency; /* a tRNS chunk before the pixels */
};

/* Walk the chunk list from the signature to IEND. STATUS_INVALID_IMAGE: no IHDR, IDAT or IEND, a chunk longer than the
 * bytes left, two IHDR; STATUS_IMAGE_TOO_LARGE: an oversized chunk other than IDAT. Any thread. */
enum status png_chunks_walk(const uint8_t *bytes, size_t length, struct png_chunks *ret);

#endif
