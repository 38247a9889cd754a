/* libiberty does the work (it is what addr2line and gdb print). Names come from files of unknown origin, so what goes in and what
 * comes out is bounded: substitutions let 100 mangled bytes grow into megabytes. */
#include "profiler/collector/demangle.h"

#include <stdlib.h>
#include <string.h>

#include <libiberty/demangle.h>

enum { MAX_MANGLED_BYTES = 4096, MAX_DEMANGLED_BYTES = 16 * 1024 };

const char *demangle(struct string_pool *pool, const char *mangled)
{
    /* "_Z" is C++ and old Rust, "_R" Rust v0, "_D" D; anything else is a C name, and libiberty would make types of some ("i"). */
    if (mangled[0] != '_' || (mangled[1] != 'Z' && mangled[1] != 'R' && mangled[1] != 'D'))
        return NULL;
    if (strnlen(mangled, MAX_MANGLED_BYTES + 1) > MAX_MANGLED_BYTES)
        return NULL;
    char *plain = cplus_demangle(mangled, DMGL_AUTO | DMGL_PARAMS | DMGL_ANSI);
    if (!plain)
        return NULL;
    const char *interned = NULL;
    if (*plain && strnlen(plain, MAX_DEMANGLED_BYTES + 1) <= MAX_DEMANGLED_BYTES)
        interned = string_pool_intern(pool, plain);
    free(plain);
    return interned;
}
