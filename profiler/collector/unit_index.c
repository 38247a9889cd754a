/* Units, found by a range map; each is indexed when it is first met. */
#include "profiler/collector/unit_index.h"

#include <stdlib.h>

#include <dwarf.h>

#include "profiler/collector/clean_path.h"
#include "profiler/collector/die_read.h"
#include "profiler/collector/require_memory.h"
#include "profiler/collector/unit_extents.h"

enum {
    MAX_UNIT_RANGES = 1 << 22,   /* of all units together; one per function at most (-ffunction-sections) */
    MAX_SCOPE_RANGES = 16 << 20, /* likewise, of what is in them: a crooked file's units could all share one long list */
};

struct extents {
    struct range *ranges;
    size_t count, capacity;
};

static void add_extent(struct extents *extents, uint64_t low, uint64_t high, size_t unit)
{
    extents->ranges = require_room(extents->ranges, &extents->capacity, extents->count + 1, sizeof *extents->ranges);
    extents->ranges[extents->count++] = (struct range){low, high, 0, (uint32_t)unit};
}

static bool skeleton_or_whole(Dwarf_CU *handle, Dwarf_Die *ret_root, Dwarf_Die *ret_split, bool *ret_is_split)
{
    uint8_t type = 0;
    if (dwarf_cu_info(handle, NULL, &type, ret_root, NULL, NULL, NULL, NULL) != 0)
        return false;
    if (type != DW_UT_compile && type != DW_UT_skeleton)
        return false;
    *ret_is_split = false;
    if (type == DW_UT_skeleton && ret_split && die_split_is_file(ret_root))
        *ret_is_split = dwarf_cu_info(handle, NULL, NULL, NULL, ret_split, NULL, NULL, NULL) == 0 && dwarf_tag(ret_split) > 0;
    return true;
}

static void index_unit(struct unit_index *index, struct unit *unit)
{
    unit->indexed = true;
    Dwarf_Die root, split;
    bool is_split;
    if (!skeleton_or_whole(unit->handle, &root, &split, &is_split))
        return;
    unit->directory = die_read_text(&root, DW_AT_comp_dir);
    if (die_has_bad_text(&root, DW_AT_comp_dir) || dwarf_getsrclines(&root, &unit->lines, &unit->line_count) != 0)
        unit->line_count = 0;
    Dwarf_Die *scopes = is_split ? &split : &root;
    unit->scopes_dwarf = dwarf_cu_getdwarf(scopes->cu);
    if (die_has_bad_text(scopes, DW_AT_comp_dir) || dwarf_getsrcfiles(scopes, &unit->files, &unit->file_count) != 0)
        unit->file_count = 0;
    scope_index_init(&unit->scopes, scopes, index->code, &index->ranges_left);
}

/* A unit whose root says nothing of its extent (old assemblers, some other compilers): its functions and lines tell. */
static void measure_unit(struct unit_index *index, size_t number, struct extents *extents)
{
    struct unit *unit = &index->units[number];
    if (!unit->indexed)
        index_unit(index, unit);
    for (size_t i = 0; i + 1 < unit->scopes.map.count; i++) {
        const struct range_step *step = &unit->scopes.map.steps[i];
        if (step->value != RANGE_NONE)
            add_extent(extents, step->start, step[1].start, number);
    }
    if (unit->scopes.count)
        return;
    Dwarf_Addr start = 0, address;
    bool in_sequence = false, ends = false;
    for (size_t i = 0; i < unit->line_count; i++) {
        Dwarf_Line *line = dwarf_onesrcline(unit->lines, i);
        if (dwarf_lineaddr(line, &address) != 0 || dwarf_lineendsequence(line, &ends) != 0)
            continue;
        if (!in_sequence)
            start = address;
        in_sequence = !ends;
        if (ends && symbol_file_is_code(index->code, start, address))
            add_extent(extents, start, address, number);
    }
}

/* may_measure: also at the cost of reading all of it. */
static void ask_unit(struct unit_index *index, size_t number, Dwarf_Die *root, bool may_measure, struct extents *extents)
{
    bool measured = false;
    Dwarf_Addr base, low, high;
    for (ptrdiff_t offset = 0; extents->count < MAX_UNIT_RANGES && (offset = dwarf_ranges(root, offset, &base, &low, &high)) > 0;) {
        measured = true;
        if (symbol_file_is_code(index->code, low, high))
            add_extent(extents, low, high, number);
    }
    index->units[number].measured = measured || may_measure;
    if (!measured && may_measure && extents->count < MAX_UNIT_RANGES)
        measure_unit(index, number, extents);
}

static bool is_in_table(const struct unit_index *index, size_t number, Dwarf_Die *root, const struct unit_extents *table,
                        struct extents *extents)
{
    const struct unit_extent *first;
    size_t count = unit_extents_find(table, dwarf_dieoffset(root) - dwarf_cuoffset(root), &first);
    for (size_t i = 0; i < count && extents->count < MAX_UNIT_RANGES; i++) {
        if (symbol_file_is_code(index->code, first[i].low, first[i].high))
            add_extent(extents, first[i].low, first[i].high, number);
    }
    return count > 0;
}

static void add_unit(struct unit_index *index, Dwarf_CU *handle, const struct unit_extents *table, struct extents *extents)
{
    Dwarf_Die root;
    bool is_split;
    if (!skeleton_or_whole(handle, &root, NULL, &is_split) || index->count == RANGE_NONE)
        return;
    size_t number = index->count;
    index->units = require_room(index->units, &index->capacity, number + 1, sizeof *index->units);
    index->units[number] = (struct unit){.handle = handle};
    index->count++;
    if (!is_in_table(index, number, &root, table, extents))
        ask_unit(index, number, &root, index->complete, extents);
}

