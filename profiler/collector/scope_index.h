/* The functions of one unit and the calls inlined into them, searchable by address. */
#ifndef HOTLINE_SCOPE_INDEX_H
#define HOTLINE_SCOPE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdw.h>

#include "profiler/collector/range_map.h"
#include "profiler/collector/symbol_file.h"

enum { SCOPE_NONE = RANGE_NONE };

/* A function, or one inlined copy of one. */
struct scope {
    uint64_t die_offset;
    uint32_t parent;  /* the scope it was inlined into; SCOPE_NONE: a function of its own */
    bool resolved;    /* what follows is set (at the first look-up; most scopes are never asked for) */
    const char *name; /* interned; NULL: none in the debug info */
    uint32_t name_line;
    uint32_t call_line;    /* where it was inlined, 0: unknown */
    const char *call_file; /* interned; NULL: unknown */
};

struct scope_index {
    struct scope *scopes;
    size_t count;
    struct range_map map; /* address -> innermost scope */
    uint64_t low, high;   /* everything mapped lies in here */
};

/* Walk the unit whose root is `unit_die`. Entries that do not decode end the walk of their siblings; what came before counts.
 * *ranges_left: how many more ranges may be read; what was read is taken off. */
void scope_index_init(struct scope_index *index, Dwarf_Die *unit_die, const struct symbol_file *code, uint32_t *ranges_left);
void scope_index_deinit(struct scope_index *index);

#endif
