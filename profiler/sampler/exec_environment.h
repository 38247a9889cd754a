/* The environment that an executed program gets: what libhotline.so needs in it, or none of it. */
#ifndef HOTLINE_EXEC_ENVIRONMENT_H
#define HOTLINE_EXEC_ENVIRONMENT_H

#include <stddef.h>

/* Our own entry in LD_PRELOAD of `envp`. ret: its length, 0 when there is none; *ret is where it begins. */
size_t exec_environment_find(char *const envp[], const char **ret);

/* How much memory exec_environment_make() needs. */
size_t exec_environment_bytes(char *const envp[], const char *sanitizer);

/* A copy of `envp` in `memory`, which shares its strings, with `sanitizer` before our entry in LD_PRELOAD; when that
 * is "", without our entry and without the session's name. The caller's own environment stays as it is. Async-
 * signal-safe. `memory` is aligned for pointers. */
char **exec_environment_make(char *const envp[], const char *sanitizer, void *memory);

/* Take out of this process's own environment, in place, what stood in LD_PRELOAD for it alone. Constructor only. */
void exec_environment_clean(char *envp[]);

#endif
