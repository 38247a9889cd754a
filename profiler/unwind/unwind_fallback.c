/* [S] The caller of code without call frame information (hand-written SIMD, as in libjpeg-turbo).
 * Context: signal handler. Guesses, in the order of how seldom they are wrong; each must stand behind a call instruction, and
 * unwinding from it must reach the end of the stack, which a stale address hardly ever does. Bounded: no recursion, and all trials of
 * one search together take at most TRIAL_FRAMES steps (about 40 us). */
#include "profiler/unwind/unwind_step.h"

enum {
    CHAIN_HOPS = 2,      /* an aligned SIMD frame has rbp -> copy of the old rsp -> saved rbp */
    NEAR_WORDS = 8,      /* where a prologue has just pushed rbp */
    SCAN_WORDS = 160,
    TRIAL_FRAMES = 1024, /* steps for all trials of one search */
    TRIAL_ENOUGH = 128,  /* frames after which a trial that is still going is believed: deep recursion */
    TRIAL_CUT = 3,       /* likewise when the copy of the stack ends */
};

/* The code bytes first <= a < last, NULL when they cannot be read. Live code is read only where a table says that there is code. */
static const uint8_t *code_bytes(struct unwind_walker *walker, uint64_t first, uint64_t last)
{
    if (unwind_module_open(walker, first) != UNWIND_GO_ON || last > walker->module->end)
        return NULL;
    uint64_t pc = first - walker->module->bias;
    if (walker->space->code) {
        const struct unwind_code *code = &walker->space->code[walker->module - walker->space->modules];
        bool inside = pc >= code->first && pc <= code->last && last - first <= code->last - pc;
        return inside ? code->bytes + (pc - code->first) : NULL;
    }
    /* A bucket never begins on a page before its code. */
    if (pc < walker->table.first_pc || (walker->space->is_loaded && !walker->space->is_loaded(first)))
        return NULL;
    return (const uint8_t *)(uintptr_t)first; // NOLINT(performance-no-int-to-ptr)
}

/* Does a call instruction end at `a`, in code that has call frame information? */
static bool is_return_address(struct unwind_walker *walker, uint64_t a)
{
    const struct unwind_module *modules = walker->space->modules;
    struct unwind_row row;
    if (walker->space->module_count == 0 || a <= modules[0].start + UNWIND_CALL_BYTES ||
        a > modules[walker->space->module_count - 1].end)
        return false; /* most words of a stack */
    if (unwind_row_find(walker, a - 1, &row) != UNWIND_GO_ON || row.kind == UNWIND_PLT)
        return false;
    const uint8_t *before = code_bytes(walker, a - UNWIND_CALL_BYTES, a);
    if (!before)
        return false;
    unsigned bytes = unwind_call_bytes(before);
    if (bytes != 5 || before[UNWIND_CALL_BYTES - 5] != 0xe8)
        return bytes != 0;
    /* A direct call goes to code of its own module. */
    uint64_t target = unwind_call_target(before + UNWIND_CALL_BYTES - 5, a);
    return target >= walker->module->start && target < walker->module->end;
}

bool unwind_hop(struct unwind_walker *walker, struct unwind_frame *frame)
{
    uint64_t rbp = frame->rbp, saved, return_address;
    if (rbp < frame->sp || rbp % sizeof(uint64_t) != 0 || !unwind_stack_word(walker, rbp, &saved) ||
        !unwind_stack_word(walker, rbp + 8, &return_address))
        return false;
    const struct unwind_module *module = unwind_module_find(walker->space, return_address - 1);
    if (!module)
        return false;
    /* In a module without any table nothing tells where code is: there the chain has to be believed. */
    if (unwind_module_open(walker, return_address - 1) == UNWIND_GO_ON) {
        struct unwind_row row;
        bool bare = unwind_row_find(walker, return_address - 1, &row) != UNWIND_GO_ON;
        if (!bare && !is_return_address(walker, return_address))
            return false;
    }
    *frame = (struct unwind_frame){.look = return_address - 1, .sp = rbp + 16, .rbp = saved, .rbx = frame->rbx};
    return true;
}

