/* Entries that give a context (namespaces, types, functions) are intervals of offsets, and they nest: a range map over offsets finds the
 * innermost one around an entry. */
#include "profiler/collector/name_context.h"

#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "profiler/collector/die_read.h"
#include "profiler/collector/range_map.h"
#include "profiler/collector/require_memory.h"

enum { MAX_DEPTH = 64, MAX_LEVELS = 16, MAX_HOPS = 8 };

struct context {
    uint64_t die_offset;
    uint32_t parent; /* RANGE_NONE: the unit */
    const char *name; /* interned; NULL: a type without one */
};

struct unit_context {
    struct context *contexts;
    struct range_map map; /* offset of an entry -> innermost context, an entry being inside itself */
};

struct context_walk {
    struct string_pool *pool;
    struct context *contexts;
    size_t count, capacity;
    struct range *ranges;
    size_t range_capacity;
    uint64_t entries_left;
};

void name_contexts_init(struct name_contexts *contexts, struct string_pool *pool)
{
    *contexts = (struct name_contexts){.pool = pool};
    key_table_init(&contexts->units, sizeof(Dwarf_CU *));
}

void name_contexts_deinit(struct name_contexts *contexts)
{
    for (size_t i = 0; i < contexts->units.count; i++) {
        free(contexts->contexts[i].contexts);
        range_map_deinit(&contexts->contexts[i].map);
    }
    free(contexts->contexts);
    key_table_deinit(&contexts->units);
    *contexts = (struct name_contexts){0};
}

/* dwarf_diename(), which follows the entry's origin, but checked. */
static const char *entry_name(Dwarf_Die *die)
{
    const char *name = die_read_text(die, DW_AT_name);
    Dwarf_Die origin = *die, next;
    for (unsigned hop = 0; !name && hop < MAX_HOPS; hop++) {
        if (!die_follow(&origin, DW_AT_abstract_origin, &next) && !die_follow(&origin, DW_AT_specification, &next))
            break;
        origin = next;
        name = die_read_text(&origin, DW_AT_name);
    }
    return name;
}

static const char *context_name(struct string_pool *pool, Dwarf_Die *die, int tag)
{
    const char *name = entry_name(die);
    if (name)
        return string_pool_intern(pool, name);
    return tag == DW_TAG_namespace ? string_pool_intern(pool, "(anonymous namespace)") : NULL;
}

static bool gives_context(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type || tag == DW_TAG_union_type ||
           tag == DW_TAG_subprogram;
}

/* The file is not trusted: entries lie behind one another and before the end of their parent, so that none is seen twice, whatever the
 * sibling references say (a unit of 1 KB could else show 16 million contexts). */
// NOLINTNEXTLINE(misc-no-recursion): bounded by MAX_DEPTH
static void walk_children(struct context_walk *walk, Dwarf_Die *parent_die, uint32_t parent, uint64_t parent_end, uint32_t depth)
{
    Dwarf_Die die, next;
    if (depth == MAX_DEPTH || dwarf_child(parent_die, &die) != 0)
        return;
    for (bool more = dwarf_dieoffset(&die) < parent_end; more && walk->entries_left; die = next) {
        walk->entries_left--;
        int tag = dwarf_tag(&die);
        uint64_t offset = dwarf_dieoffset(&die);
        more = dwarf_siblingof(&die, &next) == 0 && dwarf_dieoffset(&next) > offset && dwarf_dieoffset(&next) < parent_end;
        uint64_t end = more ? dwarf_dieoffset(&next) : parent_end;
        if (tag == DW_TAG_lexical_block) {
            walk_children(walk, &die, parent, end, depth + 1);
            continue;
        }
        if (!gives_context(tag) || dwarf_haschildren(&die) <= 0)
            continue;
        uint32_t number = (uint32_t)walk->count;
        walk->contexts = require_room(walk->contexts, &walk->capacity, walk->count + 1, sizeof *walk->contexts);
        walk->ranges = require_room(walk->ranges, &walk->range_capacity, walk->count + 1, sizeof *walk->ranges);
        walk->contexts[number] = (struct context){offset, parent, context_name(walk->pool, &die, tag)};
        walk->ranges[number] = (struct range){offset, end, depth, number};
        walk->count++;
        walk_children(walk, &die, number, end, depth + 1);
    }
}

/* NULL: a language whose names are complete as they are. */
static const struct unit_context *contexts_of(struct name_contexts *contexts, Dwarf_Die *die)
{
    Dwarf_Die root;
    int language = dwarf_diecu(die, &root, NULL, NULL) ? dwarf_srclang(&root) : -1;
    if (language != DW_LANG_C_plus_plus && language != DW_LANG_C_plus_plus_03 && language != DW_LANG_C_plus_plus_11 &&
        language != DW_LANG_C_plus_plus_14)
        return NULL;
    bool is_new;
    uint32_t number = key_table_add(&contexts->units, &die->cu, &is_new);
    if (is_new) {
        struct context_walk walk = {.pool = contexts->pool, .entries_left = 1 << 24}; /* 16 million entries: more than any one unit has */
        walk_children(&walk, &root, RANGE_NONE, UINT64_MAX, 0);
        contexts->contexts = require_room(contexts->contexts, &contexts->capacity, (size_t)number + 1, sizeof *contexts->contexts);
        contexts->contexts[number].contexts = walk.contexts;
        range_map_init(&contexts->contexts[number].map, walk.ranges, walk.count);
        free(walk.ranges);
    }
    return &contexts->contexts[number];
}

const char *name_contexts_qualify(struct name_contexts *contexts, Dwarf_Die *die, const char *name)
{
    const char *qualified = string_pool_intern(contexts->pool, name);
    const struct unit_context *unit = contexts_of(contexts, die);
    if (!unit)
        return qualified;
    uint64_t offset = dwarf_dieoffset(die);
    uint32_t around = range_map_find(&unit->map, offset);
    if (around != RANGE_NONE && unit->contexts[around].die_offset == offset)
        around = unit->contexts[around].parent;
    const char *unnamed = strncmp(name, "operator()", 10) == 0 ? "(lambda)" : "(anonymous)";
    for (unsigned level = 0; around != RANGE_NONE && level < MAX_LEVELS; level++) {
        const char *context = unit->contexts[around].name;
        qualified = string_pool_format(contexts->pool, "%s::%s", context ? context : unnamed, qualified);
        around = unit->contexts[around].parent;
    }
    return qualified;
}
