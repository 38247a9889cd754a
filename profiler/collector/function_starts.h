/* A stripped module's functions, told by its call frame information: where each begins and ends, but no names. So that the report has one
 * row for such a function and not one for each of its addresses. */
#ifndef HOTLINE_FUNCTION_STARTS_H
#define HOTLINE_FUNCTION_STARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/collector/symbol_file.h"

struct function_extent {
    uint64_t begin, end;
};

struct function_starts {
    struct function_extent *extents; /* sorted by `begin`; where they overlap, the one that begins last counts */
    size_t count, capacity;
};

/* Read all of .eh_frame once. Without one, or without section headers: no functions. */
void function_starts_init(struct function_starts *starts, const struct symbol_file *file);
void function_starts_deinit(struct function_starts *starts);

/* Where the function that holds `address` begins. false: no function is known there. */
bool function_starts_find(const struct function_starts *starts, uint64_t address, uint64_t *ret_begin);

/* The code around `address` in which no function is known: from the end of the one before it to the begin of the one behind it, within
 * [*begin, *end). In a module whose compiler writes call frame information that is assembler without it. false: nothing is known of the
 * module's functions, or one is known there. */
bool function_starts_gap(const struct function_starts *starts, uint64_t address, uint64_t *begin, uint64_t *end);

#endif
