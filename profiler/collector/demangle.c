/* libiberty does the work: it is what addr2line and gdb print.
 *
 * A name refers back to parts of itself, so 250 hostile bytes print 285 MB and 300 bytes more than any machine's memory. Its callback
 * form prints as it goes and allocates nothing, which makes it safe to leave by longjmp() once the limit is reached. */
#include "profiler/collector/demangle.h"

#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include <libiberty/demangle.h>

enum { MAX_MANGLED_BYTES = 4096, MAX_DEMANGLED_BYTES = 16 * 1024 };

struct printed {
    char text[MAX_DEMANGLED_BYTES];
    size_t length;
    jmp_buf too_long;
};

static void append(const char *text, size_t length, void *opaque)
{
    struct printed *printed = opaque;
    if (length > sizeof printed->text - printed->length)
        longjmp(printed->too_long, 1);
    memcpy(printed->text + printed->length, text, length);
    printed->length += length;
}

static bool print_name(const char *mangled, struct printed *printed)
{
    if (setjmp(printed->too_long))
        return false;
    printed->length = 0;
    /* Old Rust names look like C++ ones, with a hash at the end that only the Rust demangler takes off. */
    if (rust_demangle_callback(mangled, 0, append, printed))
        return true;
    printed->length = 0;
    return cplus_demangle_v3_callback(mangled, DMGL_PARAMS | DMGL_ANSI, append, printed) != 0;
}

const char *demangle(struct string_pool *pool, const char *mangled)
{
    /* Anything else is a C name, and libiberty would make types of some ("i"). */
    if (mangled[0] != '_' || (mangled[1] != 'Z' && mangled[1] != 'R'))
        return NULL;
    if (strnlen(mangled, MAX_MANGLED_BYTES + 1) > MAX_MANGLED_BYTES)
        return NULL;
    struct printed printed;
    if (!print_name(mangled, &printed) || printed.length == 0)
        return NULL;
    return string_pool_intern_bytes(pool, printed.text, printed.length);
}
