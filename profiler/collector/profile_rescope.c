/* See profile_rescope.h. */
#include "profiler/collector/profile_rescope.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/code_scope.h"
#include "profiler/collector/require_memory.h"

struct rescoped_profile {
    struct profile profile;
    struct code_scope_arrays arrays;
};

static void *copy(const void *items, uint32_t count, size_t item_bytes)
{
    void *ret = require_array(count + (size_t)1, item_bytes);
    if (count > 0) {
        memcpy(ret, items, count * item_bytes);
    }
    return ret;
}

struct profile *profile_rescope(const struct profile *profile, const struct profile_scope *scope, struct source_texts *sources)
{
    struct rescoped_profile *ret = require_array(1, sizeof *ret);
    struct code_scope_arrays *arrays = &ret->arrays;
    ret->profile = *profile;
    ret->profile.scope = *scope;
    ret->profile.functions = arrays->functions = copy(profile->functions, profile->function_count, sizeof *arrays->functions);
    ret->profile.files = arrays->files = copy(profile->files, profile->file_count, sizeof *arrays->files);
    ret->profile.frames = arrays->frames = copy(profile->frames, profile->frame_count, sizeof *arrays->frames);
    code_scope_apply(scope, &ret->profile, code_scope_owns_toolchain(profile), *arrays);
    for (uint32_t i = 0; i < profile->file_count; i++) {
        code_scope_find_text(scope, sources, &arrays->files[i]);
    }
    return &ret->profile;
}

void profile_rescope_release(struct profile *rescoped)
{
    struct rescoped_profile *profile = (struct rescoped_profile *)(void *)rescoped; /* its first member */
    if (profile) {
        free(profile->arrays.functions);
        free(profile->arrays.files);
        free(profile->arrays.frames);
        free(profile);
    }
}
