/* A job is one picture on its way through decode -> operate -> encode: its memory, its deadline, its cancellation.
 * Memory comes from the worker's reused arena (a first touch of a fresh page costs more than most operations) and lives
 * until the job ends. */
#ifndef SERVICE_JOB_H
#define SERVICE_JOB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "service/status.h"

struct arena;
struct bands;

struct job_limits {
    uint64_t max_pixels;        /* of the decoded picture */
    uint64_t max_output_pixels; /* of the result */
    uint32_t max_side_px;
    uint64_t max_memory_bytes; /* of one job: above it STATUS_IMAGE_TOO_LARGE */
};

struct job {
    const struct job_limits *limits;
    struct arena *arena;   /* the worker's own */
    struct bands *bands;   /* shared by all workers; NULL: run bands on the calling thread only */
    uint64_t deadline_ns;  /* CLOCK_MONOTONIC; 0 = none */
    _Atomic int cancelled; /* set by the HTTP side when the client went away */
};

/* `bytes` of 64-byte aligned memory, contents undefined, alive until the job ends. ret: NULL when memory is out.
 * Only the job's own worker thread. */
void *job_alloc(struct job *job, size_t bytes);

/* STATUS_OK, STATUS_CANCELLED or STATUS_PROCESSING_TIMEOUT. Any thread; cheap enough for every row band (25 ns). */
enum status job_check(const struct job *job);

#endif
