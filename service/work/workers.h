/* Bounded FIFO of jobs -> worker threads, one per CPU of the budget. One job runs on one worker; workers without a job
 * help with the row bands of the others (bands.h). */
#ifndef SERVICE_WORKERS_H
#define SERVICE_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/work/job.h"

/* Embedded in whatever the caller calls a request. */
struct work_item {
    struct job job; /* limits, deadline: the caller; arena, bands: the worker that takes it */
    /* On a worker's thread. The item may cease to exist as soon as `run` has told its owner that it is done. */
    void (*run)(struct work_item *item);
    struct work_item *next; /* the queue's */
};

struct workers;

struct workers_counts {
    uint32_t threads;
    uint32_t queued;
    uint32_t running;
};

/* ret: NULL when memory or threads are out.   threads >= 1, queue_capacity >= 1.
 * arena_keep_bytes: what each worker keeps mapped between jobs. */
struct workers *workers_create(uint32_t threads, uint32_t queue_capacity, size_t arena_keep_bytes);

/* Run what is queued, then end the threads. */
void workers_destroy(struct workers *workers);

/* Claim a place in the queue, so that the push below cannot fail. ret: false when the queue is full. Any thread. */
bool workers_reserve(struct workers *workers);

/* Queue `item` in the place that workers_reserve() claimed. Any thread. */
void workers_push(struct workers *workers, struct work_item *item);

/* Take `item` out of the queue. ret: false when a worker has it already (or it never was there). Any thread. */
bool workers_withdraw(struct workers *workers, struct work_item *item);

struct workers_counts workers_counts(struct workers *workers);

/* The board on which the workers offer help: for a job that runs on the caller's own thread. */
struct bands *workers_bands(struct workers *workers);

#endif
