/* What view and diff share: the profiles that were saved, the part of them that is selected, and how they are shown. */
#ifndef HOTLINE_SAVED_H
#define HOTLINE_SAVED_H

#include <limits.h>

#include "wrapper/options.h"
#include "wrapper/output_plan.h"
#include "wrapper/report_scope.h"

struct source_texts;

enum { SAVED_REASON_BYTES = 8192 };

struct saved {
    const struct options *options;
    struct output_plan outputs;
    struct report_scope scope;
    char source_root[PATH_MAX];
    struct profile *read[OPTIONS_MAX_LIST]; /* as many as options->profiles */
    struct source_texts *sources;
};

/* Settle the command line and read the profiles. ret: 0, or the exit status after one line on stderr; saved_close() in either case. */
int saved_open(struct saved *ret, const struct options *options);
void saved_close(struct saved *saved);

/* A profile and what it borrows. */
struct saved_part {
    struct profile *profile; /* of the selection; NULL: everything is selected */
    struct profile_selection selection;
    struct profile_tag tags[OPTIONS_MAX_LIST];
    uint64_t *spans;
    char *words; /* what the tags point into */
};

/* The part of `profile` that --range, --tag, --thread and --span leave. ret: it, or `profile` itself where nothing is selected;
 * saved_part_deinit() in either case. NULL: one line was said on stderr. `profile` must outlive the result. */
const struct profile *saved_select(const struct saved *saved, const struct profile *profile, struct saved_part *ret_part);
void saved_part_deinit(struct saved_part *part);

/* `profile` with source texts, in the scope that was asked for; what was not asked for anew stays as it was recorded.
 * ret: profile_rescope_release() it. `profile` and `saved` must outlive it. */
struct profile *saved_rescope(const struct saved *saved, const struct profile *profile);

#endif
