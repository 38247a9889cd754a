/* The common states become 8-byte rows; what does not fit goes to a 44-byte extra, shared by neighbours that are alike. */
#include "profiler/collector/row_builder.h"

#include "profiler/collector/cfi_expression.h"

#include <stdlib.h>

enum { WORD = 8, CFA_WORDS_MAX = (1 << 12) - 1, SAVED_WORDS_MAX = UINT8_MAX, EXTRAS_COMPARED = 64 };

void row_builder_init(struct row_builder *builder) { memset(builder, 0, sizeof *builder); }

void row_builder_deinit(struct row_builder *builder)
{
    free(builder->rows);
    free(builder->extras);
    memset(builder, 0, sizeof *builder);
}

/* Room for one more element. */
static bool reserve(struct row_builder *builder, void **elements, size_t count, size_t *space, size_t size)
{
    if (count < *space)
        return true;
    size_t wanted = *space ? *space * 2 : 1024;
    void *bigger = reallocarray(*elements, wanted, size);
    if (!bigger) {
        builder->out_of_memory = true;
        return false;
    }
    *elements = bigger;
    *space = wanted;
    return true;
}

static bool same_rule(struct unwind_row a, struct unwind_row b)
{
    return a.kind == b.kind && a.cfa_words == b.cfa_words && a.rbp_words == b.rbp_words && a.rbx_words == b.rbx_words;
}

static void append(struct row_builder *builder, uint32_t pc, struct unwind_row row)
{
    if (builder->row_count > 0 && same_rule(builder->rows[builder->row_count - 1], row))
        return;
    void *rows = builder->rows;
    if (!reserve(builder, &rows, builder->row_count, &builder->row_space, sizeof row))
        return;
    builder->rows = rows;
    row.pc = pc;
    builder->rows[builder->row_count++] = row;
}

/* One row for [begin, end), and UNWIND_NONE for a hole below it. */
static void put(struct row_builder *builder, uint64_t begin, uint64_t end, struct unwind_row row)
{
    if (begin < builder->told)
        begin = builder->told;
    if (begin >= end || end > UINT32_MAX)
        return;
    if (begin > builder->told && builder->row_count > 0)
        append(builder, (uint32_t)builder->told, (struct unwind_row){.kind = UNWIND_NONE});
    append(builder, (uint32_t)begin, row);
    builder->told = end;
}

void row_builder_kind(struct row_builder *builder, uint64_t begin, uint64_t end, enum unwind_kind kind)
{
    put(builder, begin, end, (struct unwind_row){.kind = (uint16_t)kind & 15u});
}

static bool find_extra(struct row_builder *builder, const struct unwind_extra *extra, struct unwind_row *ret)
{
    size_t i = builder->extra_count, stop = i > EXTRAS_COMPARED ? i - EXTRAS_COMPARED : 0;
    while (i > stop && memcmp(&builder->extras[i - 1], extra, sizeof *extra) != 0)
        i--;
    if (i == stop) {
        void *extras = builder->extras;
        i = builder->extra_count;
        if (i == UNWIND_EXTRA_MAX || !reserve(builder, &extras, i, &builder->extra_space, sizeof *extra))
            return false;
        builder->extras = extras;
        builder->extras[builder->extra_count++] = *extra;
    } else {
        i--;
    }
    *ret = (struct unwind_row){.kind = UNWIND_EXTRA, .cfa_words = i & CFA_WORDS_MAX, .rbp_words = (uint8_t)(i >> 12)};
    return true;
}

/* `offset` as a saved register's distance below the CFA in words; 0 when that does not fit a row. */
static uint8_t saved_words(int64_t offset)
{
    uint8_t words = 0;
    if (offset < 0 && offset % WORD == 0 && offset >= -WORD * SAVED_WORDS_MAX)
        words = (uint8_t)(-offset / WORD);
    return words;
}

/* In a row: 0 = unchanged, n = saved n words below the CFA. false: it needs an extra. */
static bool short_rule(const struct cfi_rule *rule, uint8_t *ret)
{
    *ret = rule->kind == CFI_OFFSET ? saved_words(rule->offset) : 0;
    return rule->kind == CFI_UNSPECIFIED || rule->kind == CFI_SAME_VALUE || *ret != 0;
}

static bool in_register(uint64_t reg) { return reg < UNWIND_RIP_NUMBER; }

static bool fits_int32(int64_t offset) { return offset >= INT32_MIN && offset <= INT32_MAX; }

/* Where an expression says that the saved value stands (or, `value`, what it is). */
static bool saved_by_expression(const struct cfi_rule *rule, bool value, struct unwind_saved *ret)
{
    struct cfi_address address;
    if (!cfi_expression_address(rule->expression, true, &address) || address.scale != 0)
        return false;
    if (value ? !address.dereference || address.offset2 != 0 : address.dereference)
        return false;
    *ret = (struct unwind_saved){.rule = UNWIND_RULE_AT_CFA, .offset = address.offset1};
    if (address.base != CFI_BASE_CFA) {
        ret->rule = UNWIND_RULE_AT_REGISTER;
        ret->reg = address.base;
    }
    return true;
}

