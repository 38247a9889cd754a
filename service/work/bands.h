/* Row bands: one heavy operation cut into pieces that idle workers take from a shared counter, so that a lone request
 * uses the whole machine. Helpers carry the request's profiling context (hotline_context_get/set). */
#ifndef SERVICE_BANDS_H
#define SERVICE_BANDS_H

#include "service/work/job.h"

/* Call `run(state, first_row, end_row)` for all of [0, rows) in bands of `band_rows` rows, in any order, on the calling
 * thread and on whichever workers are idle. `run` must not touch the job's arena: allocate before. Returns when every
 * band has ended. STATUS_OK, or STATUS_CANCELLED / STATUS_PROCESSING_TIMEOUT (checked before each band; the result is
 * then incomplete). Only the job's own worker thread. */
enum status bands_run(struct job *job, uint32_t rows, uint32_t band_rows,
                      void (*run)(void *state, uint32_t first_row, uint32_t end_row), void *state);

/* How many bands may run at once, 1 or more: for sizing scratch memory. */
uint32_t bands_width(const struct job *job);

#endif
