/* Format flags and --outfile names -> a list of (format, absolute path). See the help text of --outfile for the rules.
 * Paths are made absolute here, because messages name them and people copy them out of messages. */
#include "wrapper/output_plan.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "profiler/collector/output_file.h"
#include "profiler/collector/output_name.h"

static const char *const suffixes[OUTPUT_FORMATS] = {
    [OUTPUT_HTML] = ".html", [OUTPUT_JSON] = ".json", [OUTPUT_TEXT] = ".txt", [OUTPUT_PPROF] = ".pb.gz"};

/* The format that the name's suffix says, OUTPUT_FORMATS if none. A name that is nothing but a suffix has none. */
static enum output_format format_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(name);
    for (unsigned i = 0; i < OUTPUT_FORMATS; i++) {
        size_t suffix_bytes = strlen(suffixes[i]);
        if (length > suffix_bytes && strcasecmp(name + length - suffix_bytes, suffixes[i]) == 0) {
            return (enum output_format)i;
        }
    }
    return OUTPUT_FORMATS;
}

/* Absolute, with the host and the time put in; `stem_bytes` of `path` followed by `suffix`. */
static char *make_path(const char *path, size_t stem_bytes, const char *suffix, long long now)
{
    char host[HOST_NAME_MAX + 1] = "localhost", stamp[32] = "", folder[PATH_MAX] = "";
    struct tm local;
    time_t seconds = (time_t)now;
    (void)gethostname(host, sizeof host - 1);
    for (char *slash = host; (slash = strchr(slash, '/')) != NULL;) {
        *slash = '_';
    }
    if (localtime_r(&seconds, &local) != NULL) {
        strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    }
    if (path[0] != '/' && getcwd(folder, sizeof folder) == NULL) {
        folder[0] = '\0'; /* an unreachable directory: the name stays relative */
    }
    char *named = NULL, *ret = NULL;
    if (asprintf(&named, "%s%s%.*s%s", folder, folder[0] != '\0' && folder[1] != '\0' ? "/" : "", (int)stem_bytes, path,
                 suffix) < 0) {
        return NULL;
    }
    char *with_host = output_name_replace(named, 'h', host);
    if (with_host != NULL) {
        ret = output_name_replace(with_host, 't', stamp);
    }
    free(with_host);
    free(named);
    return ret;
}

static bool add(struct output_plan *plan, enum output_format format, const char *path, size_t stem_bytes,
                const char *suffix, long long now, char *error, size_t error_bytes)
{
    char *whole = make_path(path, stem_bytes, suffix, now);
    if (whole == NULL) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    for (unsigned i = 0; i < plan->count; i++) {
        if (strcmp(plan->outputs[i].path, whole) == 0) {
            snprintf(error, error_bytes, "%s would be written twice: give each format a file of its own", whole);
            free(whole);
            return false;
        }
    }
    plan->outputs[plan->count++] = (struct collector_output){.format = format, .path = whole};
    return true;
}

static bool plan_outputs(struct output_plan *plan, const struct options *options, long long now, char *error,
                         size_t error_bytes)
{
    const struct option_list *files = &options->outfiles;
    bool wanted[OUTPUT_FORMATS] = {false};
    unsigned wanted_count = 0, nameless_count = 0;
    const char *nameless = NULL; /* a file whose suffix says nothing */
    for (unsigned i = 0; i < OUTPUT_FORMATS; i++) {
        wanted[i] = options->formats[i];
    }
    for (unsigned i = 0; i < files->count; i++) {
        enum output_format format = format_of(files->values[i]);
        if (strcmp(files->values[i], "-") == 0) {
            snprintf(error, error_bytes, "--outfile=-: the report is a file; give it a name (/dev/stdout is one)");
            return false;
        }
        if (format == OUTPUT_FORMATS) {
            nameless = files->values[i];
            nameless_count++;
        } else if (!add(plan, format, files->values[i], strlen(files->values[i]), "", now, error, error_bytes)) {
            return false;
        } else {
            wanted[format] = false;
        }
    }
    for (unsigned i = 0; i < OUTPUT_FORMATS; i++) {
        wanted_count += wanted[i];
    }
    if (nameless_count > 1 || (nameless_count == 1 && wanted_count == 0)) {
        snprintf(error, error_bytes, "--outfile=%s: which format? Give it a suffix (.html .json .txt .pb.gz)%s", nameless,
                 nameless_count > 1 ? "" : ", or one of --html --json --text");
        return false;
    }
    if (files->count == 0 && wanted_count == 0) {
        wanted[OUTPUT_HTML] = true;
    }
    const char *first = nameless != NULL ? nameless : files->count > 0 ? files->values[0] : "profile";
    size_t stem_bytes = strlen(first);
    if (format_of(first) != OUTPUT_FORMATS) {
        stem_bytes -= strlen(suffixes[format_of(first)]);
    }
    for (unsigned i = 0; i < OUTPUT_FORMATS; i++) {
        bool exact = nameless != NULL && wanted_count == 1; /* --html -o report: that very file */
        if (wanted[i] &&
            !add(plan, (enum output_format)i, first, stem_bytes, exact ? "" : suffixes[i], now, error, error_bytes)) {
            return false;
        }
    }
    return true;
}

bool output_plan_init(struct output_plan *ret, const struct options *options, long long now, char *error,
                      size_t error_bytes)
{
    struct output_plan plan = {.count = 0};
    if (!plan_outputs(&plan, options, now, error, error_bytes)) {
        output_plan_deinit(&plan);
        return false;
    }
    *ret = plan;
    return true;
}

void output_plan_deinit(struct output_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++) {
        free((void *)(uintptr_t)plan->outputs[i].path);
    }
    plan->count = 0;
}

bool output_plan_probe(const struct output_plan *plan, char *error, size_t error_bytes)
{
    for (unsigned i = 0; i < plan->count; i++) {
        char *path = output_name_expand(plan->outputs[i].path, getpid()); /* any pid: only the folder matters */
        bool writable = path != NULL && output_file_probe(path, error, error_bytes);
        if (path == NULL) {
            snprintf(error, error_bytes, "out of memory");
        }
        free(path);
        if (!writable) {
            return false;
        }
    }
    return true;
}