static bool saved_rule(const struct cfi_rule *rule, struct unwind_saved *ret)
{
    *ret = (struct unwind_saved){.rule = UNWIND_RULE_SAME};
    switch (rule->kind) {
    case CFI_UNSPECIFIED:
    case CFI_SAME_VALUE:
        return true;
    case CFI_OFFSET:
        *ret = (struct unwind_saved){.rule = UNWIND_RULE_AT_CFA, .offset = (int32_t)rule->offset};
        return fits_int32(rule->offset);
    case CFI_REGISTER:
        *ret = (struct unwind_saved){.rule = UNWIND_RULE_IN_REGISTER, .reg = (uint8_t)rule->reg};
        return in_register(rule->reg);
    case CFI_EXPRESSION:
        return saved_by_expression(rule, false, ret);
    case CFI_VAL_EXPRESSION:
        return saved_by_expression(rule, true, ret);
    default: /* CFI_UNDEFINED, CFI_VAL_OFFSET: no caller gets it back from memory */
        return false;
    }
}

/* A register that some rows use: when its rule is beyond us it is lost, which only matters to a caller that needs it. */
static struct unwind_saved saved_or_lost(const struct cfi_rule *rule)
{
    struct unwind_saved saved;
    return saved_rule(rule, &saved) ? saved : (struct unwind_saved){.rule = UNWIND_RULE_LOST};
}

static bool cfa_rule(const struct cfi_rule *cfa, struct unwind_extra *ret)
{
    struct cfi_address address;
    if (cfa->kind == CFI_REGISTER) {
        ret->reg = (uint8_t)cfa->reg;
        ret->offset1 = (int32_t)cfa->offset;
        return in_register(cfa->reg) && fits_int32(cfa->offset);
    }
    if (cfa->kind != CFI_EXPRESSION || !cfi_expression_address(cfa->expression, false, &address))
        return false;
    ret->reg = address.base;
    ret->index_reg = address.index;
    ret->index_scale = address.scale;
    ret->dereference = address.dereference;
    ret->offset1 = address.offset1;
    ret->offset2 = address.offset2;
    return true;
}

static bool make_extra(struct row_builder *builder, const struct cfi_state *state, struct unwind_row *ret)
{
    struct unwind_extra extra;
    memset(&extra, 0, sizeof extra); /* compared as bytes */
    const struct cfi_rule *return_address = &state->tracked[CFI_RETURN_ADDRESS];
    if (!cfa_rule(&state->cfa, &extra) || !saved_rule(return_address, &extra.return_address))
        return false;
    if (return_address->kind == CFI_SAME_VALUE)
        return false; /* a function that returns to itself */
    if (return_address->kind == CFI_UNSPECIFIED)
        extra.return_address = (struct unwind_saved){.rule = UNWIND_RULE_AT_CFA, .offset = -WORD};
    if (state->tracked[CFI_RSP].kind == CFI_REGISTER && !saved_rule(&state->tracked[CFI_RSP], &extra.sp))
        return false;
    extra.rbp = saved_or_lost(&state->tracked[CFI_RBP]);
    extra.rbx = saved_or_lost(&state->tracked[CFI_RBX]);
    return find_extra(builder, &extra, ret);
}

/* CFA = rsp or rbp + words, the return address right below, rbp and rbx saved near or not at all. */
static bool make_short(const struct cfi_state *state, struct unwind_row *ret)
{
    const struct cfi_rule *cfa = &state->cfa, *return_address = &state->tracked[CFI_RETURN_ADDRESS];
    if (cfa->kind != CFI_REGISTER || (cfa->reg != UNWIND_RSP_NUMBER && cfa->reg != UNWIND_RBP_NUMBER) || cfa->offset < 0 ||
        cfa->offset % WORD != 0 || cfa->offset / WORD > CFA_WORDS_MAX)
        return false;
    if (return_address->kind != CFI_UNSPECIFIED && (return_address->kind != CFI_OFFSET || return_address->offset != -WORD))
        return false;
    if (state->tracked[CFI_RSP].kind == CFI_REGISTER)
        return false;
    ret->kind = cfa->reg == UNWIND_RSP_NUMBER ? UNWIND_RSP : UNWIND_RBP;
    ret->cfa_words = (uint64_t)cfa->offset / WORD & CFA_WORDS_MAX;
    return short_rule(&state->tracked[CFI_RBP], &ret->rbp_words) && short_rule(&state->tracked[CFI_RBX], &ret->rbx_words);
}

static struct unwind_row make_row(struct row_builder *builder, const struct cfi_state *state, bool signal_frame)
{
    struct unwind_row row = {.kind = UNWIND_NONE};
    struct table_statistics *statistics = &builder->statistics;
    uint8_t from;
    if (state->tracked[CFI_RETURN_ADDRESS].kind == CFI_UNDEFINED) {
        row.kind = UNWIND_END;
        statistics->ends++;
    } else if (signal_frame) {
        row.kind = UNWIND_SIGNAL;
        statistics->signal_frames++;
    } else if (make_short(state, &row)) {
        return row;
    } else if (state->cfa.kind == CFI_EXPRESSION && cfi_expression_is_plt(state->cfa.expression, &from)) {
        row = (struct unwind_row){.kind = UNWIND_PLT, .cfa_words = from};
        statistics->plt++;
    } else if (!make_extra(builder, state, &row)) {
        row = (struct unwind_row){.kind = UNWIND_BAD};
        statistics->bad++;
    }
    return row;
}

void row_builder_state(struct row_builder *builder, uint64_t begin, uint64_t end, const struct cfi_state *state, bool signal_frame)
{
    if (end > builder->told)
        put(builder, begin, end, make_row(builder, state, signal_frame));
}
