/* [S] A timer on the thread's own CPU clock whose signal goes to that thread alone. Raw system calls: the C library's
 * timer functions allocate. It costs nothing while the thread sleeps, survives exec, and interrupts no system call. */
#include "profiler/sampler/trigger.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static const char tick_magic; /* the timer's mark */

/* Each timer takes one of the user's queued signals; the soft limit may be lower than it has to be. */
static bool raise_signal_limit(void)
{
    struct rlimit64 limit;
    if (syscall(SYS_prlimit64, 0, RLIMIT_SIGPENDING, NULL, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) {
        return false;
    }
    limit.rlim_cur = limit.rlim_max;
    return syscall(SYS_prlimit64, 0, RLIMIT_SIGPENDING, &limit, NULL) == 0;
}

bool trigger_timer_make(void)
{
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = sampler.signal_number;
    event.sigev_value.sival_ptr = (void *)(uintptr_t)&tick_magic;
    event._sigev_un._tid = (int)thread_state.tid;
    int timer = 0;
    long made = syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &timer);
    if (made != 0 && errno == EAGAIN && raise_signal_limit()) {
        made = syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &timer);
    }
    if (made != 0) {
        atomic_fetch_add_explicit(&sampler.session->header.threads_without_timer, 1, memory_order_relaxed);
        return false;
    }
    atomic_store_explicit(&thread_state.ticks->timer_plus_1, timer + 1, memory_order_relaxed);
    thread_state.has_timer = true;
    return true;
}

void trigger_timer_set(uint64_t first_ns, uint64_t period_ns)
{
    struct itimerspec spec = {
        .it_interval = {.tv_sec = (time_t)(period_ns / 1000000000u), .tv_nsec = (long)(period_ns % 1000000000u)},
        .it_value = {.tv_sec = (time_t)(first_ns / 1000000000u), .tv_nsec = (long)(first_ns % 1000000000u)},
    };
    syscall(SYS_timer_settime, atomic_load_explicit(&thread_state.ticks->timer_plus_1, memory_order_relaxed) - 1, 0, &spec, NULL);
}

void trigger_timer_delete(struct thread_ticks *ticks)
{
    int timer_plus_1 = atomic_exchange(&ticks->timer_plus_1, 0);
    if (timer_plus_1) {
        syscall(SYS_timer_delete, timer_plus_1 - 1);
    }
}

bool trigger_timer_owns(const siginfo_t *info)
{
    return info->si_code == SI_TIMER && info->si_value.sival_ptr == (const void *)&tick_magic;
}

/* Has this thread slept since it was last asked? */
static bool has_slept(void)
{
    struct rusage used;
    if (syscall(SYS_getrusage, RUSAGE_THREAD, &used) != 0) {
        return false;
    }
    uint32_t sleeps = (uint32_t)used.ru_nvcsw, before = thread_state.sleeps;
    thread_state.sleeps = sleeps;
    return sleeps != before;
}

/* Periods that ended while the tick did not look. The signal may have had to wait for the end of a long system call; then the
 * sample stands for it all. But a thread that sleeps at almost every tick brings many periods along when it is met once, spent
 * nobody knows where: beyond ten ticks or four periods they count as missed, and the report says so. */
uint64_t trigger_timer_periods(const siginfo_t *info)
{
    enum { TICKS = 10, PERIODS = 4 };
    uint64_t periods = 1 + (uint64_t)(info->si_overrun > 0 ? info->si_overrun : 0);
    uint64_t period_ns = sampler.session->header.sample_period_ns;
    uint64_t most = period_ns && TICKS * sampler.tick_ns / period_ns > PERIODS ? TICKS * sampler.tick_ns / period_ns : PERIODS;
    return periods > most && has_slept() ? most : periods;
}
