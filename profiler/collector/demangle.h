/* A linker's name -> the name its author wrote: C++ (Itanium ABI), Rust (legacy and v0), D. */
#ifndef HOTLINE_DEMANGLE_H
#define HOTLINE_DEMANGLE_H

#include "profiler/collector/string_pool.h"

/* `mangled` demangled with its parameters, or NULL when it is not a mangled name. Interned in `pool`. */
const char *demangle(struct string_pool *pool, const char *mangled);

#endif