/* Does unwinding from `frame` reach the end? Takes its steps from *budget. */
static bool reaches_end(const struct unwind_walker *walker, struct unwind_frame frame, unsigned *budget)
{
    struct unwind_walker trial = *walker; /* a signal frame on the way changes it */
    for (unsigned depth = 0; *budget > 0; depth++, --*budget) {
        if (depth == TRIAL_ENOUGH)
            return true;
        struct unwind_row row;
        unsigned stop = unwind_row_find(&trial, frame.look, &row);
        if (stop == UNWIND_GO_ON)
            stop = unwind_step(&trial, row, &frame);
        else if (stop == UNWIND_STOP_NO_INFORMATION && unwind_hop(&trial, &frame))
            stop = UNWIND_GO_ON;
        if (stop == UNWIND_STOP_COMPLETE)
            return true;
        if (stop == UNWIND_STOP_STACK_RANGE && walker->stack->cut)
            return depth >= TRIAL_CUT;
        if (stop != UNWIND_GO_ON)
            return false;
    }
    return false;
}

/* The return address of the wanted caller stands at `slot`, its rbp is `rbp`: true when that holds; then *frame is the caller. */
static bool try_slot(struct unwind_walker *walker, uint64_t slot, uint64_t rbp, unsigned *budget, struct unwind_frame *frame)
{
    uint64_t return_address;
    if (slot < frame->sp || !unwind_stack_word(walker, slot, &return_address) || !is_return_address(walker, return_address))
        return false;
    struct unwind_frame caller = {.look = return_address - 1, .sp = slot + 8, .rbp = rbp, .rbx = frame->rbx};
    if (!reaches_end(walker, caller, budget))
        return false;
    *frame = caller;
    return true;
}

/* At the first instruction of a function and at its last, the return address is on top. */
static bool try_edges(struct unwind_walker *walker, uint64_t sp, unsigned *budget, struct unwind_frame *frame)
{
    enum { PUSH_RBP = 0x55, RET = 0xc3 };
    static const uint8_t endbr64[4] = {0xf3, 0x0f, 0x1e, 0xfa};
    const uint8_t *code = frame->exact ? code_bytes(walker, frame->look, frame->look + 1) : NULL;
    if (!code)
        return false;
    bool edge = code[0] == PUSH_RBP || code[0] == RET;
    if (code[0] == endbr64[0]) {
        code = code_bytes(walker, frame->look, frame->look + sizeof endbr64);
        edge = code && memcmp(code, endbr64, sizeof endbr64) == 0;
    }
    return edge && try_slot(walker, sp, frame->rbp, budget, frame);
}

bool unwind_fallback(struct unwind_walker *walker, struct unwind_frame *frame)
{
    unsigned budget = TRIAL_FRAMES;
    uint64_t sp = (frame->sp + 7) & ~UINT64_C(7), word = 0, below = 0;
    if (try_edges(walker, sp, &budget, frame))
        return true;
    /* Near the top: rbp was just pushed and still has its value. */
    for (unsigned i = 0; i < NEAR_WORDS && unwind_stack_word(walker, sp + 8u * i, &word); i++)
        if (word == frame->rbp && try_slot(walker, sp + 8u * (i + 1), frame->rbp, &budget, frame))
            return true;
    struct unwind_frame caller = *frame;
    for (unsigned hop = 0; hop < CHAIN_HOPS; hop++) {
        uint64_t rbp = caller.rbp;
        if (unwind_hop(walker, &caller) && reaches_end(walker, caller, &budget)) {
            *frame = caller;
            return true;
        }
        caller = *frame;
        if (rbp < frame->sp || rbp % sizeof(uint64_t) != 0 || !unwind_stack_word(walker, rbp, &caller.rbp))
            break;
    }
    for (unsigned i = 0; i < SCAN_WORDS && unwind_stack_word(walker, sp + 8u * i, &word); i++) {
        if (try_slot(walker, sp + 8u * i, frame->rbp, &budget, frame) ||
            (i > 0 && try_slot(walker, sp + 8u * i, below, &budget, frame)))
            return true;
        below = word;
    }
    return false;
}
