/* Turning and mirroring by multiples of 90 degrees: pixels move, none changes. */
#ifndef SERVICE_IMAGE_ORIENT_H
#define SERVICE_IMAGE_ORIENT_H

#include "service/image/image.h"
#include "service/work/job.h"

/* The numbers of the EXIF tag: what has to be done to the stored picture so that it is upright. */
enum image_orientation {
    IMAGE_ORIENTATION_AS_IS = 1,
    IMAGE_ORIENTATION_MIRROR = 2, /* left <-> right */
    IMAGE_ORIENTATION_TURN_180 = 3,
    IMAGE_ORIENTATION_FLIP = 4,       /* top <-> bottom */
    IMAGE_ORIENTATION_TRANSPOSE = 5,  /* rows become columns */
    IMAGE_ORIENTATION_TURN_RIGHT = 6, /* by 90 degrees, clockwise */
    IMAGE_ORIENTATION_TRANSVERSE = 7,
    IMAGE_ORIENTATION_TURN_LEFT = 8
};

/* Apply `orientation` (1..8) to `src`. ret: the same memory for 1, else fresh memory of the job; width and height
 * change places for 5..8. STATUS_NO_MEMORY, STATUS_PROCESSING_TIMEOUT, STATUS_CANCELLED. The job's worker thread. */
enum status image_orient(struct job *job, const struct image *src, enum image_orientation orientation,
                         struct image *ret);

#endif
