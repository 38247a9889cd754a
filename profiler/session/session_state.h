/* [S] Small questions and updates on the session header that both sides and the handler need. */
#ifndef HOTLINE_SESSION_STATE_H
#define HOTLINE_SESSION_STATE_H

#include <linux/futex.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/session/session_layout.h"

/* Whether the collector has gone: closed the session, or was killed (the kernel marks its robust lock, however it
 * died). Two loads. */
static inline bool session_is_over(const struct session *session)
{
    uint32_t word;
    __atomic_load((const uint32_t *)(const void *)session->header.collector_lock, &word, __ATOMIC_RELAXED);
    return (word & FUTEX_OWNER_DIED) != 0 ||
           atomic_load_explicit(&session->header.on, memory_order_relaxed) == SESSION_CLOSED;
}

/* A ring is filling, or a table is missing: wake the collector's drain thread if it sleeps. One system call per sleep. */
static inline void session_wake_drain(struct session *session)
{
    uint32_t sleeps = 1;
    if (atomic_load_explicit(&session->header.drain_sleeps, memory_order_relaxed) == sleeps &&
        atomic_compare_exchange_strong(&session->header.drain_sleeps, &sleeps, 0)) {
        atomic_fetch_add(&session->header.drain_wakes, 1);
        syscall(SYS_futex, &session->header.drain_wakes, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}

/* Make *high at least `used`. */
static inline void session_raise(_Atomic uint32_t *high, uint32_t used)
{
    uint32_t seen = atomic_load_explicit(high, memory_order_relaxed);
    while (seen < used && !atomic_compare_exchange_weak(high, &seen, used)) {
    }
}

#endif
