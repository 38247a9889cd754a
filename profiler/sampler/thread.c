/* [S] Threads: a slot in the session, and a timer on the thread's own CPU clock whose signal goes to that thread alone.
 * Raw system calls: the C library's timer functions allocate. The timer costs nothing while the thread sleeps. */
#include "profiler/sampler/sampler.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "profiler/sampler/tick.h"
#include "profiler/session/session_state.h"

const char tick_magic;

int thread_claim_slot(void)
{
    struct session_header *header = &sampler.session->header;
    uint32_t hint = atomic_load_explicit(&header->slot_hint, memory_order_relaxed);
    uint32_t claimed = SLOT_CLAIMED | (uint32_t)atomic_load(&sampler.process) << CLAIM_OWNER_SHIFT;
    for (uint32_t i = 0; i < SESSION_SLOTS; i++) {
        uint32_t index = (hint + i) % SESSION_SLOTS;
        struct thread_slot *slot = &sampler.session->slots[index];
        uint32_t state = SLOT_FREE;
        if (atomic_load_explicit(&slot->state, memory_order_relaxed) == SLOT_FREE &&
            atomic_compare_exchange_strong(&slot->state, &state, claimed)) {
            atomic_store_explicit(&header->slot_hint, index + 1, memory_order_relaxed);
            session_raise(&header->slot_high, index + 1);
            atomic_fetch_add_explicit(&slot->serial, 1, memory_order_relaxed);
            return (int)index;
        }
    }
    atomic_fetch_add_explicit(&header->threads_without_slot, 1, memory_order_relaxed);
    return NO_INDEX;
}

void thread_release_slot(int slot)
{
    if (slot != NO_INDEX) {
        atomic_store_explicit(&sampler.session->slots[slot].state, SLOT_FREE, memory_order_release);
        /* Next time take this one again: a program that makes many short threads stays in a few pages. */
        atomic_store_explicit(&sampler.session->header.slot_hint, (uint32_t)slot, memory_order_relaxed);
    }
}

static void fill_slot(int index)
{
    struct thread_slot *slot = &sampler.session->slots[index];
    slot->process = (uint32_t)atomic_load(&sampler.process);
    slot->tid = (int32_t)current_tid();
    atomic_store(&slot->chunk, 0);
    slot->started_ns = clock_now_ns(CLOCK_MONOTONIC);
    slot->started_cpu_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
    atomic_store(&slot->cpu_ns, 0);
    atomic_store(&slot->sampled_ns, 0);
    atomic_store(&slot->samples, 0);
    atomic_store(&slot->dropped, 0);
    prctl(PR_GET_NAME, slot->name);
    atomic_store_explicit(&slot->state, SLOT_LIVE, memory_order_release);
}

static bool make_timer(void)
{
    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = sampler.signal_number;
    event.sigev_value.sival_ptr = (void *)(uintptr_t)&tick_magic;
    event._sigev_un._tid = (int)current_tid();
    int timer = 0;
    if (syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0) {
        atomic_fetch_add_explicit(&sampler.session->header.threads_without_timer, 1, memory_order_relaxed);
        return false;
    }
    thread_state.timer = timer;
    thread_state.has_timer = true;
    return true;
}

/* The first expiry is random within the period, or threads shorter than a period would never be seen; and a whole
 * number of kernel ticks, because CPU timers are looked at by the tick only: rounded up by the kernel instead, threads
 * shorter than a tick would be seen far too rarely (5,000 threads of 0.2 ms: 8 % of their time). */
void thread_set_timer(uint64_t period_ns)
{
    thread_state.random = thread_state.random * 1664525u + 1013904223u;
    uint64_t first = (uint64_t)((double)period_ns * (double)(thread_state.random >> 8) / 16777216.0);
    first = first - first % sampler.tick_ns + 1;
    struct itimerspec spec = {
        .it_interval = {.tv_sec = (time_t)(period_ns / 1000000000u), .tv_nsec = (long)(period_ns % 1000000000u)},
        .it_value = {.tv_sec = (time_t)(first / 1000000000u), .tv_nsec = (long)(first % 1000000000u)},
    };
    syscall(SYS_timer_settime, thread_state.timer, 0, &spec, NULL);
}

void thread_drop_timer(void)
{
    if (thread_state.has_timer) {
        thread_state.has_timer = false;
        syscall(SYS_timer_delete, thread_state.timer);
    }
}

static void start_timer(void)
{
    struct session_header *header = &sampler.session->header;
    thread_state.random = current_tid() * 2654435761u ^ (uint32_t)clock_now_ns(CLOCK_MONOTONIC);
    if (!make_timer()) {
        return;
    }
    thread_state.sampling = atomic_load_explicit(&header->on, memory_order_relaxed) == SESSION_ON;
    uint64_t mask = UINT64_C(1) << (sampler.signal_number - 1);
    syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, sizeof mask);
    thread_set_timer(thread_state.sampling ? header->sample_period_ns : header->idle_period_ns);
}

void thread_begin(int slot, uint64_t stack_low, uint64_t stack_high)
{
    int saved = errno;
    thread_state.generation = process_generation();
    thread_state.slot = slot;
    thread_state.stack_low = stack_low;
    thread_state.stack_high = stack_high;
    if (slot != NO_INDEX) {
        fill_slot(slot);
        start_timer();
        atomic_fetch_add_explicit(&sampler.session->processes[atomic_load(&sampler.process)].threads_started, 1,
                                  memory_order_relaxed);
    }
    errno = saved;
}

void thread_end(void)
{
    if (thread_state.generation != process_generation() || !sampler.session) {
        return;
    }
    thread_drop_timer();
    int index = thread_state.slot;
    if (index == NO_INDEX) {
        return;
    }
    thread_state.slot = NO_INDEX;
    struct thread_slot *slot = &sampler.session->slots[index];
    uint64_t cpu_ns = clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
    if (atomic_load(&slot->chunk) == 0) {
        /* Nothing to drain: account for the thread here, so that short threads do not wait for the collector. */
        struct process_block *block = &sampler.session->processes[slot->process % SESSION_PROCESSES];
        atomic_fetch_add_explicit(&block->gone_threads_cpu_ns, cpu_ns - slot->started_cpu_ns, memory_order_relaxed);
        atomic_fetch_add_explicit(&block->gone_threads_sampled_ns, atomic_load(&slot->sampled_ns),
                                  memory_order_relaxed);
        atomic_fetch_add_explicit(&block->gone_threads, 1, memory_order_relaxed);
        thread_release_slot(index);
        return;
    }
    prctl(PR_GET_NAME, slot->name);
    atomic_store(&slot->cpu_ns, cpu_ns);
    atomic_store_explicit(&slot->state, SLOT_ENDED, memory_order_release);
}

/* Timers are not inherited. The child's block and slot are taken at its first tick: most children exec or exit before
 * it. */
void thread_forked(void)
{
    thread_state.generation = process_generation();
    thread_state.slot = NO_INDEX;
    thread_state.has_timer = false;
    thread_state.in_handler = false;
    start_timer();
}

bool thread_attach(void)
{
    if (atomic_load_explicit(&sampler.process, memory_order_acquire) == NO_INDEX && !process_claim_block()) {
        return false;
    }
    int slot = thread_claim_slot();
    if (slot == NO_INDEX) {
        return false;
    }
    fill_slot(slot);
    /* The clock started with the fork, not with this tick. */
    sampler.session->slots[slot].started_cpu_ns = 0;
    thread_state.slot = slot;
    return true;
}
