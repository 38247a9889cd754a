/* [S] Threads: each has a slot in the session while it lives, and something that makes its ticks (trigger.h). */
#include "profiler/sampler/sampler.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "profiler/sampler/trigger.h"
#include "profiler/sampler/withdraw.h"
#include "profiler/session/session_state.h"

enum { MISSED_LEAST_NS = 50000000 }; /* a thread with so much CPU time and no sample is to be named in the report */

int thread_claim_slot(void)
{
    struct session_header *header = &sampler.session->header;
    uint32_t hint = atomic_load_explicit(&header->slot_hint, memory_order_relaxed);
    uint32_t claimed = SLOT_CLAIMED | (uint32_t)atomic_load(&sampler.process) << CLAIM_OWNER_SHIFT;
    for (uint32_t i = 0; i < SESSION_SLOTS; i++) {
        uint32_t index = (hint + i) % SESSION_SLOTS;
        struct thread_slot *slot = &sampler.session->slots[index];
        uint32_t state = SLOT_FREE;
        if (atomic_load_explicit(&slot->state, memory_order_relaxed) != SLOT_FREE) {
            continue;
        }
        session_raise(&header->slot_high, index + 1); /* first: a claim that nobody looks at would outlive a killed process */
        if (atomic_compare_exchange_strong(&slot->state, &state, claimed)) {
            atomic_store_explicit(&header->slot_hint, index + 1, memory_order_relaxed);
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

static void fill_slot(int index, uint64_t started_cpu_ns)
{
    struct thread_slot *slot = &sampler.session->slots[index];
    __atomic_store_n(&slot->process, (uint32_t)atomic_load(&sampler.process), __ATOMIC_RELAXED);
    slot->tid = (int32_t)thread_state.tid;
    atomic_store(&slot->chunk, 0);
    slot->started_ns = clock_now_ns(CLOCK_MONOTONIC);
    slot->started_cpu_ns = started_cpu_ns;
    atomic_store(&slot->cpu_ns, 0);
    atomic_store(&slot->sampled_ns, 0);
    atomic_store(&slot->samples, 0);
    atomic_store(&slot->dropped, 0);
    memset(slot->name, 0, sizeof slot->name); /* asked for at the first sample: few threads have one, and names come later */
    atomic_store_explicit(&slot->state, SLOT_LIVE, memory_order_release);
}

void thread_begin(int slot, uint64_t started_cpu_ns, uint64_t stack_low, uint64_t stack_high)
{
    if (!withdraw_may_call()) { /* a filter has come since the thread was created */
        thread_release_slot(slot);
        return;
    }
    int saved = errno;
    thread_state.tid = current_tid();
    thread_state.generation = process_generation();
    thread_state.slot = slot;
    thread_state.stack_low = stack_low;
    thread_state.stack_high = stack_high;
    if (slot != NO_INDEX) {
        fill_slot(slot, started_cpu_ns);
        trigger_start_new();
    }
    errno = saved;
    withdraw_has_called();
}

/* Neither sampled nor alive for so long that the report is to name it: its CPU clock, a system call, need not be asked. */
static bool is_negligible(const struct thread_slot *slot)
{
    return atomic_load(&slot->chunk) == 0 && clock_now_ns(CLOCK_MONOTONIC) - slot->started_ns < MISSED_LEAST_NS;
}

static void end_sampling(void)
{
    trigger_stop();
    int index = thread_state.slot;
    if (index == NO_INDEX) {
        return;
    }
    struct thread_slot *slot = &sampler.session->slots[index];
    uint64_t cpu_ns = is_negligible(slot) ? slot->started_cpu_ns : clock_now_ns(CLOCK_THREAD_CPUTIME_ID);
    if (atomic_load(&slot->samples) == 0 && cpu_ns - slot->started_cpu_ns > MISSED_LEAST_NS) {
        handler_leave_chunk(slot);
    }
    thread_state.slot = NO_INDEX; /* not before: a chunk is taken for the slot */
    if (atomic_load(&slot->chunk) == 0) { /* nothing to drain: short threads do not wait for the collector */
        thread_release_slot(index);
        return;
    }
    prctl(PR_GET_NAME, slot->name);
    atomic_store(&slot->cpu_ns, cpu_ns);
    atomic_store_explicit(&slot->state, SLOT_ENDED, memory_order_release);
}

void thread_end(void)
{
    if (thread_state.generation == process_generation() && sampler.session && withdraw_may_call()) {
        end_sampling();
        withdraw_has_called();
    }
}

/* Timers are not inherited. The child's block and slot are taken at its first tick: most children exec or exit before
 * it. */
void thread_forked(void)
{
    thread_state.generation = process_generation();
    thread_state.tid = current_tid();
    thread_state.slot = NO_INDEX;
    thread_state.has_timer = false;
    thread_state.in_handler = false;
    thread_state.exec_pending = false;
    thread_state.perf = (struct perf_trigger){0}; /* events are not inherited, nor is the page that kept this one */
    trigger_start(true);
}

/* A tick that is still to come when the program has been replaced would end it: the new image has no handler yet. (The
 * kernel takes a timer's own signals back, but not a perf event's.) */
void thread_before_exec(void)
{
    if (sampler.session && thread_state.has_timer && thread_state.generation == process_generation() && withdraw_may_call()) {
        if (thread_state.tid == current_tid()) {
            trigger_stop();
            thread_state.exec_pending = true;
        }
        withdraw_has_called();
    }
}

void thread_exec_failed(void)
{
    if (thread_state.exec_pending && withdraw_may_call()) {
        if (thread_state.tid == current_tid()) {
            int saved = errno;
            thread_state.exec_pending = false;
            trigger_start(false);
            errno = saved;
        }
        withdraw_has_called();
    }
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
    fill_slot(slot, 0); /* the clock started with the fork, not with this tick */
    thread_state.slot = slot;
    return true;
}
