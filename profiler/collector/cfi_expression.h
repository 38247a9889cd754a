/* A DWARF expression in call frame information -> an address of the few shapes that compilers and assembly writers use:
 * base + scale * index + offset, or what stands there plus another offset. */
#ifndef HOTLINE_CFI_EXPRESSION_H
#define HOTLINE_CFI_EXPRESSION_H

#include "profiler/collector/dwarf_cursor.h"

enum { CFI_BASE_CFA = 0xfe, CFI_BASE_NONE = 0xff }; /* beside DWARF register numbers 0..16 */

struct cfi_address {
    uint8_t base;
    uint8_t index, scale; /* scale 0: no index */
    bool dereference;     /* the word at (base + scale * index + offset1), plus offset2 */
    int32_t offset1, offset2;
};

/* starts_with_cfa: the stack begins with the CFA (rules of registers; not the rule of the CFA itself).
 * false when the expression has another shape. */
bool cfi_expression_address(struct dwarf_cursor expression, bool starts_with_cfa, struct cfi_address *ret);

/* Is this the expression that linkers write for a PLT: rsp + 8, and 8 more when the low four bits of rip are at least *ret_from? */
bool cfi_expression_is_plt(struct dwarf_cursor expression, uint8_t *ret_from);

#endif
