/* Tag sets of several profiles -> one table. A static tag that all profiles share stays static; the others go down to the sets of the
 * profile that has them, where the sample's own value of the key is the stronger one. See profile_merge.h. */
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_merge_parts.h"
#include "profiler/collector/require_memory.h"

static const struct profile_tag *find_key(const struct profile_tag *tags, uint32_t count, const char *key)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(tags[i].key, key) == 0) {
            return &tags[i];
        }
    }
    return NULL;
}

static bool is_shared(const struct merge *merge, const struct profile_tag *tag)
{
    for (uint32_t i = 0; i < merge->count; i++) {
        const struct profile_tag *other = find_key(merge->profiles[i]->static_tags, merge->profiles[i]->static_tag_count, tag->key);
        if (!other || strcmp(other->value, tag->value) != 0) {
            return false;
        }
    }
    return true;
}

static void keep_shared(const struct merge *merge, struct merged_profile *ret)
{
    const struct profile *first = merge->profiles[0];
    uint32_t count = 0;
    ret->static_tags = require_array((size_t)first->static_tag_count + 1, sizeof ret->static_tags[0]);
    for (uint32_t i = 0; i < first->static_tag_count; i++) {
        if (is_shared(merge, &first->static_tags[i])) {
            ret->static_tags[count++] = first->static_tags[i];
        }
    }
    ret->profile.static_tags = ret->static_tags;
    ret->profile.static_tag_count = count;
}

static int compare_keys(const void *left, const void *right)
{
    const struct profile_tag *a = left, *b = right;
    return strcmp(a->key, b->key);
}

/* One set of one profile with the labels of that profile. ret: the number of its tags, written to ret_tags. */
static uint32_t label_set(const struct merge *merge, const struct profile *profile, uint32_t set, struct profile_tag *ret_tags)
{
    uint32_t count = profile->tag_sets[set].count;
    for (uint32_t i = 0; i < count; i++) {
        ret_tags[i] = profile->tag_sets[set].tags[i];
    }
    for (uint32_t i = 0; i < profile->static_tag_count; i++) {
        const struct profile_tag *tag = &profile->static_tags[i];
        if (!is_shared(merge, tag) && !find_key(ret_tags, count, tag->key)) {
            ret_tags[count++] = *tag;
        }
    }
    qsort(ret_tags, count, sizeof ret_tags[0], compare_keys);
    return count;
}

struct labelled_set {
    struct profile_tag_set set;
    uint32_t profile, index; /* profile == merge.count: the set without tags, which is always there */
};

/* The set without tags comes first. */
static int compare_sets(const void *left, const void *right)
{
    const struct profile_tag_set *a = &((const struct labelled_set *)left)->set, *b = &((const struct labelled_set *)right)->set;
    for (uint32_t i = 0; i < a->count && i < b->count; i++) {
        int order = strcmp(a->tags[i].key, b->tags[i].key);
        order = order ? order : strcmp(a->tags[i].value, b->tags[i].value);
        if (order) {
            return order;
        }
    }
    return a->count < b->count ? -1 : a->count > b->count;
}

void merge_tags(struct merge *merge, struct merged_profile *ret)
{
    size_t set_count = 1, tag_count = 1;
    for (uint32_t i = 0; i < merge->count; i++) {
        const struct profile *profile = merge->profiles[i];
        merge->tag_sets[i] = require_array((size_t)profile->tag_set_count + 1, sizeof merge->tag_sets[i][0]);
        set_count += profile->tag_set_count;
        for (uint32_t k = 0; k < profile->tag_set_count; k++) {
            tag_count += (size_t)profile->tag_sets[k].count + profile->static_tag_count;
        }
    }
    struct labelled_set *sets = require_array(set_count, sizeof sets[0]);
    ret->tags = require_array(tag_count, sizeof ret->tags[0]);
    ret->tag_sets = require_array(set_count, sizeof ret->tag_sets[0]);
    struct profile_tag *next = ret->tags;
    uint32_t filled = 0, united = 0;
    sets[filled++] = (struct labelled_set){.profile = merge->count};
    for (uint32_t i = 0; i < merge->count; i++) {
        for (uint32_t k = 0; k < merge->profiles[i]->tag_set_count; k++) {
            uint32_t count = label_set(merge, merge->profiles[i], k, next);
            sets[filled++] = (struct labelled_set){{next, count}, i, k};
            next += count;
        }
    }
    qsort(sets, filled, sizeof sets[0], compare_sets);
    for (uint32_t i = 0; i < filled; i++) {
        if (i == 0 || compare_sets(&sets[i - 1], &sets[i]) != 0) {
            ret->tag_sets[united++] = sets[i].set;
        }
        if (sets[i].profile < merge->count) {
            merge->tag_sets[sets[i].profile][sets[i].index] = united - 1;
        }
    }
    free(sets);
    ret->profile.tag_sets = ret->tag_sets;
    ret->profile.tag_set_count = united;
    keep_shared(merge, ret);
}
