/* [S] Small questions and updates on the session header that both sides and the handler need. */
#ifndef HOTLINE_SESSION_STATE_H
#define HOTLINE_SESSION_STATE_H

#include <linux/futex.h>
#include <stdbool.h>

#include "profiler/session/session_layout.h"

/* Whether the collector has gone: closed the session, or was killed (the kernel marks its robust mutex, however it
 * died). Two loads. */
static inline bool session_is_over(const struct session *session)
{
    uint32_t word;
    __atomic_load((const uint32_t *)(const void *)session->header.collector_lock, &word, __ATOMIC_RELAXED);
    return (word & FUTEX_OWNER_DIED) != 0 ||
           atomic_load_explicit(&session->header.on, memory_order_relaxed) == SESSION_CLOSED;
}

/* Make *high at least `used`. */
static inline void session_raise(_Atomic uint32_t *high, uint32_t used)
{
    uint32_t seen = atomic_load_explicit(high, memory_order_relaxed);
    while (seen < used && !atomic_compare_exchange_weak(high, &seen, used)) {
    }
}

#endif
