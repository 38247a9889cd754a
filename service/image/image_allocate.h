/* Width, height, channels -> pixel memory of the job, with every product checked before it is used. */
#ifndef SERVICE_IMAGE_ALLOCATE_H
#define SERVICE_IMAGE_ALLOCATE_H

#include "service/image/image.h"
#include "service/work/job.h"

/* Rows start on a cache line; kernels may read (never write) up to IMAGE_SLACK_BYTES behind the last row. */
enum { IMAGE_ALIGNMENT_BYTES = 64, IMAGE_SLACK_BYTES = 64, IMAGE_MAX_SIDE_PX = 65535 };

/* The bytes from one row to the next and of all rows together, slack included.
 * ret: false when a side is 0 or over IMAGE_MAX_SIDE_PX or the product does not fit; outputs are then not written. */
bool image_bytes(uint32_t width, uint32_t height, uint32_t channels, size_t *ret_stride, size_t *ret_total);

/* Whether a picture to decode is within the limits. STATUS_INVALID_IMAGE (a side of 0), STATUS_IMAGE_TOO_LARGE. */
enum status image_check_size(const struct job_limits *limits, uint64_t width, uint64_t height);

/* Pixels with undefined contents. STATUS_NO_MEMORY, STATUS_IMAGE_TOO_LARGE (a side over IMAGE_MAX_SIDE_PX).
 * The job's worker thread. */
enum status image_allocate(struct job *job, uint32_t width, uint32_t height, uint32_t channels, struct image *ret);

#endif
