/* A path as DWARF records it (directory + file, both as the compiler was called) -> one spelling per file. */
#ifndef HOTLINE_CLEAN_PATH_H
#define HOTLINE_CLEAN_PATH_H

#include "profiler/collector/string_pool.h"

/* `file` relative to `directory` (NULL or "": unknown), lexically cleaned: "//", "." and "a/.." vanish, a leading ".." of a relative
 * path stays. Absolute unless both are relative; then `file` is taken alone when it already starts with `directory` (distributions rewrite
 * both with -ffile-prefix-map: "./sunrpc" and "./sunrpc/rtime.c"). Interned in `pool`. Symbolic links are not looked at: the path may be of another machine. */
const char *clean_path(struct string_pool *pool, const char *directory, const char *file);

#endif
