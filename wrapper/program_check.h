/* Find the program as a shell would, and see whether it can be profiled, before anything is started. */
#ifndef HOTLINE_PROGRAM_CHECK_H
#define HOTLINE_PROGRAM_CHECK_H

#include <limits.h>
#include <stdbool.h>

enum program_verdict {
    PROGRAM_FINE,
    PROGRAM_NOT_PROFILABLE, /* it runs, but nothing can be preloaded: --force runs it without profiling */
    PROGRAM_NOT_EXECUTABLE,
    PROGRAM_NOT_FOUND,
};

struct program_check {
    enum program_verdict verdict;
    char path[PATH_MAX];       /* what to give to execve() */
    char reason[3 * PATH_MAX]; /* when not FINE: one line, with what to do about it */
    char sanitizer[64];        /* see elf_summary.h */
};

/* `name`: argv[0] of the program; without a slash it is searched in `search_path` ($PATH; NULL: the system's default)
 * like execvp(). */
void program_check(const char *name, const char *search_path, struct program_check *ret);

#endif
