/* struct image -> bytes of a JPEG, PNG or WebP file. */
#ifndef SERVICE_ENCODE_H
#define SERVICE_ENCODE_H

#include "service/decode/decode.h"
#include "service/image/image.h"
#include "service/work/job.h"

struct encoded {
    uint8_t *bytes; /* malloc'ed: it outlives the job, the receiver frees it */
    size_t length;
};

/* ret: whether encode_image() can produce `format`. Any thread. */
bool encode_supports(enum image_format format);

/* Encode `image` as `format` (JPEG, PNG or WEBP) with `quality` 1..100 (JPEG, WebP). JPEG: 4:2:0, alpha composited on white,
 * one component for gray. PNG keeps alpha. STATUS_NO_MEMORY, STATUS_IMAGE_TOO_LARGE, STATUS_PROCESSING_TIMEOUT, STATUS_CANCELLED.
 * The job's worker thread. */
enum status encode_image(struct job *job, const struct image *image, enum image_format format, int quality, struct encoded *ret);

#endif
