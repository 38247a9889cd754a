/* [S] The caller of code without call frame information (hand-written SIMD, as in libjpeg-turbo), or with wrong information.
 * Context: signal handler. Guesses, in the order of how seldom they are wrong; each must stand behind a call instruction, and
 * unwinding from it must reach the end of the stack, which a stale address hardly ever does. Bounded: no recursion, and all trials of
 * one search together take at most TRIAL_FRAMES steps (about 40 us). */
#include "profiler/unwind/unwind_step.h"

enum {
    CHAIN_HOPS = 2,      /* an aligned SIMD frame has rbp -> copy of the old rsp -> saved rbp */
    PROLOGUE_BYTES = 4096, /* how far back the prologue of a function is looked for */
    NEAR_WORDS = 8,      /* where a prologue has just pushed registers */
    NEAR_BYTES = 32 * 1024, /* a call to at most so far below the pc may have called the function that holds the pc */
    RBP_WORDS = 6,       /* callee-saved registers: how far below the return address rbp may have been pushed */
    SCAN_WORDS = 160,
    TRIAL_FRAMES = 1024, /* steps for all trials of one search */
    TRIAL_ENOUGH = 128,  /* frames after which a trial that is still going is believed: deep recursion */
    TRIAL_CUT = 3,       /* likewise when the copy of the stack ends */
};

/* The code bytes first <= a < last, NULL when they cannot be read. Live code is read only where its table says that code is. */
static const uint8_t *code_bytes(struct unwind_walker *walker, uint64_t first, uint64_t last)
{
    if (unwind_module_open(walker, first) != UNWIND_GO_ON)
        return NULL;
    const struct unwind_code *code = walker->space->code ? &walker->space->code[walker->module - walker->space->modules] : NULL;
    uint64_t pc = first - walker->module->bias, bytes = last - first;
    uint64_t code_first = code ? code->first : walker->table.code_first, code_last = code ? code->last : walker->table.code_last;
    if (pc < code_first || pc > code_last || bytes > code_last - pc)
        return NULL;
    if (code)
        return code->bytes + (pc - code_first);
    if (walker->space->is_loaded && !walker->space->is_loaded(first))
        return NULL;
    return (const uint8_t *)(uintptr_t)first; // NOLINT(performance-no-int-to-ptr)
}

/* How well a stack word `a` stands for a return address of the code at `pc`, which is in the module `own`. */
enum evidence {
    EVIDENCE_NONE,  /* it does not lie behind a call */
    EVIDENCE_WEAK,  /* behind a call that goes elsewhere: a stale word, unless the callee ended in a jump to here */
    EVIDENCE_BARE,  /* behind a call in bytes that may be bare code, or no code at all */
    EVIDENCE_CALL,  /* behind a call that may have gone anywhere */
    EVIDENCE_HERE,  /* behind a direct call to not far below pc */
};

/* Is the code at `a` a jump through a pointer in memory, as in a PLT? */
static bool is_jump_stub(struct unwind_walker *walker, uint64_t a)
{
    static const uint8_t stub[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25}; /* endbr64; bnd jmp *x(%rip) */
    const uint8_t *code = code_bytes(walker, a, a + sizeof stub);
    if (!code)
        return false;
    if (memcmp(code, stub, 4) == 0)
        code += 4;
    code += *code == stub[4];
    return code[0] == stub[5] && code[1] == stub[6];
}

