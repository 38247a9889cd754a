/* One walk over a unit's tree. Only entries that can hold code are entered; types, variables and call sites are stepped over.
 *
 * The file is not trusted: depth, entries and ranges are bounded, and an entry must lie behind the one before it, or two sibling
 * references could make the walk go round for ever. */
#include "profiler/collector/scope_index.h"

#include <stdlib.h>

#include <dwarf.h>

#include "profiler/collector/require_memory.h"

enum {
    MAX_DEPTH = 400,      /* of nested blocks and inlined calls; deeper ones are seen as part of their ancestor */
    MAX_RANGES = 4 << 20, /* read per unit: entries that share one long list could make the work quadratic */
};

struct walk {
    struct scope_index *index;
    size_t scope_capacity;
    struct range *ranges;
    size_t range_count, range_capacity;
    const struct symbol_file *code;
    uint64_t entries_left;
    uint32_t ranges_left;
    bool types_hold_code; /* not in C: its structs have no functions */
};

static uint32_t add_scope(struct walk *walk, Dwarf_Die *die, uint32_t parent, uint32_t depth)
{
    struct scope_index *index = walk->index;
    size_t ranges_before = walk->range_count;
    Dwarf_Addr base, low, high;
    for (ptrdiff_t offset = 0; walk->ranges_left && (offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0;) {
        walk->ranges_left--;
        if (!symbol_file_is_code(walk->code, low, high))
            continue;
        walk->ranges = require_room(walk->ranges, &walk->range_capacity, walk->range_count + 1, sizeof *walk->ranges);
        walk->ranges[walk->range_count++] = (struct range){low, high, depth, (uint32_t)index->count};
        index->low = low < index->low ? low : index->low;
        index->high = high > index->high ? high : index->high;
    }
    if (walk->range_count == ranges_before) /* a declaration, an abstract instance, discarded by the linker, or empty */
        return SCOPE_NONE;
    index->scopes = require_room(index->scopes, &walk->scope_capacity, index->count + 1, sizeof *index->scopes);
    index->scopes[index->count] = (struct scope){.die_offset = dwarf_dieoffset(die), .parent = parent};
    return (uint32_t)index->count++;
}

static bool may_hold_code(const struct walk *walk, int tag)
{
    switch (tag) {
    case DW_TAG_lexical_block:
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_with_stmt:
        return true;
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_enumeration_type:
    case DW_TAG_variant_part:
    case DW_TAG_variant:
        return walk->types_hold_code;
    default:
        return false;
    }
}

// NOLINTNEXTLINE(misc-no-recursion): bounded by MAX_DEPTH
static void walk_children(struct walk *walk, Dwarf_Die *parent_die, uint32_t parent, uint32_t depth)
{
    Dwarf_Die die;
    if (depth == MAX_DEPTH || dwarf_child(parent_die, &die) != 0)
        return;
    const void *before;
    do {
        if (walk->entries_left == 0)
            return;
        walk->entries_left--;
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram)
            walk_children(walk, &die, add_scope(walk, &die, SCOPE_NONE, depth), depth + 1);
        else if (tag == DW_TAG_inlined_subroutine) {
            uint32_t scope = add_scope(walk, &die, parent, depth);
            walk_children(walk, &die, scope == SCOPE_NONE ? parent : scope, depth + 1);
        } else if (may_hold_code(walk, tag))
            walk_children(walk, &die, parent, depth + 1);
        before = die.addr;
    } while (dwarf_siblingof(&die, &die) == 0 && (uintptr_t)die.addr > (uintptr_t)before);
}

/* An entry takes at least one byte: an honest unit has no more entries than bytes, a crooked one could show the same entries again. */
static uint64_t unit_bytes(Dwarf_Die *unit_die)
{
    Dwarf_Off start = dwarf_dieoffset(unit_die) - dwarf_cuoffset(unit_die), next = 0;
    size_t header_bytes;
    if (dwarf_nextcu(dwarf_cu_getdwarf(unit_die->cu), start, &next, &header_bytes, NULL, NULL, NULL) != 0 || next <= start)
        return 0;
    return next - start;
}

void scope_index_init(struct scope_index *index, Dwarf_Die *unit_die, const struct symbol_file *code, uint32_t *ranges_left)
{
    *index = (struct scope_index){.low = UINT64_MAX};
    uint32_t ranges = *ranges_left < MAX_RANGES ? *ranges_left : MAX_RANGES;
    struct walk walk = {.index = index, .code = code, .entries_left = unit_bytes(unit_die), .ranges_left = ranges};
    int language = dwarf_srclang(unit_die);
    walk.types_hold_code = language != DW_LANG_C && language != DW_LANG_C89 && language != DW_LANG_C99 && language != DW_LANG_C11 &&
                           language != DW_LANG_Mips_Assembler;
    walk_children(&walk, unit_die, SCOPE_NONE, 0);
    *ranges_left -= ranges - walk.ranges_left;
    range_map_init(&index->map, walk.ranges, walk.range_count);
    free(walk.ranges);
}

void scope_index_deinit(struct scope_index *index)
{
    range_map_deinit(&index->map);
    free(index->scopes);
    *index = (struct scope_index){0};
}
