/* The drain thread's sleep between two passes: ended by time, by the collector itself, or by a sampler whose ring fills or which
 * lacks a table (session_wake_drain()). A futex in the session, because the samplers are other processes. */
#ifndef HOTLINE_DRAIN_SLEEP_H
#define HOTLINE_DRAIN_SLEEP_H

#include <pthread.h>

#include "profiler/session/session_layout.h"

/* Sleep for `milliseconds` at most, and for one at least when only a program asks: it must not keep the collector busy.
 * `lock` is held, and let go meanwhile. */
void drain_sleep(struct session *session, pthread_mutex_t *lock, unsigned milliseconds);

/* End it. With that lock held, so that no request comes between the drain's last look and its sleep. */
void drain_sleep_end(struct session *session);

#endif
