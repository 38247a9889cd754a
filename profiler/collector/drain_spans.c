/* See drain_spans.h. */
#include "profiler/collector/drain_spans.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { NO_HINT = UINT32_MAX };

bool drain_spans_init(struct drain_spans *ret, struct session_owner *owner, struct processes *processes, struct thread_table *threads,
                      struct aggregate *aggregate, uint64_t started_ns, uint64_t slower_than_ns)
{
    ret->owner = owner;
    ret->processes = processes;
    ret->threads = threads;
    ret->started_ns = started_ns;
    ret->ended_count = 0;
    return span_table_init(&ret->table, aggregate, slower_than_ns);
}

void drain_spans_deinit(struct drain_spans *spans)
{
    span_table_deinit(&spans->table);
}

static uint32_t state_of(const struct drain_spans *spans, uint32_t row)
{
    return atomic_load_explicit(&spans->owner->session->span_states[row], memory_order_acquire);
}

static uint32_t high_of(const struct drain_spans *spans)
{
    uint32_t high = atomic_load(&spans->owner->session->header.span_high);
    return high < SESSION_SPANS ? high : SESSION_SPANS;
}

/* The view of the process that began the span; NULL: not met yet. */
static const struct process_view *process_of(const struct drain_spans *spans, uint32_t state)
{
    uint32_t process = state >> SPAN_PROCESS_SHIFT & SPAN_PROCESS_MASK;
    const struct process_view *view = &spans->processes->views[process];
    return view->known && view->joined_ns == spans->owner->session->processes[process].joined_ns ? view : NULL;
}

void drain_spans_note(struct drain_spans *spans)
{
    uint32_t high = high_of(spans);
    spans->ended_count = 0;
    for (uint32_t row = 0; row < high; row++) {
        uint32_t state = state_of(spans, row);
        if ((state & SPAN_STATE_MASK) == SPAN_FREE) {
            continue;
        }
        /* Samples of a process that is not known yet are still in its rings. */
        const struct process_view *view = process_of(spans, state);
        if (view && ((state & SPAN_STATE_MASK) == SPAN_ENDED || view->dead)) {
            spans->ended[spans->ended_count].row = row;
            spans->ended[spans->ended_count++].word = state;
        }
    }
}

static void end_text(char *text, size_t bytes)
{
    text[bytes - 1] = '\0';
}

/* Only for those that are shown: else a thread per request would fill the table of threads. */
static uint32_t thread_of(const struct drain_spans *spans, uint32_t row_index, const struct process_view *view)
{
    struct span_row row;
    memcpy(&row, &spans->owner->session->spans[row_index], offsetof(struct span_row, text));
    if (row.slot >= 0 && row.slot < SESSION_SLOTS) {
        uint32_t slot = (uint32_t)row.slot;
        const struct thread_slot *held = &spans->owner->session->slots[slot];
        if (thread_table_knows(spans->threads, slot, row.thread_serial, view->joined_ns) ||
            (atomic_load_explicit(&held->state, memory_order_acquire) == SLOT_LIVE && atomic_load(&held->serial) == row.thread_serial)) {
            return thread_table_find(spans->threads, slot, row.thread_serial, held, view->pid, view->joined_ns);
        }
    }
    return thread_table_find_gone(spans->threads, row.tid, view->pid, view->joined_ns);
}

static void copy_row(const struct drain_spans *spans, uint32_t index, uint32_t state, uint64_t now_ns, struct span_facts *ret)
{
    struct span_row row;
    memcpy(&row, &spans->owner->session->spans[index], sizeof row);
    bool ended = (state & SPAN_STATE_MASK) == SPAN_ENDED;
    uint64_t end_ns = ended && row.end_ns && row.end_ns < now_ns ? row.end_ns : now_ns;
    end_ns = end_ns > spans->started_ns ? end_ns : spans->started_ns;
    uint64_t begin_ns = row.begin_ns > spans->started_ns ? row.begin_ns : spans->started_ns;
    *ret = (struct span_facts){.begin_ns = begin_ns < end_ns ? begin_ns : end_ns, .row = index, .running = !ended, .text = row.text};
    ret->wall_ns = end_ns - ret->begin_ns;
    /* A row is used once in a microsecond at most: between two uses stands a look at the table. */
    ret->id = ((ret->begin_ns - spans->started_ns) / 1000 + 1) << SPAN_ROW_BITS | index;
    bool tagged = row.tag_set < SESSION_TAG_SETS &&
                  atomic_load_explicit(&spans->owner->session->tag_sets[row.tag_set].state, memory_order_acquire) == TAG_SET_READY;
    ret->tag_set = tagged ? row.tag_set : 0;
    end_text(ret->text.name, sizeof ret->text.name);
    end_text(ret->text.method, sizeof ret->text.method);
    end_text(ret->text.path, sizeof ret->text.path);
    end_text(ret->text.request_id, sizeof ret->text.request_id);
}

