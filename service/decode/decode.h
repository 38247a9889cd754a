/* Bytes -> struct image. The first bytes decide the format, dimensions are checked before any pixel memory is taken. */
#ifndef SERVICE_DECODE_H
#define SERVICE_DECODE_H

#include "service/image/image.h"
#include "service/work/job.h"

enum image_format { IMAGE_FORMAT_UNKNOWN, IMAGE_FORMAT_JPEG, IMAGE_FORMAT_PNG, IMAGE_FORMAT_WEBP, IMAGE_FORMAT_GIF, IMAGE_FORMAT_BMP };

struct image_header {
    enum image_format format;
    uint32_t width; /* as stored, before EXIF orientation */
    uint32_t height;
    uint32_t channels; /* of the image that decode_image() will make */
};

/* Recognise and size `bytes` without decoding pixels and without allocating pixel memory.
 * STATUS_UNSUPPORTED_IMAGE (none of the formats), STATUS_INVALID_IMAGE (broken header), STATUS_IMAGE_TOO_LARGE (over job->limits). */
enum status decode_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret);

/* Decode the first (or only) frame; EXIF orientation is applied, 16-bit samples become their high byte, palettes are expanded,
 * CMYK becomes RGB, alpha is kept. ret: written only on success, memory from job_alloc().
 * STATUS_UNSUPPORTED_IMAGE, STATUS_INVALID_IMAGE, STATUS_IMAGE_TOO_LARGE, STATUS_NO_MEMORY, STATUS_PROCESSING_TIMEOUT, STATUS_CANCELLED.
 * The job's worker thread. */
enum status decode_image(struct job *job, const uint8_t *bytes, size_t length, struct image *ret);

#endif
