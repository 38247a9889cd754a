/* hotline view PROFILE... [options]: a saved profile, or several as one, as a report. */
#ifndef HOTLINE_VIEW_H
#define HOTLINE_VIEW_H

#include "wrapper/options.h"

/* ret: the exit status: 0, EXIT_USAGE, or EXIT_VERB_FAILED after one line on stderr. */
int view_run(const struct options *options);

#endif
