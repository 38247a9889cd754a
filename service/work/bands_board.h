/* The board where work is announced to the workers: row bands to help with, and jobs in the queue. Only bands.c and
 * workers.c. */
#ifndef SERVICE_BANDS_BOARD_H
#define SERVICE_BANDS_BOARD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "service/work/bands.h"

struct band_group;

struct bands {
    pthread_mutex_t lock;
    pthread_cond_t work;       /* a group was published, a job was queued, or it is time to stop */
    pthread_cond_t left;       /* the last helper left some group */
    struct band_group *groups; /* under lock */
    uint32_t width;            /* workers that may help, the owner included */
    _Atomic uint32_t queued;   /* jobs nobody has begun: while there is one, helpers go back to it */
};

void bands_init(struct bands *bands, uint32_t width);
void bands_deinit(struct bands *bands);

/* Help with the oldest group that has bands left. Called and returns with the lock held, releases it meanwhile.
 * ret: false when there is nothing to help with. */
bool bands_help(struct bands *bands);

#endif
