/* What the command line says about how much of the profile is shown, taken apart: lists at their commas, maps at their
 * '='. */
#ifndef HOTLINE_REPORT_SCOPE_H
#define HOTLINE_REPORT_SCOPE_H

#include "profiler/collector/collector.h"
#include "wrapper/options.h"

struct report_scope {
    struct profile_scope scope;
    struct source_map maps[OPTIONS_MAX_LIST]; /* owned; `to` is absolute */
    unsigned map_count;
    char **words; /* what scope.only and scope.exclude point into */
};

/* false: a usage error in `error`, nothing to deinit. */
bool report_scope_init(struct report_scope *ret, const struct options *options, char *error, size_t error_bytes);
void report_scope_deinit(struct report_scope *scope);

#endif
