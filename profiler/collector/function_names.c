/* Follows DW_AT_abstract_origin and DW_AT_specification and remembers the result per entry.
 *
 * Name: a mangled linkage name demangled (it has the namespaces and parameters), else DW_AT_name with its context. A C function's linkage
 * name is ignored: `asm("...")` labels are not what its author calls it. Compiler-made parts (foo.cold, foo.part.0, foo.constprop.0) are foo. */
#include "profiler/collector/function_names.h"

#include <stdbool.h>
#include <stdlib.h>

#include <dwarf.h>

#include "profiler/collector/demangle.h"
#include "profiler/collector/die_read.h"
#include "profiler/collector/require_memory.h"

enum { MAX_HOPS = 8 }; /* real chains have at most 3: inlined copy, definition, declaration in the class */

void function_names_init(struct function_names *names, struct string_pool *pool, struct elf_symbols *symbols)
{
    *names = (struct function_names){.pool = pool, .symbols = symbols};
    key_table_init(&names->entries, sizeof(const void *));
    name_contexts_init(&names->contexts, pool);
}

void function_names_deinit(struct function_names *names)
{
    name_contexts_deinit(&names->contexts);
    key_table_deinit(&names->entries);
    free(names->found);
    *names = (struct function_names){0};
}

/* The symbol table's name of a function whose code starts at `die`'s, if that is a mangled one. */
static const char *mangled_symbol(const struct function_names *names, Dwarf_Die *die)
{
    Dwarf_Addr start;
    if (!names->symbols->mangled || dwarf_lowpc(die, &start) != 0)
        return NULL;
    const struct elf_symbol *symbol = elf_symbols_find(names->symbols, start);
    return symbol && symbol->address == start && symbol->mangled ? symbol->name : NULL;
}

static struct function_name resolve(struct function_names *names, const Dwarf_Die *first)
{
    struct function_name found = {NULL, 0};
    const char *linkage = NULL, *name = NULL;
    Dwarf_Die die = *first;
    for (unsigned hop = 0; hop < MAX_HOPS; hop++) {
        Dwarf_Attribute line;
        Dwarf_Word value;
        if (!linkage)
            linkage = die_read_text(&die, DW_AT_linkage_name);
        if (!linkage)
            linkage = die_read_text(&die, DW_AT_MIPS_linkage_name);
        if (!name)
            name = die_read_text(&die, DW_AT_name);
        if (!found.line && dwarf_attr(&die, DW_AT_decl_line, &line) && dwarf_formudata(&line, &value) == 0 && value <= UINT32_MAX)
            found.line = (uint32_t)value;
        Dwarf_Die next;
        if (!die_follow(&die, DW_AT_abstract_origin, &next) && !die_follow(&die, DW_AT_specification, &next))
            break;
        die = next;
    }
    if (linkage)
        found.name = demangle(names->pool, linkage);
    if (!found.name) {
        Dwarf_Die code = *first;
        found.name = mangled_symbol(names, &code);
    }
    if (!found.name && name) /* `die` is the innermost declaration now, which stands where the function's context is */
        found.name = name_contexts_qualify(&names->contexts, &die, name);
    else if (!found.name && linkage)
        found.name = string_pool_intern(names->pool, linkage);
    return found;
}

struct function_name function_names_find(struct function_names *names, Dwarf_Die *die)
{
    /* All inlined copies share their origin's name; an out-of-line copy may have its own (constructors do). */
    Dwarf_Die named = *die;
    if (dwarf_tag(die) == DW_TAG_inlined_subroutine && !die_follow(die, DW_AT_abstract_origin, &named))
        named = *die;
    bool is_new;
    uint32_t number = key_table_add(&names->entries, &named.addr, &is_new);
    if (is_new) {
        names->found = require_room(names->found, &names->found_capacity, (size_t)number + 1, sizeof *names->found);
        names->found[number] = resolve(names, &named);
    }
    return names->found[number];
}
