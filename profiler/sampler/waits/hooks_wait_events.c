/* Waiting for events on descriptors, for time to pass, for children to end. */
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "profiler/sampler/waits/wait_hook.h"

/* What -D_FORTIFY_SOURCE makes of poll() and ppoll(). */
int __poll_chk(struct pollfd *events, nfds_t count, int timeout_ms, size_t events_bytes);
int __ppoll_chk(struct pollfd *events, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t events_bytes);

EXPORT int poll(struct pollfd *events, nfds_t count, int timeout_ms)
{
    REAL(poll, NULL);
    TIMED(int, (events, count, timeout_ms), NULL);
}

EXPORT int __poll_chk(struct pollfd *events, nfds_t count, int timeout_ms, size_t events_bytes)
{
    REAL(__poll_chk, NULL);
    TIMED(int, (events, count, timeout_ms, events_bytes), NULL);
}

EXPORT int ppoll(struct pollfd *events, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    REAL(ppoll, NULL);
    TIMED(int, (events, count, timeout, mask), NULL);
}

EXPORT int __ppoll_chk(struct pollfd *events, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
                       size_t events_bytes)
{
    REAL(__ppoll_chk, NULL);
    TIMED(int, (events, count, timeout, mask, events_bytes), NULL);
}

EXPORT int select(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict special,
                  struct timeval *restrict timeout)
{
    REAL(select, NULL);
    TIMED(int, (count, readable, writable, special, timeout), NULL);
}

EXPORT int pselect(int count, fd_set *restrict readable, fd_set *restrict writable, fd_set *restrict special,
                   const struct timespec *restrict timeout, const sigset_t *restrict mask)
{
    REAL(pselect, NULL);
    TIMED(int, (count, readable, writable, special, timeout, mask), NULL);
}

EXPORT int epoll_wait(int queue, struct epoll_event *events, int count, int timeout_ms)
{
    REAL(epoll_wait, NULL);
    TIMED(int, (queue, events, count, timeout_ms), NULL);
}

EXPORT int epoll_pwait(int queue, struct epoll_event *events, int count, int timeout_ms, const sigset_t *mask)
{
    REAL(epoll_pwait, NULL);
    TIMED(int, (queue, events, count, timeout_ms, mask), NULL);
}

EXPORT int epoll_pwait2(int queue, struct epoll_event *events, int count, const struct timespec *timeout, const sigset_t *mask)
{
    REAL(epoll_pwait2, NULL);
    TIMED(int, (queue, events, count, timeout, mask), NULL);
}

EXPORT int nanosleep(const struct timespec *time, struct timespec *rest)
{
    REAL(nanosleep, NULL);
    TIMED(int, (time, rest), NULL);
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *rest)
{
#if defined(__x86_64__)
    REAL(clock_nanosleep, "GLIBC_2.17");
#else
    REAL(clock_nanosleep, NULL);
#endif
    TIMED(int, (clock, flags, time, rest), NULL);
}

EXPORT int usleep(useconds_t microseconds)
{
    REAL(usleep, NULL);
    TIMED(int, (microseconds), NULL);
}

EXPORT unsigned sleep(unsigned seconds)
{
    REAL(sleep, NULL);
    TIMED(unsigned, (seconds), NULL);
}

EXPORT int thrd_sleep(const struct timespec *time, struct timespec *rest)
{
    REAL(thrd_sleep, NULL);
    TIMED(int, (time, rest), NULL);
}

EXPORT int pause(void)
{
    REAL(pause, NULL);
    TIMED(int, (), NULL);
}

EXPORT int sigsuspend(const sigset_t *mask)
{
    REAL(sigsuspend, NULL);
    TIMED(int, (mask), NULL);
}

EXPORT int sigwait(const sigset_t *set, int *number)
{
    REAL(sigwait, NULL);
    TIMED(int, (set, number), NULL);
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    REAL(sigwaitinfo, NULL);
    TIMED(int, (set, info), NULL);
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    REAL(sigtimedwait, NULL);
    TIMED(int, (set, info, timeout), NULL);
}

EXPORT pid_t wait(int *status)
{
    REAL(wait, NULL);
    TIMED(pid_t, (status), NULL);
}

EXPORT pid_t waitpid(pid_t pid, int *status, int options)
{
    REAL(waitpid, NULL);
    TIMED(pid_t, (pid, status, options), NULL);
}

EXPORT pid_t wait3(int *status, int options, struct rusage *usage)
{
    REAL(wait3, NULL);
    TIMED(pid_t, (status, options, usage), NULL);
}

EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    REAL(wait4, NULL);
    TIMED(pid_t, (pid, status, options, usage), NULL);
}

EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    REAL(waitid, NULL);
    TIMED(int, (type, id, info, options), NULL);
}

EXPORT int flock(int fd, int operation)
{
    REAL(flock, NULL);
    TIMED(int, (fd, operation), NULL);
}
