/* Saved profiles -> one profile, or the selected part of it, in the scope that is asked for -> outputs. */
#include "wrapper/view.h"

#include <stdlib.h>

#include "profiler/collector/output_name.h"
#include "profiler/collector/profile_merge.h"
#include "profiler/collector/profile_rescope.h"
#include "profiler/collector/report_text.h"
#include "profiler/collector/report_write.h"
#include "wrapper/file_labels.h"
#include "wrapper/message.h"
#include "wrapper/saved.h"

static bool write_outputs(const struct saved *saved, const struct profile *shown)
{
    bool good = true;
    for (unsigned i = 0; i < saved->outputs.count; i++) {
        char reason[SAVED_REASON_BYTES] = "out of memory";
        char *path = output_name_expand(saved->outputs.outputs[i].path, shown->pid);
        if (path != NULL && report_write(shown, saved->outputs.outputs[i].format, path, reason, sizeof reason)) {
            message("the report is %s", path);
        } else {
            message("%s", reason);
            good = false;
        }
        free(path);
    }
    return good;
}

static int show(const struct saved *saved, const struct profile *profile)
{
    struct saved_part part;
    int status = EXIT_VERB_FAILED;
    const struct profile *selected = saved_select(saved, profile, &part);
    if (selected != NULL) {
        struct profile *shown = saved_rescope(saved, selected);
        if (write_outputs(saved, shown)) {
            char *lines = report_text_last_lines(shown);
            if (lines != NULL) {
                message_text(lines);
            }
            free(lines);
            status = 0;
        }
        profile_rescope_release(shown);
    }
    saved_part_deinit(&part);
    return status;
}

static int show_merged(const struct saved *saved)
{
    struct file_labels *labels = calloc(1, sizeof *labels);
    if (labels == NULL) {
        message("out of memory");
        return EXIT_VERB_FAILED;
    }
    file_labels_init(labels, saved);
    struct profile *merged = profile_merge(labels->shown, saved->options->profiles.count, &(struct profile_merge_options){.align_starts = false});
    int status = show(saved, merged);
    profile_merge_release(merged);
    file_labels_deinit(labels);
    free(labels);
    return status;
}

int view_run(const struct options *options)
{
    struct saved *saved = calloc(1, sizeof *saved);
    if (saved == NULL) {
        message("out of memory");
        return EXIT_VERB_FAILED;
    }
    int status = saved_open(saved, options);
    if (status == 0 && options->profiles.count == 1) {
        status = show(saved, saved->read[0]);
    } else if (status == 0) {
        status = show_merged(saved);
    }
    saved_close(saved);
    free(saved);
    return status;
}
