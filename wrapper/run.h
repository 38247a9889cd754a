/* hotline [options] program: start it under the profiler, look after it, write the report, exit as it did. */
#ifndef HOTLINE_RUN_H
#define HOTLINE_RUN_H

#include "wrapper/options.h"

/* ret: the exit status for hotline. */
int run_program(const struct options *options);

#endif
