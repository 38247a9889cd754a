/* The evaluation is symbolic: every value on the stack is an address form, and an operation that leaves the form ends it.
 * All expressions in Debian's libraries fit: realigned frames, OpenSSL's saved stack pointers, bn_mul_mont's indexed one. */
#include "profiler/collector/cfi_expression.h"

enum {
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08, OP_CONST1S = 0x09, OP_CONST2U = 0x0a, OP_CONST2S = 0x0b, OP_CONST4U = 0x0c, OP_CONST4S = 0x0d,
    OP_CONSTU = 0x10, OP_CONSTS = 0x11,
    OP_AND = 0x1a, OP_MINUS = 0x1c, OP_MUL = 0x1e, OP_PLUS = 0x22, OP_PLUS_UCONST = 0x23, OP_SHL = 0x24, OP_GE = 0x2a,
    OP_LIT0 = 0x30, OP_LIT31 = 0x4f, OP_BREG0 = 0x70, OP_BREG16 = 0x80, OP_BREGX = 0x92, OP_NOP = 0x96,
    STACK_MAX = 8, REGISTER_MAX = 16,
};
static const int64_t NUMBER_MAX = INT32_MAX; /* keeps sums of two inside 64 bits and results inside the row's fields */

struct value {
    uint8_t base, index, scale;
    bool dereference;
    int64_t offset1, offset2;
};

struct evaluation {
    struct value stack[STACK_MAX];
    unsigned depth;
    bool bad;
};

static void push(struct evaluation *evaluation, uint8_t base, int64_t offset)
{
    if (evaluation->depth == STACK_MAX || offset > NUMBER_MAX || offset < -NUMBER_MAX) {
        evaluation->bad = true;
        return;
    }
    evaluation->stack[evaluation->depth++] = (struct value){.base = base, .offset1 = offset};
}

static struct value pop(struct evaluation *evaluation)
{
    if (evaluation->depth > 0)
        return evaluation->stack[--evaluation->depth];
    evaluation->bad = true;
    return (struct value){.base = CFI_BASE_NONE};
}

static bool is_number(const struct value *value)
{
    return value->base == CFI_BASE_NONE && value->scale == 0 && !value->dereference;
}

static void put(struct evaluation *evaluation, struct value value)
{
    if (value.offset1 > NUMBER_MAX || value.offset1 < -NUMBER_MAX || value.offset2 > NUMBER_MAX || value.offset2 < -NUMBER_MAX)
        evaluation->bad = true;
    else
        evaluation->stack[evaluation->depth++] = value; /* operands were taken: there is room */
}

static void add_number(struct evaluation *evaluation, struct value value, int64_t number)
{
    if (value.dereference)
        value.offset2 += number;
    else
        value.offset1 += number;
    put(evaluation, value);
}

static void add(struct evaluation *evaluation)
{
    struct value right = pop(evaluation), left = pop(evaluation);
    if (is_number(&right)) {
        add_number(evaluation, left, right.offset1);
        return;
    }
    if (is_number(&left)) {
        add_number(evaluation, right, left.offset1);
        return;
    }
    /* base + scaled index, in either order */
    if (left.scale != 0 && left.base == CFI_BASE_NONE) {
        struct value swap = left;
        left = right;
        right = swap;
    }
    if (left.dereference || right.dereference || left.scale != 0 || right.base != CFI_BASE_NONE) {
        evaluation->bad = true;
        return;
    }
    left.index = right.index;
    left.scale = right.scale;
    left.offset1 += right.offset1;
    put(evaluation, left);
}

static void multiply(struct evaluation *evaluation, struct value value, const struct value *by)
{
    bool plain = value.base <= REGISTER_MAX && value.scale == 0 && !value.dereference && value.offset1 == 0;
    if (!plain || !is_number(by) || by->offset1 < 1 || by->offset1 > UINT8_MAX) {
        evaluation->bad = true;
        return;
    }
    put(evaluation, (struct value){.base = CFI_BASE_NONE, .index = value.base, .scale = (uint8_t)by->offset1});
}

static void operate(struct evaluation *evaluation, uint8_t opcode)
{
    struct value top = pop(evaluation);
    switch (opcode) {
    case OP_DEREF:
        evaluation->bad |= top.dereference || top.base == CFI_BASE_NONE;
        top.dereference = true;
        put(evaluation, top);
        break;
    case OP_MINUS:
        evaluation->bad |= !is_number(&top);
        add_number(evaluation, pop(evaluation), -top.offset1);
        break;
    case OP_MUL:
        multiply(evaluation, pop(evaluation), &top);
        break;
    default: /* OP_SHL */
        if (!is_number(&top) || top.offset1 < 0 || top.offset1 > 7)
            evaluation->bad = true;
        else
            multiply(evaluation, pop(evaluation), &(struct value){.base = CFI_BASE_NONE, .offset1 = INT64_C(1) << top.offset1});
        break;
    }
}

