/* How noisy a picture is. */
#ifndef SERVICE_NOISE_ESTIMATE_H
#define SERVICE_NOISE_ESTIMATE_H

#include "service/image/image.h"

/* The standard deviation of the noise in each of the picture's planes (three opponent planes, or gray), in grey levels:
 * median of |diagonal Haar coefficient| / 0.6745 (Donoho and Johnstone 1994). Pictures smaller than 2x2: 0.
 * ret: 3 values, or 1 for gray. Any thread; 1 ms per megapixel. */
void noise_estimate(const struct image *image, float ret[3]);

#endif
