/* [S] A perf event on the thread's CPU time (task-clock): a high-resolution timer of the kernel's, so that it has any rate and
 * sees what runs in step with the kernel's tick, which the CPU timers miss.
 *
 *   mode     its signal                                      kernel time  why
 *   trap     SIGTRAP, sent by the event itself (sigtrap)     yes          Linux 6.12: sent on the way back to user mode, never
 *                                                                         while a system call is about to sleep (no EINTR)
 *   user     ours, through F_SETSIG                          no           before, or without the right to see kernel time: with
 *                                                                         kernel time such signals made 1 to 7 % of the
 *                                                                         epoll_wait(), poll() and nanosleep() calls fail (5 kHz)
 *
 * No descriptor stays open: a mapping of one page keeps the event. So nothing is inherited, a program that closes every
 * descriptor changes nothing, and unmapping is what ends the event. A fork does not copy it, and it sends nothing then. */
#include "profiler/sampler/trigger.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

enum { PAGE_BYTES = 4096, SIGNAL_CODE_TRAP_PERF = 6, SIGNAL_CODE_POLL_IN = 1, PERF_DATA_AT = 24 };
#define PERF_MAGIC UINT64_C(0x686f746c696e65) /* comes back with each SIGTRAP */

static _Atomic int mode = PERF_MODE_TRAP;

/* What the kernel does not grant to this thread now, it will not grant to the next one either, or it may. */
static bool is_final(int error)
{
    return error == EPERM || error == EACCES || error == ENOSYS || error == EINVAL || error == E2BIG || error == ENOENT ||
           error == EOPNOTSUPP || error == ENODEV;
}

