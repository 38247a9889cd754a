/* The pixels of a rotation. Only the rotate files include this. */
#ifndef SERVICE_ROTATE_ROWS_H
#define SERVICE_ROTATE_ROWS_H

#include "service/image/image.h"
#include "service/operate/rotate_canvas.h"
#include "service/work/job.h"

/* The original's chain: by 45 degrees onto a larger canvas, that canvas by -45 onto a larger one still, mirrored;
 * nearest pixel, black outside. Both maps are applied per pixel, the canvas between them does not exist. dst: of the
 * chain's final size. STATUS_PROCESSING_TIMEOUT, STATUS_CANCELLED. The job's worker thread. */
enum status rotate_chain_rows(struct job *job, const struct image *src, const struct rotate_canvas *there,
                              const struct rotate_canvas *back, const struct image *dst);

/* One rotation: bilinear, as if the source went on in black (transparent with alpha) on all sides, so its edges come
 * out smooth. src: overwritten when it has alpha (premultiplied). dst: of the canvas's size. Same statuses. */
enum status rotate_bilinear_rows(struct job *job, const struct image *src, const struct rotate_canvas *canvas,
                                 const struct image *dst);

#endif
