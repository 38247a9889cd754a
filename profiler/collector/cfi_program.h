/* Call frame instructions -> for every range of a function's code, where the caller's registers are.
 * Only what the unwinder follows is kept: the CFA, rbp, rbx, rsp and the return address. */
#ifndef HOTLINE_CFI_PROGRAM_H
#define HOTLINE_CFI_PROGRAM_H

#include "profiler/collector/cfi_reader.h"

enum cfi_rule_kind {
    CFI_UNSPECIFIED = 0, /* what the ABI says: same value, and the return address at CFA - 8 */
    CFI_UNDEFINED,
    CFI_SAME_VALUE,
    CFI_OFFSET,         /* at CFA + offset */
    CFI_VAL_OFFSET,     /* is CFA + offset */
    CFI_REGISTER,       /* in another register */
    CFI_EXPRESSION,     /* at the address that the expression says */
    CFI_VAL_EXPRESSION, /* what the expression says */
};

struct cfi_rule {
    enum cfi_rule_kind kind;
    uint64_t reg;
    int64_t offset;
    struct dwarf_cursor expression;
};

enum { CFI_RBP, CFI_RBX, CFI_RSP, CFI_RETURN_ADDRESS, CFI_TRACKED };
struct cfi_state {
    struct cfi_rule cfa; /* CFI_REGISTER: reg + offset; CFI_EXPRESSION; CFI_UNSPECIFIED: not said yet */
    struct cfi_rule tracked[CFI_TRACKED];
};

/* Told each range [begin, end) of a function in rising order, with the state that holds there. */
typedef void cfi_range_fn(void *context, uint64_t begin, uint64_t end, const struct cfi_state *state);

/* Run the instructions of `cie` that every function begins with. false when they are not understood. */
bool cfi_program_begin(const struct cfi_reader *reader, const struct cfi_cie *cie, struct cfi_state *ret_initial);

/* Run the instructions of `fde` from the state `initial`. false when one is not understood: the ranges before it have been told,
 * *ret_stopped_at is where the first untold code begins. */
bool cfi_program_run(const struct cfi_reader *reader, const struct cfi_cie *cie, const struct cfi_fde *fde,
                     const struct cfi_state *initial, cfi_range_fn *tell, void *context, uint64_t *ret_stopped_at);

#endif
