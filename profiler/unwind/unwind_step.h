/* [S] One frame -> its caller's frame. Context: signal handler. Internal to unwind/: the interface is unwind_walk.h. */
#ifndef HOTLINE_UNWIND_STEP_H
#define HOTLINE_UNWIND_STEP_H

#include "profiler/unwind/unwind_arch.h"

enum { UNWIND_GO_ON = UNWIND_STOP_COUNT }; /* beside enum unwind_stop: there is a caller */

struct unwind_frame {
    uint64_t look; /* where to look the frame up: the pc of an interrupted frame, else the return address - 1 */
    uint64_t sp, rbp, rbx;
    bool exact; /* interrupted, not calling */
};

/* What stays the same over one walk, or only changes at signal frames. */
struct unwind_walker {
    const struct unwind_space *space;
    const struct unwind_stack *stack;
    struct unwind_cache *cache;             /* may be NULL */
    const struct unwind_registers *general; /* of the innermost frame, or of the frame a signal interrupted: */
    struct unwind_registers interrupted;
    uint64_t floor, last;   /* words that can be read start at floor <= a <= last */
    const uint8_t *bytes;   /* of the stack, moved: address a stands at bytes + a - floor */
    bool leads_to_own;      /* on the alternate stack still: a signal frame may lead to the thread's own */
    const struct unwind_module *module; /* the last one whose table was opened: */
    struct unwind_table table;
};

/* Prepare a walk from `registers`. false when the stack pointer is not on the stack. */
bool unwind_walker_start(struct unwind_walker *walker, const struct unwind_space *space, const struct unwind_registers *registers,
                         const struct unwind_stack *stack, struct unwind_cache *cache, struct unwind_frame *ret);

/* The module that holds address `a`, NULL when none. */
const struct unwind_module *unwind_module_find(const struct unwind_space *space, uint64_t a);

/* Make walker->module and walker->table those of address `a`. UNWIND_GO_ON, UNKNOWN_MODULE, or NO_INFORMATION (no table). */
unsigned unwind_module_open(struct unwind_walker *walker, uint64_t a);

/* The row for frame->look. UNWIND_GO_ON: *ret_row is valid. UNKNOWN_MODULE; NO_INFORMATION. */
unsigned unwind_row_find(struct unwind_walker *walker, uint64_t look, struct unwind_row *ret_row);

/* Replace *frame by its caller, as `row` says. UNWIND_GO_ON, or why there is none; then *frame is unchanged. */
unsigned unwind_step(struct unwind_walker *walker, struct unwind_row row, struct unwind_frame *frame);

/* Replace *frame, in code without call frame information, by its caller: the search that unwind_walk.h describes. false: none. */
bool unwind_fallback(struct unwind_walker *walker, struct unwind_frame *frame);

/* *frame was interrupted, and by its row its caller is at `return_address`: can that be? (Hand-written code may push without saying
 * so; glibc's multi-precision functions, under printf and strtod, do.) */
bool unwind_plausible(struct unwind_walker *walker, uint64_t return_address);

/* Replace *frame, whose row is wrong, by its caller, when there is strong evidence for one. */
bool unwind_recover(struct unwind_walker *walker, struct unwind_frame *frame);

/* Replace *frame by what the frame pointer says, when that looks like a frame. */
bool unwind_hop(struct unwind_walker *walker, struct unwind_frame *frame);

/* The word at address `a` of the stack. */
static inline bool unwind_stack_word(const struct unwind_walker *walker, uint64_t a, uint64_t *ret)
{
    if (a < walker->floor || a > walker->last)
        return false;
    memcpy(ret, walker->bytes + (a - walker->floor), sizeof *ret);
    return true;
}

#endif
