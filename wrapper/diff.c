/* Two saved profiles -> what changed: text on standard output, or the outputs that are asked for, and a verdict as exit status. */
#include "wrapper/diff.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/output_name.h"
#include "profiler/collector/profile_diff.h"
#include "profiler/collector/profile_rescope.h"
#include "profiler/collector/report_diff.h"
#include "profiler/collector/report_write.h"
#include "wrapper/message.h"
#include "wrapper/saved.h"

static bool write_one(const struct saved *saved, const struct report_diff *report, enum output_format format, const char *path, char *reason,
                      size_t reason_bytes)
{
    if (format == OUTPUT_TEXT) {
        return report_diff_text_write(report, path, reason, reason_bytes);
    }
    if (format == OUTPUT_JSON) {
        return report_diff_json_write(report, path, reason, reason_bytes);
    }
    struct profile *shown = saved_rescope(saved, report->diff->merged);
    memcpy(shown->compare_names, report->names, sizeof shown->compare_names);
    bool written = report_write(shown, format, path, reason, reason_bytes);
    profile_rescope_release(shown);
    return written;
}

static bool write_outputs(const struct saved *saved, const struct report_diff *report)
{
    char reason[SAVED_REASON_BYTES] = "out of memory";
    const struct options *options = saved->options;
    bool asked = options->outfiles.count > 0, good = true;
    for (unsigned i = 0; i < OUTPUT_FORMATS; i++) {
        asked |= options->formats[i];
    }
    if (!asked && !report_diff_text_write(report, "/dev/stdout", reason, sizeof reason)) {
        message("%s", reason);
        return false;
    }
    for (unsigned i = 0; asked && i < saved->outputs.count; i++) {
        char *path = output_name_expand(saved->outputs.outputs[i].path, report->diff->merged->pid);
        if (path != NULL && write_one(saved, report, saved->outputs.outputs[i].format, path, reason, sizeof reason)) {
            message("the comparison is %s", path);
        } else {
            message("%s", reason);
            good = false;
        }
        free(path);
    }
    return good;
}

static int judge(const struct options *options, const struct profile_diff *diff)
{
    const struct diff_row *row;
    double worst = profile_diff_worst_percent(diff, &row);
    if (!options_given(options, "fail-above") || worst <= options->fail_above_percent) {
        return 0;
    }
    message("%s() costs %.2f %s more than before, above --fail-above=%g", diff->merged->functions[row->function].name, worst,
            diff->normalized ? "percentage points" : "% of the whole run's CPU time", options->fail_above_percent);
    return EXIT_GOT_SLOWER;
}

static int compare(const struct saved *saved, const struct profile *before, const struct profile *after)
{
    const struct options *options = saved->options;
    struct profile_diff *diff = profile_diff_create(before, after, options->normalize);
    if (diff == NULL) {
        message("out of memory");
        return EXIT_VERB_FAILED;
    }
    struct report_diff report = {.diff = diff, .names = {options->profiles.values[0], options->profiles.values[1]}};
    int status = write_outputs(saved, &report) ? judge(options, diff) : EXIT_VERB_FAILED;
    profile_diff_destroy(diff);
    return status;
}

int diff_run(const struct options *options)
{
    struct saved *saved = calloc(1, sizeof *saved);
    if (saved == NULL) {
        message("out of memory");
        return EXIT_VERB_FAILED;
    }
    struct saved_part parts[DIFF_SIDES] = {{.profile = NULL}};
    int status = saved_open(saved, options);
    if (status == 0) {
        const struct profile *before = saved_select(saved, saved->read[0], &parts[DIFF_BEFORE]);
        const struct profile *after = before == NULL ? NULL : saved_select(saved, saved->read[1], &parts[DIFF_AFTER]);
        status = after == NULL ? EXIT_VERB_FAILED : compare(saved, before, after);
    }
    saved_part_deinit(&parts[DIFF_BEFORE]);
    saved_part_deinit(&parts[DIFF_AFTER]);
    saved_close(saved);
    free(saved);
    return status;
}
