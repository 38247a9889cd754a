/* [S] The evaluation of one row: registers of a frame + stack -> registers of its caller.
 * Context: signal handler. The two common kinds come first and touch nothing but the row and the stack. */
#include "profiler/unwind/unwind_step.h"

/* A cold walk waits for memory: for the row of each frame, which only the frame before tells, and for the stack, which lies ahead. */
enum { LINE_BYTES = 64, AHEAD_BYTES = 512 };

/* From now on the walk reads the stack low .. high, from the red zone below `sp` upwards. */
static void stand_on(struct unwind_walker *walker, uint64_t sp, uint64_t low, uint64_t high, const uint8_t *bytes)
{
    walker->floor = sp - low > UNWIND_RED_ZONE_BYTES ? sp - UNWIND_RED_ZONE_BYTES : low;
    walker->last = high - sizeof(uint64_t);
    walker->bytes = bytes + (walker->floor - low);
    for (uint64_t line = 0; line < AHEAD_BYTES; line += LINE_BYTES)
        __builtin_prefetch(walker->bytes + (sp - walker->floor) + line);
}

bool unwind_walker_start(struct unwind_walker *walker, const struct unwind_space *space, const struct unwind_registers *registers,
                         const struct unwind_stack *stack, struct unwind_cache *cache, struct unwind_frame *ret)
{
    uint64_t sp = registers->value[UNWIND_RSP_NUMBER];
    ret->look = registers->value[UNWIND_RIP_NUMBER];
    ret->sp = sp;
    ret->rbp = registers->value[UNWIND_RBP_NUMBER];
    ret->rbx = registers->value[UNWIND_RBX_NUMBER];
    ret->exact = true;
    if (sp < stack->low || sp >= stack->high || stack->high - stack->low < sizeof(uint64_t))
        return false;
    walker->space = space;
    walker->stack = stack;
    walker->cache = cache;
    walker->general = registers;
    walker->leads_to_own = stack->own_high != 0;
    walker->module = NULL;
    stand_on(walker, sp, stack->low, stack->high, stack->bytes);
    if (cache && (cache->modules != space->modules || cache->serial != space->serial)) {
        memset(cache->entries, 0, sizeof cache->entries);
        cache->modules = space->modules;
        cache->serial = space->serial;
    }
    return true;
}

const struct unwind_module *unwind_module_find(const struct unwind_space *space, uint64_t a)
{
    uint32_t low = 0, high = space->module_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (space->modules[middle].end <= a)
            low = middle + 1;
        else
            high = middle;
    }
    return low < space->module_count && a >= space->modules[low].start ? &space->modules[low] : NULL;
}

unsigned unwind_module_open(struct unwind_walker *walker, uint64_t a)
{
    const struct unwind_space *space = walker->space;
    const struct unwind_module *module = walker->module;
    if (module && a >= module->start && a < module->end)
        return UNWIND_GO_ON;
    module = unwind_module_find(space, a);
    if (!module)
        return UNWIND_STOP_UNKNOWN_MODULE;
    if (module->table == 0 || module->table >= space->arena_bytes ||
        !unwind_table_open(space->arena + module->table, space->arena_bytes - module->table, &walker->table)) {
        walker->module = NULL;
        return UNWIND_STOP_NO_INFORMATION;
    }
    walker->module = module;
    return UNWIND_GO_ON;
}

