/* A function's debug info entry -> its name and the line it is declared on.
 *
 * The entry of an inlined copy or of a method's definition says little itself; it points at the entry that has the name. Each target is
 * looked at once. */
#ifndef HOTLINE_FUNCTION_NAMES_H
#define HOTLINE_FUNCTION_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdw.h>

#include "profiler/collector/elf_symbols.h"
#include "profiler/collector/key_table.h"
#include "profiler/collector/name_context.h"
#include "profiler/collector/string_pool.h"

struct function_name {
    const char *name; /* NULL: the debug info has none */
    uint32_t line;    /* of the declaration, 0: unknown */
};

struct function_names {
    struct string_pool *pool;
    struct elf_symbols *symbols;
    struct name_contexts contexts;
    struct key_table entries; /* the entries' addresses in memory */
    struct function_name *found; /* by number in `entries` */
    size_t found_capacity;
};

/* symbols: asked for a C++ function's full name where its entry has only the short one. */
void function_names_init(struct function_names *names, struct string_pool *pool, struct elf_symbols *symbols);
void function_names_deinit(struct function_names *names);

/* die: DW_TAG_subprogram or DW_TAG_inlined_subroutine. */
struct function_name function_names_find(struct function_names *names, Dwarf_Die *die);

#endif
