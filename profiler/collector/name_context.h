/* A C++ function's short name -> the name with the namespaces, classes and functions around it.
 *
 * gcc gives no linkage name to functions that only one file can see: lambdas, what is in an anonymous namespace. Without its context a
 * report would name them all `operator()`. The context is where the entry stands in its unit's tree, and libdw does not know an entry's
 * parent; so a unit's nesting is flattened once, when the first such name is met. */
#ifndef HOTLINE_NAME_CONTEXT_H
#define HOTLINE_NAME_CONTEXT_H

#include <stddef.h>

#include <elfutils/libdw.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/string_pool.h"

struct name_contexts {
    struct string_pool *pool;
    struct key_table units; /* Dwarf_CU * */
    struct unit_context *contexts; /* by number in `units` */
    size_t capacity;
};

void name_contexts_init(struct name_contexts *contexts, struct string_pool *pool);
void name_contexts_deinit(struct name_contexts *contexts);

/* `name`, the name of the function declared by `die`, qualified ("app::(anonymous namespace)::cache::find") where the language has such
 * names. Interned. */
const char *name_contexts_qualify(struct name_contexts *contexts, Dwarf_Die *die, const char *name);

#endif