static struct unwind_cache_entry *cache_entry(struct unwind_cache *cache, uint64_t pc)
{
    return &cache->entries[(pc * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (UNWIND_CACHE_ENTRIES - 1)];
}

unsigned unwind_row_find(struct unwind_walker *walker, uint64_t look, struct unwind_row *ret_row)
{
    struct unwind_cache_entry *entry = walker->cache ? cache_entry(walker->cache, look) : NULL;
    if (entry && entry->pc == look && entry->row.kind != UNWIND_NONE) {
        *ret_row = entry->row;
        return UNWIND_GO_ON;
    }
    unsigned stop = unwind_module_open(walker, look);
    if (stop != UNWIND_GO_ON)
        return stop;
    uint64_t pc = look - walker->module->bias;
    if (pc > UINT32_MAX || !unwind_table_find(&walker->table, (uint32_t)pc, ret_row))
        return UNWIND_STOP_NO_INFORMATION;
    if (entry) {
        entry->pc = look;
        entry->row = *ret_row;
    }
    return UNWIND_GO_ON;
}

/* Leave to the caller whose frame begins at `cfa`. The stack only ever shrinks: that alone makes every walk end. */
static unsigned leave(const struct unwind_walker *walker, struct unwind_frame *frame, uint64_t cfa, uint64_t rbp, uint64_t rbx)
{
    uint64_t return_address;
    if (cfa <= frame->sp)
        return UNWIND_STOP_STACK_RANGE;
    if (cfa % sizeof(uint64_t) != 0)
        return UNWIND_STOP_MISALIGNED;
    if (!unwind_stack_word(walker, cfa - 8, &return_address))
        return UNWIND_STOP_STACK_RANGE;
    if (return_address == 0)
        return UNWIND_STOP_COMPLETE;
    __builtin_prefetch(walker->bytes + (cfa - walker->floor) + AHEAD_BYTES);
    __builtin_prefetch(walker->bytes + (cfa - walker->floor) + AHEAD_BYTES - LINE_BYTES);
    *frame = (struct unwind_frame){.look = return_address - 1, .sp = cfa, .rbp = rbp, .rbx = rbx};
    return UNWIND_GO_ON;
}

/* The signal came to the alternate stack, and interrupted code on the thread's own: once, so that every walk still ends. */
static bool leave_alternate(struct unwind_walker *walker, uint64_t sp)
{
    const struct unwind_stack *stack = walker->stack;
    if (!walker->leads_to_own || sp < stack->own_low || sp >= stack->own_high || stack->own_high - sp < sizeof(uint64_t))
        return false;
    walker->leads_to_own = false;
    stand_on(walker, sp, stack->own_low, stack->own_high, stack->own_bytes);
    return true;
}

/* Below a signal frame lie the registers of the code that the signal interrupted. */
static unsigned step_signal(struct unwind_walker *walker, struct unwind_frame *frame)
{
    struct unwind_registers registers;
    for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
        if (!unwind_stack_word(walker, frame->sp + UNWIND_UCONTEXT_GREGS + 8u * unwind_greg_of[i], &registers.value[i]))
            return UNWIND_STOP_STACK_RANGE;
    uint64_t sp = registers.value[UNWIND_RSP_NUMBER];
    if ((sp <= frame->sp || sp > walker->last) && !leave_alternate(walker, sp))
        return UNWIND_STOP_STACK_RANGE;
    walker->interrupted = registers;
    walker->general = &walker->interrupted;
    frame->look = registers.value[UNWIND_RIP_NUMBER];
    frame->sp = sp;
    frame->rbp = registers.value[UNWIND_RBP_NUMBER];
    frame->rbx = registers.value[UNWIND_RBX_NUMBER];
    frame->exact = true;
    return UNWIND_GO_ON;
}

static uint64_t register_value(const struct unwind_walker *walker, const struct unwind_frame *frame, uint8_t number)
{
    switch (number) {
    case UNWIND_RBX_NUMBER:
        return frame->rbx;
    case UNWIND_RBP_NUMBER:
        return frame->rbp;
    case UNWIND_RSP_NUMBER:
        return frame->sp;
    case UNWIND_RIP_NUMBER:
        return frame->exact ? frame->look : frame->look + 1;
    default:
        return number < UNWIND_REGISTERS ? walker->general->value[number] : 0;
    }
}

/* The caller's value of a register that holds `now` in this frame. false when it lies outside the stack. */
static bool saved_value(const struct unwind_walker *walker, const struct unwind_frame *frame, uint64_t cfa,
                        const struct unwind_saved *saved, uint64_t now, uint64_t *ret)
{
    uint64_t a;
    *ret = now;
    switch (saved->rule) {
    case UNWIND_RULE_AT_CFA:
        return unwind_stack_word(walker, cfa + (uint64_t)(int64_t)saved->offset, ret);
    case UNWIND_RULE_AT_REGISTER:
        a = register_value(walker, frame, saved->reg) + (uint64_t)(int64_t)saved->offset;
        /* A place outside the frame: gcc's information for realigned functions goes on saying [rbp] where rbp is popped already. */
        return a < frame->sp || a >= cfa || unwind_stack_word(walker, a, ret);
    case UNWIND_RULE_IN_REGISTER:
        *ret = register_value(walker, frame, saved->reg);
        return true;
    case UNWIND_RULE_LOST:
        *ret = 0; /* outside every stack: a row that wants it stops the walk instead of misleading it */
        return true;
    default:
        return true;
    }
}

/* The canonical frame address as `extra` says. false when it lies outside the stack. */
static bool extra_cfa(const struct unwind_walker *walker, const struct unwind_frame *frame, const struct unwind_extra *extra,
                      uint64_t *ret)
{
    *ret = register_value(walker, frame, extra->reg) + (uint64_t)(int64_t)extra->offset1;
    if (extra->index_scale)
        *ret += register_value(walker, frame, extra->index_reg) * extra->index_scale;
    if (!extra->dereference)
        return true;
    if (!unwind_stack_word(walker, *ret, ret))
        return false;
    *ret += (uint64_t)(int64_t)extra->offset2;
    return true;
}

static unsigned step_extra(struct unwind_walker *walker, struct unwind_row row, struct unwind_frame *frame)
{
    unsigned stop = unwind_module_open(walker, frame->look); /* the row may have come from the cache */
    if (stop != UNWIND_GO_ON)
        return stop;
    if (unwind_row_extra(row) >= walker->table.extra_count)
        return UNWIND_STOP_BAD_INFORMATION;
    struct unwind_extra extra = walker->table.extras[unwind_row_extra(row)];
    uint64_t cfa, sp, rbp, rbx, return_address;
    if (!extra_cfa(walker, frame, &extra, &cfa) || !saved_value(walker, frame, cfa, &extra.sp, cfa, &sp) ||
        !saved_value(walker, frame, cfa, &extra.return_address, 0, &return_address) ||
        !saved_value(walker, frame, cfa, &extra.rbp, frame->rbp, &rbp))
        return UNWIND_STOP_STACK_RANGE;
    if (!saved_value(walker, frame, cfa, &extra.rbx, frame->rbx, &rbx))
        rbx = 0; /* a jmp_buf need not be on the stack, and hardly any frame needs rbx */
    /* vfork keeps its return address in a register while the stack pointer is already the caller's: the one frame of no size. */
    bool in_register = extra.return_address.rule == UNWIND_RULE_IN_REGISTER;
    if (sp < frame->sp || (sp == frame->sp && !(in_register && frame->exact)) || sp > walker->last)
        return UNWIND_STOP_STACK_RANGE;
    if (sp % sizeof(uint64_t) != 0)
        return UNWIND_STOP_MISALIGNED;
    if (return_address == 0)
        return UNWIND_STOP_COMPLETE;
    *frame = (struct unwind_frame){.look = return_address - 1, .sp = sp, .rbp = rbp, .rbx = rbx};
    return UNWIND_GO_ON;
}

unsigned unwind_step(struct unwind_walker *walker, struct unwind_row row, struct unwind_frame *frame)
{
    uint64_t cfa, rbp = frame->rbp, rbx = frame->rbx;
    switch (row.kind) {
    case UNWIND_RSP:
        cfa = frame->sp + 8u * row.cfa_words;
        break;
    case UNWIND_RBP:
        cfa = frame->rbp + 8u * row.cfa_words;
        break;
    case UNWIND_PLT:
        cfa = frame->sp + 8u + ((register_value(walker, frame, UNWIND_RIP_NUMBER) & 15u) >= row.cfa_words ? 8u : 0u);
        return leave(walker, frame, cfa, rbp, rbx);
    case UNWIND_SIGNAL:
        return step_signal(walker, frame);
    case UNWIND_END:
        return UNWIND_STOP_COMPLETE;
    case UNWIND_EXTRA:
        return step_extra(walker, row, frame);
    case UNWIND_BAD:
        return UNWIND_STOP_BAD_INFORMATION;
    default:
        return UNWIND_STOP_NO_INFORMATION;
    }
    if (row.rbp_words && !unwind_stack_word(walker, cfa - 8u * row.rbp_words, &rbp))
        return UNWIND_STOP_STACK_RANGE;
    if (row.rbx_words && !unwind_stack_word(walker, cfa - 8u * row.rbx_words, &rbx))
        return UNWIND_STOP_STACK_RANGE;
    return leave(walker, frame, cfa, rbp, rbx);
}
