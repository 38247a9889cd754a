/* Why a module shows no lines, and what its user can do about it, in one sentence. */
#ifndef HOTLINE_SYMBOL_PROBLEM_H
#define HOTLINE_SYMBOL_PROBLEM_H

#include "profiler/collector/string_pool.h"
#include "profiler/collector/symbol_file.h"
#include "profiler/collector/symbolize.h"

/* The file at `path` could not be opened: `why` as symbol_file_open() gave it. */
const char *symbol_problem_unreadable(struct string_pool *pool, const char *path, const char *why);
/* The file there now has another build-id than the one the program runs. */
const char *symbol_problem_replaced(struct string_pool *pool, const char *path);
/* `file` has no debug info, and none was found for it. */
const char *symbol_problem_no_lines(struct string_pool *pool, const char *path, const struct symbol_file *file, enum symbol_quality quality);

#endif
