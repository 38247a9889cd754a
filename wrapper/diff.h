/* hotline diff BEFORE AFTER [options]: what got slower and what got faster. */
#ifndef HOTLINE_DIFF_H
#define HOTLINE_DIFF_H

#include "wrapper/options.h"

/* ret: the exit status: 0, EXIT_USAGE, EXIT_VERB_FAILED, or EXIT_GOT_SLOWER, each after one line on stderr. */
int diff_run(const struct options *options);

#endif
