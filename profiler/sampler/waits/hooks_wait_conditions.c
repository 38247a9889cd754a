/* Waiting for a condition. The symbols exist in two versions, with two layouts of the condition: the newer one is the default. */
#include <pthread.h>
#include <threads.h>
#include <time.h>

#include "profiler/sampler/waits/wait_hook.h"

EXPORT int pthread_cond_wait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict lock)
{
    REAL(pthread_cond_wait, CONDITION_VERSION);
    TIMED(int, (condition, lock), condition);
}

EXPORT int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict lock,
                                  const struct timespec *restrict until)
{
    REAL(pthread_cond_timedwait, CONDITION_VERSION);
    TIMED(int, (condition, lock, until), condition);
}

EXPORT int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict lock, clockid_t clock,
                                  const struct timespec *restrict until)
{
    REAL(pthread_cond_clockwait, NULL);
    TIMED(int, (condition, lock, clock, until), condition);
}

EXPORT int cnd_wait(cnd_t *condition, mtx_t *lock)
{
    REAL(cnd_wait, NULL);
    TIMED(int, (condition, lock), condition);
}

EXPORT int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict lock, const struct timespec *restrict until)
{
    REAL(cnd_timedwait, NULL);
    TIMED(int, (condition, lock, until), condition);
}