static enum evidence evidence_of(struct unwind_walker *walker, uint64_t a, uint64_t pc)
{
    const struct unwind_module *modules = walker->space->modules;
    struct unwind_row row;
    if (walker->space->module_count == 0 || a <= modules[0].start + UNWIND_CALL_BYTES ||
        a > modules[walker->space->module_count - 1].end)
        return EVIDENCE_NONE; /* most words of a stack */
    unsigned found = unwind_row_find(walker, a - 1, &row);
    bool bare = found == UNWIND_STOP_NO_INFORMATION; /* code too, perhaps */
    if ((found != UNWIND_GO_ON && !bare) || (found == UNWIND_GO_ON && row.kind == UNWIND_PLT))
        return EVIDENCE_NONE;
    const uint8_t *before = code_bytes(walker, a - UNWIND_CALL_BYTES, a);
    if (!before)
        return EVIDENCE_NONE;
    const uint8_t *direct = before + UNWIND_CALL_BYTES - 5;
    uint64_t start = walker->module->start, end = walker->module->end;
    uint64_t target = *direct == 0xe8 ? unwind_call_target(direct, a) : 0;
    bool direct_call = target >= start && target < end; /* those go to the own module only */
    if (direct_call && target <= pc && pc - target < NEAR_BYTES)
        return EVIDENCE_HERE;
    if (!direct_call && !unwind_call_is_indirect(before))
        return EVIDENCE_NONE;
    if (bare)
        return EVIDENCE_BARE;
    return direct_call && pc >= start && pc < end && is_jump_stub(walker, target) ? EVIDENCE_WEAK : EVIDENCE_CALL;
}

/* The frame that `rbp` points to, if it looks like one. */
static bool frame_at(struct unwind_walker *walker, const struct unwind_frame *frame, uint64_t rbp, struct unwind_frame *ret)
{
    uint64_t saved, return_address;
    if (rbp < frame->sp || rbp % sizeof(uint64_t) != 0 || !unwind_stack_word(walker, rbp, &saved) ||
        !unwind_stack_word(walker, rbp + 8, &return_address))
        return false;
    /* In code that no table describes the chain has to be believed: nothing tells where instructions are. */
    unsigned found = unwind_module_open(walker, return_address - 1);
    if (found == UNWIND_STOP_UNKNOWN_MODULE ||
        (found == UNWIND_GO_ON && evidence_of(walker, return_address, frame->look) < EVIDENCE_BARE))
        return false;
    *ret = (struct unwind_frame){.look = return_address - 1, .sp = rbp + 16, .rbp = saved, .rbx = frame->rbx};
    return true;
}

bool unwind_hop(struct unwind_walker *walker, struct unwind_frame *frame)
{
    struct unwind_frame caller;
    uint64_t rbp = frame->rbp;
    for (unsigned hop = 0; hop < CHAIN_HOPS; hop++) {
        if (frame_at(walker, frame, rbp, &caller)) {
            *frame = caller;
            return true;
        }
        if (rbp < frame->sp || rbp % sizeof(uint64_t) != 0 || !unwind_stack_word(walker, rbp, &rbp))
            return false;
    }
    return false;
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

/* The return address of the wanted caller stands at `slot`, with at least that evidence: true when so; then *frame is the caller.
 * The caller's rbp is still in the register, or was pushed below the slot. */
static bool try_slot(struct unwind_walker *walker, uint64_t slot, enum evidence least, unsigned *budget, struct unwind_frame *frame)
{
    struct unwind_frame caller = {.sp = slot + 8, .rbp = frame->rbp, .rbx = frame->rbx};
    uint64_t return_address;
    if (!unwind_stack_word(walker, slot, &return_address) || evidence_of(walker, return_address, frame->look) < least)
        return false;
    caller.look = return_address - 1;
    bool found = reaches_end(walker, caller, budget);
    for (unsigned i = 1; !found && i <= RBP_WORDS && slot - 8u * i >= frame->sp; i++)
        found = unwind_stack_word(walker, slot - 8u * i, &caller.rbp) && reaches_end(walker, caller, budget);
    if (found)
        *frame = caller;
    return found;
}

/* At the first instructions of a function and at its last, the return address is on top. */
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
    return edge && try_slot(walker, sp, EVIDENCE_CALL, budget, frame);
}

/* The first of `words` words that has the evidence. */
static bool try_words(struct unwind_walker *walker, uint64_t sp, unsigned words, enum evidence least, unsigned *budget,
                      struct unwind_frame *frame)
{
    for (unsigned i = 0; i < words && sp + 8u * i <= walker->last; i++)
        if (try_slot(walker, sp + 8u * i, least, budget, frame))
            return true;
    return false;
}

