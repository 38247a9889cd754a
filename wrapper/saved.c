/* The command line of view and diff -> profiles. See saved.h. */
#include "wrapper/saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "profiler/collector/profile_read.h"
#include "profiler/collector/profile_rescope.h"
#include "profiler/collector/profile_select.h"
#include "profiler/collector/source_text.h"
#include "wrapper/message.h"

/* What the command line means. ret: 0, or the exit status. */
static int settle(struct saved *saved)
{
    const struct options *options = saved->options;
    char reason[SAVED_REASON_BYTES];
    struct stat folder;
    if (options->source_root != NULL) {
        int problem = stat(options->source_root, &folder) != 0 ? errno : S_ISDIR(folder.st_mode) ? 0 : ENOTDIR;
        if (problem == 0 && realpath(options->source_root, saved->source_root) == NULL) {
            problem = errno;
        }
        if (problem != 0) {
            message("--source-root=%s: %s", options->source_root, strerror(problem));
            return EXIT_USAGE;
        }
    }
    if (!output_plan_init(&saved->outputs, options, time(NULL), reason, sizeof reason) ||
        !report_scope_init(&saved->scope, options, reason, sizeof reason)) {
        message("%s", reason);
        return EXIT_USAGE;
    }
    for (unsigned i = 0; i < options->tags.count; i++) {
        const char *equals = strchr(options->tags.values[i], '=');
        if (equals == NULL || equals == options->tags.values[i]) {
            message("--tag=%s: not of the form KEY=VALUE", options->tags.values[i]);
            return EXIT_USAGE;
        }
    }
    return 0;
}

int saved_open(struct saved *ret, const struct options *options)
{
    *ret = (struct saved){.options = options};
    int status = settle(ret);
    char reason[SAVED_REASON_BYTES];
    for (unsigned i = 0; i < options->profiles.count && status == 0; i++) {
        ret->read[i] = profile_read_create(options->profiles.values[i], reason, sizeof reason);
        if (ret->read[i] == NULL) {
            message("%s", reason);
            status = EXIT_VERB_FAILED;
        }
    }
    if (status == 0) {
        ret->sources = source_texts_create(ret->source_root, ret->scope.maps, ret->scope.map_count);
    }
    return status;
}

void saved_close(struct saved *saved)
{
    source_texts_destroy(saved->sources);
    for (unsigned i = 0; i < saved->options->profiles.count; i++) {
        profile_read_destroy(saved->read[i]);
    }
    report_scope_deinit(&saved->scope);
    output_plan_deinit(&saved->outputs);
}

/* "K=V" -> key and value in `words`, which has room for all tags. */
static void split_tags(const struct option_list *list, char *words, struct profile_tag *ret)
{
    for (unsigned i = 0; i < list->count; i++) {
        size_t bytes = strlen(list->values[i]) + 1;
        memcpy(words, list->values[i], bytes);
        char *equals = strchr(words, '=');
        *equals = '\0';
        ret[i] = (struct profile_tag){.key = words, .value = equals + 1};
        words += bytes;
    }
}

static bool span_is_called(const struct profile_span *span, const char *name)
{
    char *end;
    errno = 0;
    uint64_t id = strtoull(name, &end, 16);
    bool is_id = end != name && *end == '\0' && errno == 0 && id == span->id;
    return is_id || (span->request_id != NULL && strcmp(span->request_id, name) == 0);
}

/* The ids of the spans that are called so. ret: false after one line. */
static bool find_spans(const struct option_list *list, const struct profile *profile, uint64_t *ret, uint32_t *ret_count)
{
    for (unsigned i = 0; i < list->count; i++) {
        uint32_t before = *ret_count;
        for (uint32_t k = 1; k < profile->span_count; k++) {
            if (span_is_called(&profile->spans[k], list->values[i])) {
                ret[(*ret_count)++] = profile->spans[k].id;
            }
        }
        if (*ret_count == before) {
            message("--span=%s: no span that was kept has this id or request id (--json lists them under \"spans\")", list->values[i]);
            return false;
        }
    }
    return true;
}

static bool fill(struct saved_part *part, const struct options *options, const struct profile *profile)
{
    size_t word_bytes = 1;
    for (unsigned i = 0; i < options->tags.count; i++) {
        word_bytes += strlen(options->tags.values[i]) + 1;
    }
    part->words = malloc(word_bytes);
    part->spans = calloc((size_t)profile->span_count * options->spans.count + 1, sizeof *part->spans);
    if (part->words == NULL || part->spans == NULL) {
        message("out of memory");
        return false;
    }
    split_tags(&options->tags, part->words, part->tags);
    part->selection = (struct profile_selection){.from_s = options->range.from_s,
                                                 .to_s = options->range.to_s,
                                                 .tags = part->tags,
                                                 .tag_count = options->tags.count,
                                                 .threads = options->threads.values,
                                                 .thread_count = options->threads.count,
                                                 .spans = part->spans};
    return find_spans(&options->spans, profile, part->spans, &part->selection.span_count);
}

const struct profile *saved_select(const struct saved *saved, const struct profile *profile, struct saved_part *ret_part)
{
    const struct options *options = saved->options;
    *ret_part = (struct saved_part){.profile = NULL};
    if (options->range.from_s == 0 && options->range.to_s == 0 && options->tags.count + options->threads.count + options->spans.count == 0) {
        return profile;
    }
    char reason[SAVED_REASON_BYTES];
    if (!fill(ret_part, options, profile)) {
        return NULL;
    }
    ret_part->profile = profile_select(profile, &ret_part->selection, reason, sizeof reason);
    if (ret_part->profile == NULL) {
        message("%s", reason);
    }
    return ret_part->profile;
}

void saved_part_deinit(struct saved_part *part)
{
    profile_select_release(part->profile);
    free(part->spans);
    free(part->words);
}

struct profile *saved_rescope(const struct saved *saved, const struct profile *profile)
{
    const struct profile_scope *asked = &saved->scope.scope;
    struct profile_scope scope = profile->scope;
    if (options_given(saved->options, "profile-only")) {
        scope.only = asked->only;
        scope.only_count = asked->only_count;
    }
    if (options_given(saved->options, "profile-exclude")) {
        scope.exclude = asked->exclude;
        scope.exclude_count = asked->exclude_count;
    }
    if (options_given(saved->options, "cpu-percent-threshold")) {
        scope.cpu_percent_threshold = asked->cpu_percent_threshold;
    }
    if (options_given(saved->options, "source")) {
        scope.source = asked->source;
    }
    scope.reduced |= asked->reduced;
    scope.max_nodes = asked->max_nodes;
    return profile_rescope(profile, &scope, saved->sources);
}
