/* A job's memory and the one question every stage asks it: go on, or stop? */
#include "service/work/job.h"

#include "service/work/arena.h"
#include "service/work/clock.h"

void *job_alloc(struct job *job, size_t bytes)
{
    return arena_alloc(job->arena, bytes, job->limits ? job->limits->max_memory_bytes : 0);
}

enum status job_check(const struct job *job)
{
    if (atomic_load_explicit(&job->cancelled, memory_order_relaxed)) {
        return STATUS_CANCELLED;
    }
    if (job->deadline_ns != 0 && clock_now_ns() >= job->deadline_ns) {
        return STATUS_PROCESSING_TIMEOUT;
    }
    return STATUS_OK;
}
