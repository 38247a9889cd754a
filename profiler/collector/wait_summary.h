/* The waiting half of a profile as tables: what every line and function waited, and in which calls. The same machinery as for CPU
 * time (summarize.h) over the cells of blocked time: lines and functions have the same indexes in both. */
#ifndef HOTLINE_WAIT_SUMMARY_H
#define HOTLINE_WAIT_SUMMARY_H

#include "profiler/collector/summarize.h"

/* Waiting in one function, called from one line (the innermost own one): "pthread_cond_wait() at queue.c:88". */
struct wait_row {
    uint32_t line;     /* in summary.lines; PROFILE_NONE: no own code on the stack */
    uint32_t function; /* that blocked */
    struct summary_share share;
};

/* A lock, over all places. */
struct wait_lock {
    int32_t pid;
    uint64_t address;
    const char *name; /* NULL: none */
    struct summary_share share;
    struct wait_row worst; /* the place that waited longest for it */
    uint32_t places;
};

struct wait_summary {
    struct profile profile; /* whose cells are those of blocked time */
    struct summary *summary;
    struct wait_row *rows; /* the longest first */
    uint32_t row_count;
    struct wait_lock *locks; /* locks and semaphores, not conditions: these are waits for work. The longest first */
    uint32_t lock_count;
};

/* The public name of a function that the C library calls by another one inside: "___pthread_cond_timedwait64" is
 * pthread_cond_timedwait, "__libc_read" read, "__new_sem_wait" sem_wait. */
enum { WAIT_CALL_BYTES = 64 };
void wait_call_name(const char *function, char ret[WAIT_CALL_BYTES]);

/* NULL: waiting was not asked for, or memory is out. `profile` must outlive it. */
struct wait_summary *wait_summary_create(const struct profile *profile);
void wait_summary_destroy(struct wait_summary *waits);

#endif
