/* Spans, behind hotline.h: a row of the session's table is claimed by compare-and-swap, written, and published by its state; its
 * end is one more store. No system call, no lock: whoever is killed in the middle leaves a row that the collector takes back. */
#include <errno.h>
#include <string.h>

#include "profiler/hotline.h"
#include "profiler/sampler/withdraw.h"
#include "profiler/session/session_state.h"

#define EXPORT __attribute__((visibility("default")))

enum { WAKE_EVERY = 1024 };

/* A generation of 0: a child that nobody told of its fork takes itself for its parent. */
static bool may_begin(void)
{
    const struct session *session = sampler.session;
    return session && !atomic_load_explicit(&sampler.withdrawn, memory_order_relaxed) &&
           atomic_load_explicit(&session->header.on, memory_order_relaxed) == SESSION_ON && !session_is_over(session) &&
           process_generation() != 0;
}

/* A fresh fork has no block until its first sample, or its first span. A handler that jumps away must not do so from in here. */
static int own_process(void)
{
    int process = atomic_load_explicit(&sampler.process, memory_order_acquire);
    uint64_t all = UINT64_MAX, before;
    if (process == NO_INDEX && withdraw_may_call()) {
        if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all) == 0) {
            (void)process_claim_block();
            syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
        }
        withdraw_has_called();
        process = atomic_load_explicit(&sampler.process, memory_order_acquire);
    }
    return process;
}

static uint32_t next_generation(uint32_t state_word)
{
    uint32_t generation = (state_word >> SPAN_GENERATION_SHIFT) + 1;
    return generation <= SPAN_GENERATION_MASK ? generation : 1;
}

/* ret: the row's index, SESSION_SPANS when none is free: a full table is looked through once per look of the collector's at it.
 * *ret_word: its state word, CLAIMED. */
static uint32_t claim(uint32_t process, uint32_t *ret_word)
{
    struct session_header *header = &sampler.session->header;
    uint32_t hint = atomic_load_explicit(&header->span_hint, memory_order_relaxed);
    uint32_t full = atomic_load_explicit(&header->span_frees, memory_order_acquire) + 1;
    uint32_t most = atomic_load_explicit(&header->span_full, memory_order_relaxed) == full ? 0 : SESSION_SPANS;
    for (uint32_t i = 0; i < most; i++) {
        uint32_t row = (hint + i) % SESSION_SPANS;
        _Atomic uint32_t *state = &sampler.session->span_states[row];
        uint32_t seen = atomic_load_explicit(state, memory_order_relaxed);
        if ((seen & SPAN_STATE_MASK) != SPAN_FREE) {
            continue;
        }
        uint32_t claimed = next_generation(seen) << SPAN_GENERATION_SHIFT | process << SPAN_PROCESS_SHIFT | SPAN_CLAIMED;
        session_raise(&header->span_high, row + 1); /* first: a claim that nobody looks at would outlive a killed process */
        if (atomic_compare_exchange_strong_explicit(state, &seen, claimed, memory_order_acquire, memory_order_relaxed)) {
            atomic_store_explicit(&header->span_hint, row + 1, memory_order_relaxed);
            *ret_word = claimed;
            return row;
        }
    }
    atomic_store_explicit(&header->span_full, full, memory_order_relaxed);
    return SESSION_SPANS;
}

static void copy_text(char *ret, size_t ret_bytes, const char *text)
{
    size_t length = text ? strnlen(text, ret_bytes - 1) : 0;
    memcpy(ret, text ? text : "", length);
    ret[length] = '\0';
}

EXPORT uint32_t hotline_api_span_begin(const char *name, const char *method, const char *path, const char *request_id)
{
    if (!may_begin()) {
        return 0;
    }
    int saved = errno;
    struct session *session = sampler.session;
    int process = own_process();
    uint32_t claimed, index = process == NO_INDEX ? SESSION_SPANS : claim((uint32_t)process, &claimed);
    if (index == SESSION_SPANS) {
        atomic_fetch_add_explicit(&session->header.spans_lost, 1, memory_order_relaxed);
        session_wake_drain(session);
        errno = saved;
        return 0;
    }
    struct span_row *row = &session->spans[index];
    bool is_known = thread_state.generation == process_generation(), has_slot = is_known && thread_state.slot != NO_INDEX;
    row->end_ns = 0;
    row->tag_set = (uint32_t)thread_state.context;
    row->slot = has_slot ? thread_state.slot : SPAN_NO_SLOT;
    row->thread_serial = has_slot ? atomic_load_explicit(&session->slots[thread_state.slot].serial, memory_order_relaxed) : 0;
    row->tid = is_known ? (int32_t)thread_state.tid : 0;
    copy_text(row->text.name, sizeof row->text.name, name);
    copy_text(row->text.method, sizeof row->text.method, method);
    copy_text(row->text.path, sizeof row->text.path, path);
    copy_text(row->text.request_id, sizeof row->text.request_id, request_id);
    row->begin_ns = clock_now_ns(CLOCK_MONOTONIC);
    atomic_store_explicit(&session->span_states[index], claimed - SPAN_CLAIMED + SPAN_LIVE, memory_order_release);
    uint32_t span = span_word_of(claimed, index);
    thread_state.context = (uint64_t)span << 32 | (uint32_t)thread_state.context;
    if (index % WAKE_EVERY == WAKE_EVERY - 1) {
        session_wake_drain(session);
    }
    errno = saved;
    return span;
}

/* In a forked child nothing is ended: the span is its parent's, who ends it. */
static void end(struct session *session, uint32_t span, bool is_in_it)
{
    uint32_t index = span & (SESSION_SPANS - 1), process = (uint32_t)atomic_load(&sampler.process);
    uint32_t live = span >> SPAN_ROW_BITS << SPAN_GENERATION_SHIFT | (process & SPAN_PROCESS_MASK) << SPAN_PROCESS_SHIFT | SPAN_LIVE;
    _Atomic uint32_t *state = &session->span_states[index];
    if (process == (uint32_t)NO_INDEX || process_generation() == 0 || atomic_load_explicit(state, memory_order_relaxed) != live) {
        return;
    }
    struct span_row *row = &session->spans[index];
    if (is_in_it) {
        row->tag_set = (uint32_t)thread_state.context;
    }
    /* The clock may be a system call: where a filter forbids those, the collector's own look at the row has to do. */
    row->end_ns = atomic_load(&sampler.withdrawn) ? 0 : clock_now_ns(CLOCK_MONOTONIC);
    atomic_compare_exchange_strong_explicit(state, &live, live - SPAN_LIVE + SPAN_ENDED, memory_order_release, memory_order_relaxed);
}

EXPORT void hotline_api_span_end(uint32_t span, uint64_t before)
{
    bool is_in_it = (uint32_t)(thread_state.context >> 32) == span;
    if (sampler.session) {
        int saved = errno;
        end(sampler.session, span, is_in_it);
        errno = saved;
    }
    if (is_in_it) {
        thread_state.context = before;
    }
}
