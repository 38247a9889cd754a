/* A 3x3 neighbourhood kernel over a whole picture. */
#ifndef SERVICE_FILTER_ROWS_H
#define SERVICE_FILTER_ROWS_H

#include "service/image/image.h"
#include "service/work/job.h"

typedef void neighborhood_row(const uint8_t *above, const uint8_t *row, const uint8_t *below, uint8_t *out,
                              size_t length, size_t step);

/* ret: `src` filtered in fresh memory, then blended with src by `amount` (1: not at all). The outermost pixels are
 * src's, like everything of a picture narrower or shorter than 3, and alpha. STATUS_NO_MEMORY,
 * STATUS_PROCESSING_TIMEOUT, STATUS_CANCELLED. The job's worker thread. */
enum status filter_rows(struct job *job, const struct image *src, neighborhood_row *filter, float amount,
                        struct image *ret);

/* Copy the alpha samples of a row into another one of the same shape. */
void copy_alpha_row(const uint8_t *from, uint8_t *to, uint32_t width, uint32_t channels);

#endif