static void end(struct drain_spans *spans, uint32_t row, uint32_t state, uint64_t now_ns)
{
    struct span_facts facts;
    copy_row(spans, row, state, now_ns, &facts);
    uint32_t number = span_table_end(&spans->table, span_word_of(state, row), &facts);
    const struct process_view *view = number ? process_of(spans, state) : NULL;
    if (view) {
        spans->table.spans[number].facts.thread = thread_of(spans, row, view);
    }
}

void drain_spans_end(struct drain_spans *spans, uint64_t now_ns)
{
    uint32_t hint = NO_HINT;
    for (uint32_t i = 0; i < spans->ended_count; i++) {
        uint32_t row = spans->ended[i].row, state = spans->ended[i].word;
        if ((state & SPAN_STATE_MASK) != SPAN_CLAIMED) { /* else killed while it was written: nothing to show */
            end(spans, row, state, now_ns);
        }
        uint32_t generation = state >> SPAN_GENERATION_SHIFT << SPAN_GENERATION_SHIFT;
        atomic_store_explicit(&spans->owner->session->span_states[row], generation | SPAN_FREE, memory_order_release);
        hint = row < hint ? row : hint;
    }
    spans->ended_count = 0;
    if (hint != NO_HINT) {
        atomic_store_explicit(&spans->owner->session->header.span_hint, hint, memory_order_relaxed);
        atomic_fetch_add_explicit(&spans->owner->session->header.span_frees, 1, memory_order_release);
    }
}

uint32_t drain_spans_number(struct drain_spans *spans, uint64_t context)
{
    uint32_t word = (uint32_t)(context >> 32), row = word & (SESSION_SPANS - 1);
    if (word == 0) {
        return 0;
    }
    uint32_t state = state_of(spans, row), phase = state & SPAN_STATE_MASK;
    bool is_there = (phase == SPAN_LIVE || phase == SPAN_ENDED) && span_word_of(state, row) == word;
    return is_there ? span_table_meet(&spans->table, row, word) : span_table_number(&spans->table, row, word);
}

static int compare_begins(const void *left, const void *right)
{
    const struct live_row *a = left, *b = right;
    return a->begin_ns < b->begin_ns ? -1 : a->begin_ns > b->begin_ns;
}

uint32_t drain_spans_running(struct drain_spans *spans, uint64_t now_ns, struct running_span *ret, uint32_t most)
{
    uint32_t high = high_of(spans), live = 0, count = 0;
    for (uint32_t row = 0; row < high; row++) {
        uint32_t state = state_of(spans, row);
        if ((state & SPAN_STATE_MASK) == SPAN_LIVE && process_of(spans, state)) {
            spans->live[live++] = (struct live_row){.begin_ns = spans->owner->session->spans[row].begin_ns, .row = row};
        }
    }
    qsort(spans->live, live, sizeof spans->live[0], compare_begins);
    for (uint32_t i = 0; i < live && count < most; i++) {
        uint32_t row = spans->live[i].row, state = state_of(spans, row);
        const struct process_view *view = process_of(spans, state);
        struct running_span *span = &ret[count];
        copy_row(spans, row, state, now_ns, &span->facts);
        if ((state & SPAN_STATE_MASK) == SPAN_LIVE && state_of(spans, row) == state && view &&
            span->facts.wall_ns >= spans->table.slower_than_ns) {
            span->number = span_table_number(&spans->table, row, span_word_of(state, row));
            span->facts.thread = thread_of(spans, row, view);
            count++;
        }
    }
    return count;
}