static int open_event(enum perf_mode wanted, uint64_t period_ns)
{
    struct perf_event_attr event;
    memset(&event, 0, sizeof event);
    event.size = sizeof event;
    event.type = PERF_TYPE_SOFTWARE;
    event.config = PERF_COUNT_SW_TASK_CLOCK;
    event.sample_period = period_ns;
    event.wakeup_events = 1;
    event.disabled = 1;
    event.exclude_hv = 1;
    if (wanted == PERF_MODE_TRAP) {
        event.sigtrap = 1;
        event.remove_on_exec = 1;
        event.sig_data = PERF_MAGIC;
    } else {
        event.exclude_kernel = 1;
    }
    return (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool send_to_this_thread(int fd)
{
    struct f_owner_ex owner = {.type = F_OWNER_TID, .pid = (int)thread_state.tid};
    return syscall(SYS_fcntl, fd, F_SETFL, O_ASYNC | O_NONBLOCK) == 0 &&
           syscall(SYS_fcntl, fd, F_SETSIG, sampler.signal_number) == 0 && syscall(SYS_fcntl, fd, F_SETOWN_EX, &owner) == 0;
}

void trigger_perf_stop(struct thread_ticks *ticks)
{
    void *page = atomic_exchange(&ticks->page, NULL);
    if (page) {
        munmap(page, PAGE_BYTES);
    }
}

static bool has_event(void)
{
    return atomic_load_explicit(&thread_state.ticks->page, memory_order_relaxed) != NULL;
}

/* ret: 0, or the error. */
static int start_in(enum perf_mode wanted, uint64_t period_ns)
{
    int fd = open_event(wanted, period_ns), error = 0;
    if (fd < 0) {
        return errno;
    }
    void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED) {
        error = errno == EPERM ? ENOBUFS : errno; /* no more memory may be locked: another thread may be luckier */
    } else {
        atomic_store_explicit(&thread_state.ticks->page, page, memory_order_relaxed); /* before the first tick can come */
        thread_state.perf.fd_plus_1 = fd + 1;
        thread_state.perf.mode = wanted;
        if ((wanted == PERF_MODE_USER && !send_to_this_thread(fd)) || syscall(SYS_ioctl, fd, PERF_EVENT_IOC_ENABLE, 0) != 0) {
            error = errno;
            trigger_perf_stop(thread_state.ticks);
        }
    }
    syscall(SYS_close, fd);
    return error;
}

static void count_start(int error)
{
    struct session_header *header = &sampler.session->header;
    if (error) {
        atomic_store_explicit(&header->perf_error, error, memory_order_relaxed);
    }
    if (thread_state.perf.counted) {
        return;
    }
    thread_state.perf.counted = true;
    _Atomic uint32_t *counts[] = {[PERF_MODE_TRAP] = &header->perf_threads, [PERF_MODE_USER] = &header->perf_user_threads,
                                  [PERF_MODE_NONE] = &header->perf_refused_threads};
    atomic_fetch_add_explicit(counts[error ? PERF_MODE_NONE : thread_state.perf.mode], 1, memory_order_relaxed);
}

static bool start(uint64_t period_ns)
{
    int error = EOPNOTSUPP; /* what an older kernel would say of SIGTRAP in time */
    enum perf_mode wanted = (enum perf_mode)atomic_load_explicit(&mode, memory_order_relaxed);
    for (; wanted < PERF_MODE_NONE; wanted++) {
        if (wanted != PERF_MODE_TRAP || sampler.perf_may_trap) {
            error = start_in(wanted, period_ns);
        }
        if (!error || !is_final(error)) {
            break;
        }
        atomic_store_explicit(&mode, (int)wanted + 1, memory_order_relaxed);
        if (wanted == PERF_MODE_TRAP) {
            atomic_store_explicit(&sampler.session->header.perf_kernel_error, error, memory_order_relaxed);
        }
    }
    thread_state.perf.refused = error != 0 || wanted == PERF_MODE_NONE;
    count_start(thread_state.perf.refused ? error : 0);
    return !thread_state.perf.refused;
}

/* Sampled CPU time is counted from `period_ns` before the first tick. */
bool trigger_perf_start(uint64_t first_ns)
{
    /* While a signal cannot be delivered, every period's end keeps the thread in the kernel for another turn: periods that are no longer
     * than one such turn keep it there for ever (10 us, the kernel's least, locked up a busy virtual processor). */
    static const uint64_t least_ns = 100000;
    if (sampler.session->header.engine != SESSION_ENGINE_PERF || thread_state.perf.refused || has_event()) {
        return has_event();
    }
    thread_state.perf.is_first = true;
    return start(first_ns > least_ns ? first_ns : least_ns);
}

/* A tick that was under way when the event went is still ours: the number and the mark stay. */
bool trigger_perf_owns(const siginfo_t *info)
{
    if (info->si_code == SIGNAL_CODE_TRAP_PERF) {
        uint64_t data; /* si_perf_data, which glibc 2.36 does not name */
        memcpy(&data, (const char *)info + PERF_DATA_AT, sizeof data);
        return data == PERF_MAGIC;
    }
    /* For SIGTRAP, which has codes of its own, the kernel uses the other one. */
    return (info->si_code == SIGNAL_CODE_POLL_IN || info->si_code == SI_SIGIO) && thread_state.perf.fd_plus_1 != 0 &&
           info->si_fd == thread_state.perf.fd_plus_1 - 1;
}

/* The first tick came after a random part of the period: now the event proper. A refusal leaves the timer. */
static void settle(uint64_t period_ns)
{
    thread_state.perf.is_first = false;
    trigger_perf_stop(thread_state.ticks);
    if (!start(period_ns)) {
        trigger_timer_set(period_ns, period_ns);
    }
    thread_state.perf.cpu_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* So soon after the tick before, one period has ended: the CPU clock, a system call, is asked now and then only, for what the event's own
 * interrupts add to each period. */
static bool is_regular(uint64_t period_ns)
{
    enum { UNASKED_MOST = 15 };
    uint64_t now_ns = clock_now_ns(CLOCK_MONOTONIC), since_ns = now_ns - thread_state.perf.tick_ns;
    thread_state.perf.tick_ns = now_ns;
    bool regular = since_ns < period_ns + period_ns / 2 && thread_state.perf.unasked < UNASKED_MOST;
    thread_state.perf.unasked = regular ? thread_state.perf.unasked + 1 : 0;
    return regular;
}

/* Several periods may have ended within one system call: one signal stands for them all. `cpu_ns` is when the last of them
 * ended, not when its signal came, or a late signal would hide the start of the next period. In user mode the event skips
 * kernel time, so that the thread's clock says nothing there. */
uint64_t trigger_perf_periods(void)
{
    enum { EARLY_PART = 20 }; /* the clocks differ a little: so much of a period early still counts as its end */
    uint64_t period_ns = sampler.session->header.sample_period_ns;
    if (thread_state.perf.is_first) {
        settle(period_ns);
        return 1;
    }
    if (thread_state.perf.mode != PERF_MODE_TRAP || period_ns == 0) {
        return 1;
    }
    if (is_regular(period_ns)) {
        thread_state.perf.cpu_ns += period_ns;
        return 1;
    }
    uint64_t now_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID), cpu_ns = thread_state.perf.cpu_ns;
    uint64_t elapsed_ns = now_ns > cpu_ns ? now_ns - cpu_ns : 0;
    uint64_t periods = (elapsed_ns + period_ns / EARLY_PART) / period_ns;
    thread_state.perf.cpu_ns = periods ? thread_state.perf.cpu_ns + periods * period_ns : now_ns;
    return periods ? periods : 1;
}
