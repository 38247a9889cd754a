/* See profile_diff.h. The two profiles are merged, each under a label, so that a function or line has one number in both; diff_rows.c then
 * counts and judges. */
#include "profiler/collector/profile_diff.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/diff_rows.h"
#include "profiler/collector/profile_merge.h"
#include "profiler/collector/require_memory.h"

const char *const DIFF_SIDE_NAMES[DIFF_SIDES] = {"before", "after"};

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

/* One more static tag on a shallow copy. */
static void label(struct profile_diff *diff, enum diff_side side, const struct profile *profile)
{
    uint32_t count = profile->static_tag_count;
    diff->labels[side] = require_array((size_t)count + 1, sizeof diff->labels[side][0]);
    for (uint32_t i = 0; i < count; i++) {
        diff->labels[side][i] = profile->static_tags[i];
    }
    diff->labels[side][count] = (struct profile_tag){diff->label_key, DIFF_SIDE_NAMES[side]};
    diff->parts[side] = *profile;
    diff->parts[side].static_tags = diff->labels[side];
    diff->parts[side].static_tag_count = count + 1;
}

static bool is_other_build(const struct profile *before, const struct profile *after)
{
    for (uint32_t i = 0; i < before->module_count; i++) {
        for (uint32_t k = 0; k < after->module_count; k++) {
            if (before->modules[i].own && strcmp(before->modules[i].path, after->modules[k].path) == 0 &&
                strcmp(before->modules[i].build_id, after->modules[k].build_id) != 0) {
                return true;
            }
        }
    }
    return false;
}

struct profile_diff *profile_diff_create(const struct profile *before, const struct profile *after, bool normalize)
{
    struct profile_diff *diff = require_array(1, sizeof *diff);
    static const char *const keys[] = {"profile", "compared_profile", "hotline_profile"};
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0] && !diff->label_key; i++) {
        diff->label_key = has_key(before, keys[i]) || has_key(after, keys[i]) ? NULL : keys[i];
    }
    diff->label_key = diff->label_key ? diff->label_key : keys[0];
    diff->normalized = normalize;
    diff->other_build = is_other_build(before, after);
    label(diff, DIFF_BEFORE, before);
    label(diff, DIFF_AFTER, after);
    const struct profile *both[DIFF_SIDES] = {&diff->parts[DIFF_BEFORE], &diff->parts[DIFF_AFTER]};
    struct profile *merged = profile_merge(both, DIFF_SIDES, &(struct profile_merge_options){.align_starts = true});
    merged->compare_key = diff->label_key;
    merged->compare_normalized = normalize;
    merged->compare_other_build = diff->other_build;
    diff->merged = diff->own_merged = merged;
    diff->summary = diff->own_summary = summary_create(merged, NULL);
    if (!diff->summary) {
        profile_diff_destroy(diff);
        return NULL;
    }
    diff_rows_fill(diff);
    return diff;
}

struct profile_diff *profile_diff_of_merged(const struct summary *summary)
{
    const struct profile *merged = summary->profile;
    struct profile_diff *diff = require_array(1, sizeof *diff);
    *diff = (struct profile_diff){.merged = merged,
                                  .summary = summary,
                                  .label_key = merged->compare_key,
                                  .normalized = merged->compare_normalized,
                                  .other_build = merged->compare_other_build};
    diff_rows_fill(diff);
    return diff;
}

void profile_diff_destroy(struct profile_diff *diff)
{
    if (!diff) {
        return;
    }
    summary_destroy(diff->own_summary);
    profile_merge_release(diff->own_merged);
    for (unsigned s = 0; s < DIFF_SIDES; s++) {
        free(diff->labels[s]);
    }
    free(diff->functions);
    free(diff->lines);
    free(diff);
}

double profile_diff_worst_percent(const struct profile_diff *diff, const struct diff_row **ret_row)
{
    double worst = 0, before_s = diff->total[DIFF_BEFORE].seconds;
    *ret_row = NULL;
    for (uint32_t i = 0; i < diff->significant_functions; i++) {
        double change = diff->functions[i].change;
        double percent = diff->normalized ? change : before_s > 0 ? 100 * change / before_s : 0;
        if (percent > worst) {
            worst = percent;
            *ret_row = &diff->functions[i];
        }
    }
    return worst;
}
