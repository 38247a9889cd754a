/* What stands in the way of libhotline.so in a program that is about to be executed. */
#ifndef HOTLINE_EXEC_TARGET_H
#define HOTLINE_EXEC_TARGET_H

#include <stdbool.h>

#include "profiler/session/session_layout.h"

struct exec_target {
    enum left_out left_out; /* LEFT_OUT_NOT: it may be preloaded */
    char sanitizer[64];     /* the runtime that insists on being the first library; "" when none */
};

/* Which loader this process has. Constructor only. */
void exec_target_start(void);

/* Judge `path` as openat(folder, path) finds it, or the file open at `folder` when path is "". A file that cannot be
 * read, or whose format is unknown, is not judged: {LEFT_OUT_NOT, ""}. Async-signal-safe, also in the child of a
 * vfork(); changes errno. */
void exec_target_judge(int folder, const char *path, struct exec_target *ret);

#endif
