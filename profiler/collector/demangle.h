/* A linker's name -> the name its author wrote: C++ (Itanium ABI) and Rust (legacy and v0). */
#ifndef HOTLINE_DEMANGLE_H
#define HOTLINE_DEMANGLE_H

#include "profiler/collector/string_pool.h"

/* `mangled` demangled, C++ with its parameters; NULL when it is not a mangled name or would print more than a reader could use.
 * Interned in `pool`. */
const char *demangle(struct string_pool *pool, const char *mangled);

#endif
