/* Saved profiles -> one profile, with its sources and the scope that is asked for -> outputs. */
#include "wrapper/view.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "profiler/collector/output_name.h"
#include "profiler/collector/profile_merge.h"
#include "profiler/collector/profile_read.h"
#include "profiler/collector/profile_rescope.h"
#include "profiler/collector/report_text.h"
#include "profiler/collector/report_write.h"
#include "profiler/collector/source_text.h"
#include "wrapper/message.h"
#include "wrapper/output_plan.h"
#include "wrapper/report_scope.h"

enum { REASON_BYTES = 8192 };

struct view {
    const struct options *options;
    struct output_plan outputs;
    struct report_scope scope;
    char source_root[PATH_MAX];
    struct profile *read[OPTIONS_MAX_LIST];
    struct profile *merged; /* of several */
    struct source_texts *sources;
    struct profile *shown;
};

/* What the command line means. ret: 0, or the exit status. */
static int settle(struct view *view)
{
    const struct options *options = view->options;
    char reason[REASON_BYTES];
    struct stat folder;
    if (options->source_root != NULL) {
        int problem = stat(options->source_root, &folder) != 0 ? errno : S_ISDIR(folder.st_mode) ? 0 : ENOTDIR;
        if (problem == 0 && realpath(options->source_root, view->source_root) == NULL) {
            problem = errno;
        }
        if (problem != 0) {
            message("--source-root=%s: %s", options->source_root, strerror(problem));
            return EXIT_USAGE;
        }
    }
    if (!output_plan_init(&view->outputs, options, time(NULL), reason, sizeof reason) ||
        !report_scope_init(&view->scope, options, reason, sizeof reason)) {
        message("%s", reason);
        return EXIT_USAGE;
    }
    return 0;
}

/* The profiles, as one. NULL: one of them cannot be read. */
static const struct profile *read_profiles(struct view *view)
{
    const struct option_list *paths = &view->options->profiles;
    char reason[REASON_BYTES];
    for (unsigned i = 0; i < paths->count; i++) {
        view->read[i] = profile_read_create(paths->values[i], reason, sizeof reason);
        if (view->read[i] == NULL) {
            message("%s", reason);
            return NULL;
        }
    }
    if (paths->count == 1) {
        return view->read[0];
    }
    view->merged = profile_merge((const struct profile *const *)view->read, paths->count, &(struct profile_merge_options){.align_starts = false});
    return view->merged;
}

/* What is not asked for anew stays as it was recorded. */
static struct profile_scope choose_scope(const struct view *view, const struct profile_scope *recorded)
{
    const struct profile_scope *asked = &view->scope.scope;
    struct profile_scope scope = *recorded;
    if (options_given(view->options, "profile-only")) {
        scope.only = asked->only;
        scope.only_count = asked->only_count;
    }
    if (options_given(view->options, "profile-exclude")) {
        scope.exclude = asked->exclude;
        scope.exclude_count = asked->exclude_count;
    }
    if (options_given(view->options, "cpu-percent-threshold")) {
        scope.cpu_percent_threshold = asked->cpu_percent_threshold;
    }
    if (options_given(view->options, "source")) {
        scope.source = asked->source;
    }
    scope.reduced |= asked->reduced;
    return scope;
}

static bool write_outputs(const struct view *view)
{
    bool good = true;
    for (unsigned i = 0; i < view->outputs.count; i++) {
        char reason[REASON_BYTES] = "out of memory";
        char *path = output_name_expand(view->outputs.outputs[i].path, view->shown->pid);
        if (path != NULL && report_write(view->shown, view->outputs.outputs[i].format, path, reason, sizeof reason)) {
            message("the report is %s", path);
        } else {
            message("%s", reason);
            good = false;
        }
        free(path);
    }
    return good;
}

static int show(struct view *view)
{
    const struct profile *profile = read_profiles(view);
    if (profile == NULL) {
        return EXIT_VERB_FAILED;
    }
    struct profile_scope scope = choose_scope(view, &profile->scope);
    view->sources = source_texts_create(view->source_root, view->scope.maps, view->scope.map_count);
    view->shown = profile_rescope(profile, &scope, view->sources);
    if (!write_outputs(view)) {
        return EXIT_VERB_FAILED;
    }
    char *lines = report_text_last_lines(view->shown);
    if (lines != NULL) {
        message_text(lines);
    }
    free(lines);
    return 0;
}

int view_run(const struct options *options)
{
    struct view *view = calloc(1, sizeof *view);
    if (view == NULL) {
        message("out of memory");
        return EXIT_VERB_FAILED;
    }
    view->options = options;
    int result = settle(view);
    if (result == 0) {
        result = show(view);
    }
    profile_rescope_release(view->shown);
    source_texts_destroy(view->sources);
    profile_merge_release(view->merged);
    for (unsigned i = 0; i < options->profiles.count; i++) {
        profile_read_destroy(view->read[i]);
    }
    report_scope_deinit(&view->scope);
    output_plan_deinit(&view->outputs);
    free(view);
    return result;
}