static int64_t clamp(uint64_t number) { return number > INT64_MAX ? INT64_MAX : (int64_t)number; }

static void evaluate_one(struct evaluation *evaluation, struct dwarf_cursor *cursor)
{
    uint8_t opcode = dwarf_read_u8(cursor);
    if (opcode >= OP_LIT0 && opcode <= OP_LIT31) {
        push(evaluation, CFI_BASE_NONE, opcode - OP_LIT0);
        return;
    }
    if (opcode >= OP_BREG0 && opcode <= OP_BREG16) {
        push(evaluation, (uint8_t)(opcode - OP_BREG0), dwarf_read_sleb(cursor));
        return;
    }
    uint64_t reg;
    switch (opcode) {
    case OP_BREGX:
        reg = dwarf_read_uleb(cursor);
        evaluation->bad |= reg > REGISTER_MAX;
        push(evaluation, (uint8_t)reg, dwarf_read_sleb(cursor));
        break;
    case OP_CONST1U:
        push(evaluation, CFI_BASE_NONE, dwarf_read_u8(cursor));
        break;
    case OP_CONST1S:
        push(evaluation, CFI_BASE_NONE, (int8_t)dwarf_read_u8(cursor));
        break;
    case OP_CONST2U:
        push(evaluation, CFI_BASE_NONE, dwarf_read_u16(cursor));
        break;
    case OP_CONST2S:
        push(evaluation, CFI_BASE_NONE, (int16_t)dwarf_read_u16(cursor));
        break;
    case OP_CONST4U:
        push(evaluation, CFI_BASE_NONE, dwarf_read_u32(cursor));
        break;
    case OP_CONST4S:
        push(evaluation, CFI_BASE_NONE, (int32_t)dwarf_read_u32(cursor));
        break;
    case OP_CONSTU:
        push(evaluation, CFI_BASE_NONE, clamp(dwarf_read_uleb(cursor)));
        break;
    case OP_CONSTS:
        push(evaluation, CFI_BASE_NONE, dwarf_read_sleb(cursor));
        break;
    case OP_PLUS:
        add(evaluation);
        break;
    case OP_PLUS_UCONST:
        push(evaluation, CFI_BASE_NONE, clamp(dwarf_read_uleb(cursor)));
        add(evaluation);
        break;
    case OP_DEREF:
    case OP_MINUS:
    case OP_MUL:
    case OP_SHL:
        operate(evaluation, opcode);
        break;
    case OP_NOP:
        break;
    default:
        evaluation->bad = true;
    }
}

bool cfi_expression_address(struct dwarf_cursor expression, bool starts_with_cfa, struct cfi_address *ret)
{
    struct evaluation evaluation = {.depth = 0};
    if (starts_with_cfa)
        push(&evaluation, CFI_BASE_CFA, 0);
    while (dwarf_cursor_left(&expression) > 0) {
        evaluate_one(&evaluation, &expression);
        if (evaluation.bad || expression.failed)
            return false;
    }
    if (evaluation.depth == 0)
        return false;
    const struct value *top = &evaluation.stack[evaluation.depth - 1];
    if (top->base == CFI_BASE_NONE)
        return false;
    *ret = (struct cfi_address){.base = top->base, .index = top->index, .scale = top->scale, .dereference = top->dereference,
                                .offset1 = (int32_t)top->offset1, .offset2 = (int32_t)top->offset2};
    return true;
}

bool cfi_expression_is_plt(struct dwarf_cursor expression, uint8_t *ret_from)
{
    enum { AT_FROM = 6, BYTES = 11 };
    static const uint8_t shape[BYTES] = {OP_BREG0 + 7, 8, OP_BREG16, 0, OP_LIT0 + 15, OP_AND, 0, OP_GE, OP_LIT0 + 3, OP_SHL, OP_PLUS};
    if (dwarf_cursor_left(&expression) != BYTES)
        return false;
    for (unsigned i = 0; i < BYTES; i++)
        if (i != AT_FROM && expression.pos[i] != shape[i])
            return false;
    uint8_t from = expression.pos[AT_FROM];
    if (from < OP_LIT0 || from > OP_LIT0 + 15)
        return false;
    *ret_from = (uint8_t)(from - OP_LIT0);
    return true;
}
