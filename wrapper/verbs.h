/* --on, --off, --dump, --status: talk to a running session. */
#ifndef HOTLINE_VERBS_H
#define HOTLINE_VERBS_H

#include "wrapper/options.h"

/* ret: the exit status: 0, or EXIT_VERB_FAILED after one line on stderr. */
int verbs_run(const struct options *options);

#endif
