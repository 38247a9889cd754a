/* Waiting for other threads: locks, semaphores, barriers, ends of threads. A lock that is free is taken without a look at the clock. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <sys/single_threaded.h>
#include <threads.h>
#include <time.h>

#include "profiler/sampler/waits/wait_hook.h"

/* Apart from the rest, so that the way of a free lock saves no registers. */
__attribute__((noinline, cold)) static int wait_for(int (*real)(pthread_mutex_t *), pthread_mutex_t *lock)
{
    TIMED(int, (lock), lock);
}

/* With one thread the C library locks without an atomic instruction (7 of 14 ns), which trying does not. Only another process can hold
 * such a lock. */
static bool is_surely_free(const pthread_mutex_t *lock)
{
    return __libc_single_threaded && __atomic_load_n(&lock->__data.__lock, __ATOMIC_RELAXED) == 0;
}

EXPORT int pthread_mutex_lock(pthread_mutex_t *lock)
{
    REAL(pthread_mutex_lock, NULL);
    if (is_surely_free(lock)) {
        return real(lock);
    }
    int tried = pthread_mutex_trylock(lock);
    return tried != EBUSY ? tried : wait_for(real, lock);
}

EXPORT int pthread_mutex_timedlock(pthread_mutex_t *restrict lock, const struct timespec *restrict until)
{
    REAL(pthread_mutex_timedlock, NULL);
    TIMED(int, (lock, until), lock);
}

EXPORT int pthread_mutex_clocklock(pthread_mutex_t *restrict lock, clockid_t clock, const struct timespec *restrict until)
{
    REAL(pthread_mutex_clocklock, NULL);
    TIMED(int, (lock, clock, until), lock);
}

EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    REAL(pthread_rwlock_rdlock, NULL);
    int tried = pthread_rwlock_tryrdlock(lock);
    if (tried == 0) {
        return 0;
    }
    TIMED(int, (lock), lock);
}

EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    REAL(pthread_rwlock_wrlock, NULL);
    int tried = pthread_rwlock_trywrlock(lock);
    if (tried == 0) {
        return 0;
    }
    TIMED(int, (lock), lock);
}

EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock, const struct timespec *restrict until)
{
    REAL(pthread_rwlock_timedrdlock, NULL);
    TIMED(int, (lock, until), lock);
}

EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock, const struct timespec *restrict until)
{
    REAL(pthread_rwlock_timedwrlock, NULL);
    TIMED(int, (lock, until), lock);
}

EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict until)
{
    REAL(pthread_rwlock_clockrdlock, NULL);
    TIMED(int, (lock, clock, until), lock);
}

EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t clock, const struct timespec *restrict until)
{
    REAL(pthread_rwlock_clockwrlock, NULL);
    TIMED(int, (lock, clock, until), lock);
}

EXPORT int mtx_timedlock(mtx_t *restrict lock, const struct timespec *restrict until)
{
    REAL(mtx_timedlock, NULL);
    TIMED(int, (lock, until), lock);
}

EXPORT int mtx_lock(mtx_t *lock)
{
    REAL(mtx_lock, NULL);
    int tried = mtx_trylock(lock);
    if (tried == thrd_success) {
        return tried;
    }
    TIMED(int, (lock), lock);
}

EXPORT int sem_wait(sem_t *semaphore)
{
    REAL(sem_wait, NULL);
    TIMED(int, (semaphore), semaphore);
}

EXPORT int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until)
{
    REAL(sem_timedwait, NULL);
    TIMED(int, (semaphore, until), semaphore);
}

EXPORT int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until)
{
    REAL(sem_clockwait, NULL);
    TIMED(int, (semaphore, clock, until), semaphore);
}

EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
    REAL(pthread_barrier_wait, NULL);
    TIMED(int, (barrier), barrier);
}

EXPORT int pthread_join(pthread_t thread, void **ret)
{
    REAL(pthread_join, NULL);
    TIMED(int, (thread, ret), NULL);
}

EXPORT int thrd_join(thrd_t thread, int *ret)
{
    REAL(thrd_join, NULL);
    TIMED(int, (thread, ret), NULL);
}
