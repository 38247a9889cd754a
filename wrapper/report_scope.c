/* --profile-only, --profile-exclude, --source-map: words -> lists. See report_scope.h. */
#include "wrapper/report_scope.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static size_t count_commas(const struct option_list *list)
{
    size_t count = 0;
    for (unsigned i = 0; i < list->count; i++) {
        for (const char *at = list->values[i]; (at = strchr(at, ',')) != NULL; at++) {
            count++;
        }
    }
    return count;
}

/* Append the non-empty words of `list`, as Scalene reads its lists. ret: how many words there are now; SIZE_MAX: out of
 * memory. */
static size_t split(const struct option_list *list, char **words, size_t count)
{
    for (unsigned i = 0; i < list->count; i++) {
        for (const char *at = list->values[i]; *at != '\0'; at += *at == ',') {
            size_t bytes = strcspn(at, ",");
            if (bytes > 0 && (words[count++] = strndup(at, bytes)) == NULL) {
                return SIZE_MAX;
            }
            at += bytes;
        }
    }
    return count;
}

static bool no_memory(char *error, size_t error_bytes)
{
    snprintf(error, error_bytes, "out of memory");
    return false;
}

static bool take_words(struct report_scope *ret, const struct options *options, char *error, size_t error_bytes)
{
    size_t most = options->profile_only.count + count_commas(&options->profile_only) + options->profile_exclude.count +
                  count_commas(&options->profile_exclude);
    ret->words = calloc(most + 1, sizeof *ret->words);
    size_t only = ret->words != NULL ? split(&options->profile_only, ret->words, 0) : SIZE_MAX;
    size_t all = only != SIZE_MAX ? split(&options->profile_exclude, ret->words, only) : SIZE_MAX;
    if (all == SIZE_MAX) {
        return no_memory(error, error_bytes);
    }
    if (options->profile_only.count > 0 && only == 0) {
        snprintf(error, error_bytes, "--profile-only: no name in it");
        return false;
    }
    if (options->profile_exclude.count > 0 && all == only) {
        snprintf(error, error_bytes, "--profile-exclude: no name in it");
        return false;
    }
    ret->scope.only = (const char *const *)ret->words;
    ret->scope.only_count = (unsigned)only;
    ret->scope.exclude = (const char *const *)ret->words + only;
    ret->scope.exclude_count = (unsigned)(all - only);
    return true;
}

static bool take_map(struct report_scope *ret, const char *given, char *error, size_t error_bytes)
{
    const char *equals = strchr(given, '=');
    if (equals == NULL || equals == given || equals[1] == '\0') {
        snprintf(error, error_bytes, "--source-map=%s: not OLD=NEW", given);
        return false;
    }
    char folder[PATH_MAX];
    struct stat status;
    int problem = realpath(equals + 1, folder) == NULL || stat(folder, &status) != 0 ? errno
                  : S_ISDIR(status.st_mode)                                          ? 0
                                                                                     : ENOTDIR;
    if (problem != 0) {
        snprintf(error, error_bytes, "--source-map=%s: %s: %s", given, equals + 1, strerror(problem));
        return false;
    }
    struct source_map *map = &ret->maps[ret->map_count++];
    map->from = strndup(given, (size_t)(equals - given));
    map->to = strdup(strcmp(folder, "/") == 0 ? "" : folder);
    return (map->from != NULL && map->to != NULL) || no_memory(error, error_bytes);
}

bool report_scope_init(struct report_scope *ret, const struct options *options, char *error, size_t error_bytes)
{
    *ret = (struct report_scope){.scope = {.cpu_percent_threshold = options->cpu_percent_threshold,
                                           .reduced = options->reduced_profile,
                                           .max_nodes = options->max_nodes,
                                           .no_children = options->no_children,
                                           .source = options->source}};
    bool fine = take_words(ret, options, error, error_bytes);
    for (unsigned i = 0; fine && i < options->source_maps.count; i++) {
        fine = take_map(ret, options->source_maps.values[i], error, error_bytes);
    }
    if (!fine) {
        report_scope_deinit(ret);
    }
    return fine;
}

void report_scope_deinit(struct report_scope *scope)
{
    for (char **word = scope->words; word != NULL && *word != NULL; word++) {
        free(*word);
    }
    free(scope->words);
    for (unsigned i = 0; i < scope->map_count; i++) {
        free((void *)(uintptr_t)scope->maps[i].from);
        free((void *)(uintptr_t)scope->maps[i].to);
    }
    *scope = (struct report_scope){0};
}
