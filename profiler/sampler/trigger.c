/* [S] See trigger.h: which of the two ticks, and when one takes over from the other. */
#include "profiler/sampler/trigger.h"

/* By slot; the last one is for the only thread of a fresh fork, which has none yet. Untouched pages cost nothing. */
static struct thread_ticks all_ticks[SESSION_SLOTS + 1];

/* The first expiry is random within the period, or threads shorter than a period would never be seen. */
static uint64_t random_first_ns(uint64_t period_ns)
{
    thread_state.random = thread_state.random * 1664525u + 1013904223u;
    return (uint64_t)((double)period_ns * (double)(thread_state.random >> 8) / 16777216.0);
}

/* CPU timers are looked at by the kernel's tick only: a whole number of ticks, or the kernel rounds up and threads shorter
 * than a tick are seen far too rarely (5,000 threads of 0.2 ms: 8 % of their time). */
static void set_timer(uint64_t period_ns)
{
    uint64_t first_ns = random_first_ns(period_ns);
    trigger_timer_set(first_ns - first_ns % sampler.tick_ns + 1, period_ns);
}

static void run_timer(void)
{
    const struct session_header *header = &sampler.session->header;
    set_timer(thread_state.sampling ? header->sample_period_ns : header->idle_period_ns);
}

/* The timer's first tick may come at the end of it, when all is set up; a perf event's comes earlier. */
static void start(bool careful)
{
    const struct session_header *header = &sampler.session->header;
    thread_state.ticks = &all_ticks[thread_state.slot == NO_INDEX ? SESSION_SLOTS : thread_state.slot];
    atomic_store_explicit(&thread_state.ticks->timer_plus_1, 0, memory_order_relaxed);
    atomic_store_explicit(&thread_state.ticks->page, NULL, memory_order_relaxed);
    thread_state.ticks->generation = process_generation();
    thread_state.random = thread_state.tid * 2654435761u ^ (uint32_t)clock_now_ns(CLOCK_MONOTONIC);
    if (!trigger_timer_make()) {
        return;
    }
    thread_state.sampling = atomic_load_explicit(&header->on, memory_order_relaxed) == SESSION_ON;
    if (careful || !thread_state.sampling || !trigger_perf_start(random_first_ns(header->sample_period_ns))) {
        run_timer();
    }
}

void trigger_start(bool careful)
{
    uint64_t all = UINT64_MAX, before = 0, ours = UINT64_C(1) << (sampler.signal_number - 1);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all); /* no tick before all is set up */
    start(careful);
    before &= ~ours;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
}

void trigger_start_new(void)
{
    uint64_t ours = UINT64_C(1) << (sampler.signal_number - 1);
    if (sampler.session->header.engine == SESSION_ENGINE_PERF) {
        trigger_start(false);
        return;
    }
    start(false);
    syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &ours, NULL, sizeof ours); /* what its creator may have asked for by raw system calls */
}

void trigger_switch(bool on)
{
    thread_state.sampling = on;
    if (on && trigger_perf_start(random_first_ns(sampler.session->header.sample_period_ns))) {
        trigger_timer_set(0, 0);
        return;
    }
    trigger_perf_stop(thread_state.ticks);
    run_timer();
}

void trigger_stop(void)
{
    if (thread_state.has_timer) {
        thread_state.has_timer = false; /* first: from here on a tick is not believed any more, and a timer's last one starts no event */
        trigger_timer_delete(thread_state.ticks);
        trigger_perf_stop(thread_state.ticks);
    }
}

void trigger_stop_all(void)
{
    for (size_t i = 0; i < sizeof all_ticks / sizeof all_ticks[0]; i++) {
        if (all_ticks[i].generation != 0 && all_ticks[i].generation == process_generation()) {
            trigger_timer_delete(&all_ticks[i]);
            trigger_perf_stop(&all_ticks[i]);
        }
    }
}

enum tick_source trigger_source(const siginfo_t *info)
{
    return trigger_timer_owns(info) ? TICK_TIMER : trigger_perf_owns(info) ? TICK_PERF : TICK_FOREIGN;
}

uint64_t trigger_periods(enum tick_source source, const siginfo_t *info)
{
    if (source == TICK_PERF) {
        return trigger_perf_periods();
    }
    if (trigger_perf_start(random_first_ns(sampler.session->header.sample_period_ns))) { /* it was careful at its start */
        trigger_timer_set(0, 0);
    }
    return trigger_timer_periods(info);
}
