/* Sentences. A library of the distribution needs a package, one's own program a compiler flag. */
#include "profiler/collector/symbol_problem.h"

#include <string.h>

#include "profiler/collector/debug_file.h"

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_of_distribution(const char *path)
{
    static const char *const places[] = {"/lib", "/usr/lib", "/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/games/"};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        if (starts_with(path, places[i]))
            return true;
    }
    return false;
}

/* The libraries that the package libc6-dbg describes. */
static bool is_libc(const char *path)
{
    static const char *const names[] = {"libc.so",     "libm.so",      "libmvec.so",  "libpthread.so", "libdl.so",  "librt.so",  "ld-linux",
                                        "libresolv.so", "libnss_",      "libutil.so",  "libanl.so",     "libnsl.so", "libc-2",    "ld-2"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (starts_with(name, names[i]))
            return true;
    }
    return false;
}

const char *symbol_problem_unreadable(struct string_pool *pool, const char *path, const char *why)
{
    return string_pool_format(pool, "%s cannot be read (%s): hotline needs to read the file the program was started from", path, why);
}

const char *symbol_problem_replaced(struct string_pool *pool, const char *path)
{
    return string_pool_format(pool, "%s is not the file that ran (its build-id differs): it was replaced since, run again to see lines",
                              path);
}

const char *symbol_problem_no_lines(struct string_pool *pool, const char *path, const struct symbol_file *file, enum symbol_quality quality)
{
    if (strcmp(path, "[vdso]") == 0)
        return string_pool_intern(pool, "[vdso] is code of the kernel and has no lines");
    if (is_libc(path))
        return string_pool_format(pool, "%s has no debug info here: install the package libc6-dbg to see lines", path);
    if (is_of_distribution(path))
        return string_pool_format(pool, "%s has no debug info here: install the -dbgsym package of its package (dpkg -S %s) to see lines",
                                  path, path);
    const char *link = debug_file_link(file, NULL);
    if (link)
        return string_pool_format(pool, "%s is stripped and its debug file %s was not found: put it beside the program to see lines", path,
                                  link);
    if (quality == SYMBOLS_FULL)
        return string_pool_format(pool, "%s was compiled without -g: add -g to the compiler's flags to see lines", path);
    return string_pool_format(pool, "%s is stripped: compile with -g and do not strip it to see lines", path);
}
