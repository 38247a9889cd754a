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

void code_scope_apply(const struct profile_scope *scope, const struct profile *profile, bool own_toolchain, struct code_scope_arrays arrays)
{
    for (uint32_t i = 0; i < profile->function_count; i++) {
        struct profile_function *function = &arrays.functions[i];
        function->left_out = !code_scope_lists(scope, function->file ? function->file : profile->modules[function->module].path);
    }
    for (uint32_t i = 0; i < profile->file_count; i++) {
        arrays.files[i].left_out = !code_scope_lists(scope, arrays.files[i].path);
        arrays.files[i].own = false;
    }
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        struct profile_frame *frame = &arrays.frames[i];
        bool has_file = frame->file != PROFILE_NONE;
        frame->own = profile->modules[frame->module].own && !arrays.functions[frame->function].left_out &&
                     (own_toolchain || !has_file || !code_scope_is_toolchain(arrays.files[frame->file].path));
        if (frame->own && has_file) {
            arrays.files[frame->file].own = true;
        }
    }
}

bool code_scope_owns_toolchain(const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        if (frame->own && frame->file != PROFILE_NONE && code_scope_is_toolchain(profile->files[frame->file].path)) {
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
