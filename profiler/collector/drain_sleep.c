/* See drain_sleep.h. */
#include "profiler/collector/drain_sleep.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_on(struct session *session, uint32_t value, unsigned milliseconds)
{
    struct timespec timeout = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    syscall(SYS_futex, &session->header.drain_wakes, FUTEX_WAIT, value, &timeout, NULL, 0);
}

void drain_sleep(struct session *session, pthread_mutex_t *lock, unsigned milliseconds)
{
    uint32_t value = atomic_load(&session->header.drain_wakes);
    pthread_mutex_unlock(lock);
    wait_on(session, value, 1); /* nobody but drain_sleep_end() ends this part */
    if (milliseconds > 1 && atomic_load(&session->header.drain_wakes) == value) {
        atomic_store(&session->header.drain_sleeps, 1);
        wait_on(session, value, milliseconds - 1);
        atomic_store(&session->header.drain_sleeps, 0);
    }
    pthread_mutex_lock(lock);
}

void drain_sleep_end(struct session *session)
{
    atomic_fetch_add(&session->header.drain_wakes, 1);
    syscall(SYS_futex, &session->header.drain_wakes, FUTEX_WAKE, 1, NULL, NULL, 0);
}
