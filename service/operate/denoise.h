/* The methods of noise_reduction. Only the noise_reduction files include this.
 *
 * All: ret is fresh memory of the job, or `src` itself when there is nothing to do; alpha is carried; STATUS_NO_MEMORY,
 * STATUS_PROCESSING_TIMEOUT, STATUS_CANCELLED; the job's worker thread. */
#ifndef SERVICE_DENOISE_H
#define SERVICE_DENOISE_H

#include "service/operate/operation.h"

/* Three passes of the 3x3 mean, edges replicated in each, fraction dropped at the end. */
enum status denoise_mean(struct job *job, const struct image *src, struct image *ret);
size_t denoise_mean_scratch_bytes(uint32_t width, uint32_t channels);

/* Two-step sliding-window DCT (Yu and Sapiro 2011; Pierazzo, Morel, Facciolo 2017). sigma is estimated per plane (below
 * 2: the plane stays as it is, at most 60) unless given, and multiplied by the strength. */
enum status denoise_dct(struct job *job, const struct operation_parameters *parameters, const struct image *src,
                        struct image *ret);
size_t denoise_dct_scratch_bytes(void);
uint64_t denoise_dct_plane_bytes(uint32_t width, uint32_t height, uint32_t channels);

#endif
