/* A module's DWARF -> the source line and the chain of inlined calls at an address.
 *
 * The compilation units' extents are read at once, from .debug_aranges where it has them; a unit's functions and lines when the first address falls into it, in one pass. So the
 * cost is that of the code which was sampled, not of all the debug info there is, and never one search through libdw per address. */
#ifndef HOTLINE_UNIT_INDEX_H
#define HOTLINE_UNIT_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdw.h>

#include "profiler/collector/function_names.h"
#include "profiler/collector/range_map.h"
#include "profiler/collector/scope_index.h"
#include "profiler/collector/string_pool.h"
#include "profiler/collector/symbol_file.h"

struct unit {
    Dwarf_CU *handle;
    bool indexed;
    bool measured; /* its own entry was asked for its extent */
    struct scope_index scopes;
    Dwarf *scopes_dwarf;   /* where the scopes' entries are: with split DWARF another one than the lines' */
    Dwarf_Files *files;    /* what the scopes' file numbers mean */
    size_t file_count;
    Dwarf_Lines *lines;    /* libdw's own array: decoded once, sorted by address */
    size_t line_count;
    const char *directory; /* DW_AT_comp_dir, NULL: none */
};

struct unit_index {
    struct string_pool *pool;
    struct function_names *names;
    const struct symbol_file *code;
    struct unit *units;
    size_t count, capacity;
    struct range_map map; /* address -> unit */
    bool complete; /* every unit was measured; else `map` may be that of .debug_aranges alone */
    uint32_t ranges_left; /* of functions and inlined calls, that may still be read */
};

/* code: the loaded file, whose segments say what is code. All arguments are borrowed and must outlive the index. */
void unit_index_init(struct unit_index *index, Dwarf *dwarf, const struct symbol_file *code, struct function_names *names,
                     struct string_pool *pool);
void unit_index_deinit(struct unit_index *index);

/* The unit at `address`, indexed. NULL: none, or nothing of it decodes. */
struct unit *unit_index_find(struct unit_index *index, uint64_t address);

/* The line of the instruction at `address`: *ret_file (NULL: unknown) and *ret_line (0: the compiler gave no line, as addr2line's `?`). */
void unit_index_line(struct unit_index *index, const struct unit *unit, uint64_t address, const char **ret_file, uint32_t *ret_line);

/* The innermost function or inlined copy at `address` with its names. NULL: none. The next outer one is unit_index_outer(scope). */
const struct scope *unit_index_scope(struct unit_index *index, struct unit *unit, uint64_t address);
const struct scope *unit_index_outer(struct unit_index *index, struct unit *unit, const struct scope *scope);

#endif
