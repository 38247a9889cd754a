/* An address in a module's data -> the variable there, from the symbol table: for the few locks that a report names. */
#ifndef HOTLINE_VARIABLE_NAMES_H
#define HOTLINE_VARIABLE_NAMES_H

#include "profiler/collector/string_pool.h"
#include "profiler/collector/symbol_file.h"

/* A walk over all symbols of `file`. ret: interned and demangled, "pool+0x28" inside it; NULL: none covers `address`. */
const char *variable_name_find(const struct symbol_file *file, uint64_t address, struct string_pool *pool);

#endif
