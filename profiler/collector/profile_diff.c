/* See profile_diff.h. The two profiles are merged, each under a label, so that a function or line has one number in both; diff_rows.c then
 * counts and judges. */
#include "profiler/collector/profile_diff.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/diff_rows.h"
#include "profiler/collector/profile_label.h"
#include "profiler/collector/profile_merge.h"
#include "profiler/collector/require_memory.h"

const char *const DIFF_SIDE_NAMES[DIFF_SIDES] = {"before", "after"};

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
    const struct profile *const given[DIFF_SIDES] = {before, after};
    const char *key = profile_label_free_key(given, DIFF_SIDES, keys, sizeof keys / sizeof keys[0]);
    diff->label_key = key ? key : keys[0];
    diff->normalized = normalize;
    diff->other_build = is_other_build(before, after);
    for (unsigned s = 0; s < DIFF_SIDES; s++) {
        diff->labels[s] = profile_label(given[s], diff->label_key, DIFF_SIDE_NAMES[s], &diff->parts[s]);
    }
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
