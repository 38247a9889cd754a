/* What counts as the program's own code and is listed: the rules that profiling and viewing share. */
#ifndef HOTLINE_CODE_SCOPE_H
#define HOTLINE_CODE_SCOPE_H

#include "profiler/collector/profile.h"

struct source_texts;

/* --profile-only and --profile-exclude, as Scalene has them. `path`: of a file, or of the module of code without one. */
bool code_scope_lists(const struct profile_scope *scope, const char *path);

/* The toolchain's headers (memcpy in string_fortified.h, a std::vector's push_back) are inlined into own modules, but
 * nobody who reads the report wrote them: the line that uses them decides. */
bool code_scope_is_toolchain(const char *path);

/* Decide what of a profile's code, in arrays that are its own, is the program's and is listed. own_toolchain: with --profile-all. */
struct code_scope_arrays {
    struct profile_function *functions;
    struct profile_file *files;
    struct profile_frame *frames;
};
void code_scope_apply(const struct profile_scope *scope, const struct profile *profile, bool own_toolchain, struct code_scope_arrays arrays);

/* Whether some frame of a toolchain's header is own code. */
bool code_scope_owns_toolchain(const struct profile *profile);

/* Find the text of `file`, whose path and own are set, unless --source withholds it. */
void code_scope_find_text(const struct profile_scope *scope, struct source_texts *sources, struct profile_file *file);

#endif
