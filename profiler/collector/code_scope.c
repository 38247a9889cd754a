/* See code_scope.h. */
#include "profiler/collector/code_scope.h"

#include <string.h>

#include "profiler/collector/source_text.h"

static bool holds_one_of(const char *text, const char *const *parts, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (strstr(text, parts[i])) {
            return true;
        }
    }
    return false;
}

bool code_scope_lists(const struct profile_scope *scope, const char *path)
{
    return (scope->only_count == 0 || holds_one_of(path, scope->only, scope->only_count)) &&
           !holds_one_of(path, scope->exclude, scope->exclude_count);
}

bool code_scope_is_toolchain(const char *path)
{
    static const char *const folders[] = {"/usr/include/", "/usr/lib/gcc/", "/usr/lib/llvm", "/usr/local/include/c++/"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        if (strncmp(path, folders[i], strlen(folders[i])) == 0) {
            return true;
        }
    }
    return false;
}

void code_scope_find_text(const struct profile_scope *scope, struct source_texts *sources, struct profile_file *file)
{
    enum profile_source source = scope->source;
    file->withheld = source == PROFILE_SOURCE_NONE || (source == PROFILE_SOURCE_PROJECT && !file->own);
    if (!file->withheld) {
        source_texts_find(sources, file);
    } else {
        file->missing = source == PROFILE_SOURCE_NONE
                            ? "Source text is left out of this report: --source=none."
                            : "Not the program’s own code: --source=project leaves its text out.";
    }
}