/* Near the top: rbp was just pushed and still has its value; or a return address comes even before that. */
static bool try_pushed(struct unwind_walker *walker, uint64_t sp, unsigned *budget, struct unwind_frame *frame)
{
    uint64_t word;
    for (unsigned i = 0; i < NEAR_WORDS && unwind_stack_word(walker, sp + 8u * i, &word); i++) {
        if (word == frame->rbp && try_slot(walker, sp + 8u * (i + 1), EVIDENCE_CALL, budget, frame))
            return true;
        if (evidence_of(walker, word, frame->look) >= EVIDENCE_CALL)
            return try_slot(walker, sp + 8u * i, EVIDENCE_CALL, budget, frame);
    }
    return false;
}

/* rbp, or what it points to, is the frame. */
static bool try_chain(struct unwind_walker *walker, unsigned *budget, struct unwind_frame *frame)
{
    struct unwind_frame caller;
    uint64_t rbp = frame->rbp;
    for (unsigned hop = 0; hop < CHAIN_HOPS; hop++) {
        if (frame_at(walker, frame, rbp, &caller) && reaches_end(walker, caller, budget)) {
            *frame = caller;
            return true;
        }
        if (rbp < frame->sp || rbp % sizeof(uint64_t) != 0 || !unwind_stack_word(walker, rbp, &rbp))
            return false;
    }
    return false;
}

/* Has the function that holds frame->look made rbp its own? Told by the nearest `mov %rsp,%rbp` or `pop %rbp; ret` before it; far from
 * either, as in long functions, it has. Else rbp is still some caller's, and its chain would skip frames. */
static bool owns_rbp(struct unwind_walker *walker, const struct unwind_frame *frame)
{
    if (unwind_module_open(walker, frame->look) != UNWIND_GO_ON)
        return true;
    uint64_t first = walker->module->bias + walker->table.code_first;
    if (frame->look <= first)
        return true;
    if (frame->look - first > PROLOGUE_BYTES)
        first = frame->look - PROLOGUE_BYTES;
    const uint8_t *code = code_bytes(walker, first, frame->look);
    for (size_t i = code ? frame->look - first : 0; i >= 3; i--) {
        const uint8_t *p = code + i - 3;
        if (p[0] == 0x48 && ((p[1] == 0x89 && p[2] == 0xe5) || (p[1] == 0x8b && p[2] == 0xec)))
            return true;
        if (p[1] == 0x5d && p[2] == 0xc3)
            return false;
    }
    return true;
}

bool unwind_fallback(struct unwind_walker *walker, struct unwind_frame *frame)
{
    unsigned budget = TRIAL_FRAMES;
    uint64_t sp = (frame->sp + 7) & ~UINT64_C(7);
    if (try_edges(walker, sp, &budget, frame) || try_words(walker, sp, NEAR_WORDS, EVIDENCE_HERE, &budget, frame))
        return true;
    bool own = owns_rbp(walker, frame);
    return (own && try_chain(walker, &budget, frame)) || try_pushed(walker, sp, &budget, frame) ||
           (!own && try_chain(walker, &budget, frame)) || try_words(walker, sp, SCAN_WORDS, EVIDENCE_CALL, &budget, frame) ||
           try_words(walker, sp, SCAN_WORDS, EVIDENCE_WEAK, &budget, frame);
}

bool unwind_plausible(struct unwind_walker *walker, uint64_t return_address)
{
    struct unwind_row row;
    unsigned stop = unwind_row_find(walker, return_address - 1, &row);
    if (stop == UNWIND_STOP_NO_INFORMATION)
        return true; /* nothing to judge it by */
    return stop == UNWIND_GO_ON && (row.kind == UNWIND_SIGNAL || evidence_of(walker, return_address, 0) != EVIDENCE_NONE);
}

bool unwind_recover(struct unwind_walker *walker, struct unwind_frame *frame)
{
    unsigned budget = TRIAL_FRAMES;
    uint64_t sp = (frame->sp + 7) & ~UINT64_C(7);
    return try_words(walker, sp, NEAR_WORDS, EVIDENCE_HERE, &budget, frame);
}