/* The table did not know an address: the units that it was believed for, also those that it does not have and that say nothing of their
 * extent themselves (130 of libc's, which have no code), are asked after all. */
static void complete(struct unit_index *index)
{
    struct extents extents = {0};
    index->complete = true;
    for (size_t i = 0; i < index->map.count; i++) {
        const struct range_step *step = &index->map.steps[i];
        if (step->value != RANGE_NONE && i + 1 < index->map.count)
            add_extent(&extents, step->start, step[1].start, step->value);
    }
    for (size_t i = 0; i < index->count; i++) {
        Dwarf_Die root;
        bool is_split;
        if (!index->units[i].measured && skeleton_or_whole(index->units[i].handle, &root, NULL, &is_split))
            ask_unit(index, i, &root, true, &extents);
    }
    range_map_deinit(&index->map);
    range_map_init(&index->map, extents.ranges, extents.count);
    free(extents.ranges);
}

void unit_index_init(struct unit_index *index, Dwarf *dwarf, const struct symbol_file *code, struct function_names *names,
                     struct string_pool *pool)
{
    *index = (struct unit_index){.pool = pool, .names = names, .code = code, .ranges_left = MAX_SCOPE_RANGES};
    struct extents extents = {0};
    struct unit_extents table;
    unit_extents_init(&table, dwarf, MAX_UNIT_RANGES);
    index->complete = table.count == 0;
    Dwarf_CU *handle = NULL, *next = NULL;
    while (dwarf_get_units(dwarf, handle, &next, NULL, NULL, NULL, NULL) == 0) {
        handle = next;
        add_unit(index, handle, &table, &extents);
    }
    unit_extents_deinit(&table);
    range_map_init(&index->map, extents.ranges, extents.count);
    free(extents.ranges);
    if (index->map.count == 0 && !index->complete)
        complete(index); /* a table that names no code */
}

void unit_index_deinit(struct unit_index *index)
{
    for (size_t i = 0; i < index->count; i++)
        scope_index_deinit(&index->units[i].scopes);
    free(index->units);
    range_map_deinit(&index->map);
    *index = (struct unit_index){0};
}

struct unit *unit_index_find(struct unit_index *index, uint64_t address)
{
    uint32_t found = range_map_find(&index->map, address);
    if (found == RANGE_NONE && !index->complete) {
        complete(index);
        found = range_map_find(&index->map, address);
    }
    if (found == RANGE_NONE)
        return NULL;
    struct unit *unit = &index->units[found];
    if (!unit->indexed)
        index_unit(index, unit);
    return unit;
}

/* NULL: unknown, as is a name of which nothing is left ("." without a directory). */
static const char *file_name(struct unit_index *index, const struct unit *unit, const char *file)
{
    const char *path = file ? clean_path(index->pool, unit->directory, file) : "";
    return *path ? path : NULL;
}

void unit_index_line(struct unit_index *index, const struct unit *unit, uint64_t address, const char **ret_file, uint32_t *ret_line)
{
    *ret_file = NULL;
    *ret_line = 0;
    size_t low = 0, high = unit->line_count; /* the row is low - 1: of several rows at one address the last one counts */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        Dwarf_Addr start;
        if (dwarf_lineaddr(dwarf_onesrcline(unit->lines, middle), &start) == 0 && start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return;
    Dwarf_Line *row = dwarf_onesrcline(unit->lines, low - 1);
    bool ends = true;
    if (dwarf_lineendsequence(row, &ends) != 0 || ends)
        return;
    int line;
    *ret_file = file_name(index, unit, dwarf_linesrc(row, NULL, NULL));
    if (dwarf_lineno(row, &line) == 0 && line > 0)
        *ret_line = (uint32_t)line;
}

static uint32_t number_attribute(Dwarf_Die *die, unsigned name)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    if (!dwarf_attr(die, name, &attribute) || dwarf_formudata(&attribute, &value) != 0 || value > UINT32_MAX)
        return 0;
    return (uint32_t)value;
}

static void resolve_scope(struct unit_index *index, const struct unit *unit, struct scope *scope)
{
    scope->resolved = true;
    Dwarf_Die die;
    if (!dwarf_offdie(unit->scopes_dwarf, scope->die_offset, &die))
        return;
    struct function_name found = function_names_find(index->names, &die);
    scope->name = found.name;
    scope->name_line = found.line;
    if (scope->parent == SCOPE_NONE)
        return;
    scope->call_line = number_attribute(&die, DW_AT_call_line);
    Dwarf_Attribute attribute;
    Dwarf_Word number;
    if (!dwarf_attr(&die, DW_AT_call_file, &attribute) || dwarf_formudata(&attribute, &number) != 0 || number >= unit->file_count)
        return;
    scope->call_file = file_name(index, unit, dwarf_filesrc(unit->files, number, NULL, NULL));
}

static const struct scope *scope_at(struct unit_index *index, struct unit *unit, uint32_t number)
{
    if (number == SCOPE_NONE)
        return NULL;
    struct scope *scope = &unit->scopes.scopes[number];
    if (!scope->resolved)
        resolve_scope(index, unit, scope);
    return scope;
}

const struct scope *unit_index_scope(struct unit_index *index, struct unit *unit, uint64_t address)
{
    return scope_at(index, unit, range_map_find(&unit->scopes.map, address));
}

const struct scope *unit_index_outer(struct unit_index *index, struct unit *unit, const struct scope *scope)
{
    return scope_at(index, unit, scope->parent);
}
