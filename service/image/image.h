/* struct image: rows of interleaved 8-bit samples, the one type that decode produces, operate transforms and encode consumes. */
#ifndef SERVICE_IMAGE_H
#define SERVICE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* channels: 1 gray, 2 gray + alpha, 3 RGB, 4 RGBA. Alpha is straight (not premultiplied). 1 <= width, height <= 65535.
 * pixels: 64-byte aligned, stride_bytes >= width * channels apart per row, at least 64 readable bytes behind the last row.
 * The memory belongs to the job that made it (work/job.h), there is nothing to destroy. */
struct image {
    uint8_t *pixels;
    uint32_t width;
    uint32_t height;
    uint32_t channels;
    size_t stride_bytes;
};

static inline bool image_has_alpha(const struct image *image) { return image->channels == 2 || image->channels == 4; }
static inline uint32_t image_colors(const struct image *image) { return image->channels < 3 ? 1 : 3; }
static inline uint8_t *image_row(const struct image *image, uint32_t y) { return image->pixels + image->stride_bytes * y; }

#endif
