/* Which files will be written, in which format: the flags and --outfile names, settled before the program starts. */
#ifndef HOTLINE_OUTPUT_PLAN_H
#define HOTLINE_OUTPUT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "profiler/collector/collector.h"
#include "wrapper/options.h"

struct output_plan {
    struct collector_output outputs[OPTIONS_MAX_LIST + OUTPUT_FORMATS]; /* paths are absolute and owned by the plan */
    unsigned count;
};

/* The rules are in the help text of --outfile. %h and %t are put in now, %p is left for the collector. `now`: unix
 * seconds. false: a usage error in `error`; nothing to deinit. */
bool output_plan_init(struct output_plan *ret, const struct options *options, long long now, char *error,
                      size_t error_bytes);
void output_plan_deinit(struct output_plan *plan);

/* Whether each file could be written now: a temporary file is created beside it and removed. false: the reason in
 * `error`. */
bool output_plan_probe(const struct output_plan *plan, char *error, size_t error_bytes);

#endif
