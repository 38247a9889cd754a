/* See profile_label.h. */
#include "profiler/collector/profile_label.h"

#include <string.h>

#include "profiler/collector/require_memory.h"

struct profile_tag *profile_label(const struct profile *profile, const char *key, const char *value, struct profile *ret)
{
    uint32_t count = profile->static_tag_count;
    struct profile_tag *tags = require_array((size_t)count + 1, sizeof tags[0]);
    for (uint32_t i = 0; i < count; i++) {
        tags[i] = profile->static_tags[i];
    }
    tags[count] = (struct profile_tag){key, value};
    *ret = *profile;
    ret->static_tags = tags;
    ret->static_tag_count = count + 1;
    return tags;
}

static bool has_key(const struct profile *profile, const char *key)
{
    bool found = false;
    for (uint32_t i = 0; i < profile->static_tag_count; i++) {
        found |= strcmp(profile->static_tags[i].key, key) == 0;
    }
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        for (uint32_t k = 0; k < profile->tag_sets[i].count; k++) {
            found |= strcmp(profile->tag_sets[i].tags[k].key, key) == 0;
        }
    }
    return found;
}

const char *profile_label_free_key(const struct profile *const *profiles, uint32_t count, const char *const *keys, uint32_t key_count)
{
    for (uint32_t i = 0; i < key_count; i++) {
        bool taken = false;
        for (uint32_t k = 0; k < count; k++) {
            taken |= has_key(profiles[k], keys[i]);
        }
        if (!taken) {
            return keys[i];
        }
    }
    return NULL;
}

bool profile_label_same(const struct profile *a, const struct profile *b)
{
    bool same = a->static_tag_count == b->static_tag_count;
    for (uint32_t i = 0; same && i < a->static_tag_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < b->static_tag_count; k++) {
            found |= strcmp(a->static_tags[i].key, b->static_tags[k].key) == 0 && strcmp(a->static_tags[i].value, b->static_tags[k].value) == 0;
        }
        same = found;
    }
    return same;
}
