/* [S] Registers, stack and tables -> program counters. Context: signal handler; no call but memcpy and memset, about 1 KiB of stack. */
#include "profiler/unwind/unwind_step.h"

const char *unwind_stop_text(enum unwind_stop stop)
{
    static const char *const text[UNWIND_STOP_COUNT] = {
        [UNWIND_STOP_COMPLETE] = "complete",
        [UNWIND_STOP_DEPTH] = "deeper than the limit",
        [UNWIND_STOP_UNKNOWN_MODULE] = "code in no known module",
        [UNWIND_STOP_NO_INFORMATION] = "code without call frame information",
        [UNWIND_STOP_BAD_INFORMATION] = "call frame information not understood",
        [UNWIND_STOP_STACK_RANGE] = "stack ran out",
        [UNWIND_STOP_MISALIGNED] = "misaligned frame",
        [UNWIND_STOP_NO_STACK] = "stack pointer outside the thread's stack",
    };
    return (unsigned)stop < UNWIND_STOP_COUNT ? text[stop] : "unknown";
}

/* Processors without tables: the chain of frame pointers, which ends in a zero. */
static unsigned frame_pointer_step(const struct unwind_walker *walker, struct unwind_frame *frame)
{
    uint64_t saved, return_address, rbp = frame->rbp;
    if (rbp == 0)
        return UNWIND_STOP_COMPLETE;
    if (rbp % sizeof(uint64_t) != 0)
        return UNWIND_STOP_MISALIGNED;
    if (rbp < frame->sp || !unwind_stack_word(walker, rbp, &saved) || !unwind_stack_word(walker, rbp + 8, &return_address))
        return UNWIND_STOP_STACK_RANGE;
    return_address = unwind_return_address(return_address);
    if (return_address == 0)
        return UNWIND_STOP_COMPLETE;
    *frame = (struct unwind_frame){.look = return_address - 1, .sp = rbp + 16, .rbp = saved, .rbx = frame->rbx};
    return UNWIND_GO_ON;
}

/* One frame up by `row`. A row of interrupted code is believed only if it leads behind a call, unless there is nothing better. */
static unsigned step_checked(struct unwind_walker *walker, struct unwind_row row, struct unwind_frame *frame)
{
    struct unwind_frame before = *frame;
    unsigned stop = unwind_step(walker, row, frame);
    if (!before.exact || row.kind != UNWIND_RSP || (stop != UNWIND_GO_ON && stop != UNWIND_STOP_COMPLETE))
        return stop;
    if (stop == UNWIND_GO_ON && unwind_plausible(walker, frame->look + 1))
        return stop;
    if (!unwind_recover(walker, &before))
        return stop;
    *frame = before;
    return UNWIND_GO_ON;
}

/* One frame up, in whatever way there is. *searches counts how often the way had to be searched for. */
static unsigned caller_of(struct unwind_walker *walker, struct unwind_frame *frame, unsigned *searches)
{
    enum { SEARCHES_MAX = 3 }; /* each may take 40 us */
    struct unwind_row row;
    if (!UNWIND_HAS_TABLES)
        return frame_pointer_step(walker, frame);
    unsigned stop = unwind_row_find(walker, frame->look, &row);
    if (stop == UNWIND_GO_ON)
        return step_checked(walker, row, frame);
    if (stop != UNWIND_STOP_NO_INFORMATION)
        return stop;
    /* The search of an earlier frame went on to the end of the stack with plain hops: so does the walk. */
    if (*searches > 0 && unwind_hop(walker, frame))
        return UNWIND_GO_ON;
    return ++*searches <= SEARCHES_MAX && unwind_fallback(walker, frame) ? UNWIND_GO_ON : UNWIND_STOP_NO_INFORMATION;
}

unsigned unwind_walk(const struct unwind_space *space, const struct unwind_registers *registers, const struct unwind_stack *stack,
                     struct unwind_cache *cache, uint64_t *pcs, unsigned max_depth, enum unwind_stop *ret_stop)
{
    struct unwind_walker walker;
    struct unwind_frame frame;
    unsigned depth = 1, searches = 0;
    pcs[0] = registers->value[UNWIND_RIP_NUMBER];
    if (!unwind_walker_start(&walker, space, registers, stack, cache, &frame)) {
        *ret_stop = UNWIND_STOP_NO_STACK;
        return depth;
    }
    for (;;) {
        unsigned stop = caller_of(&walker, &frame, &searches);
        if (stop == UNWIND_GO_ON && depth == max_depth)
            stop = UNWIND_STOP_DEPTH;
        if (stop != UNWIND_GO_ON) {
            *ret_stop = (enum unwind_stop)stop;
            return depth;
        }
        pcs[depth++] = frame.look;
    }
}
