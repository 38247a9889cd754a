/* hotline: names the lines of a C or C++ program where its CPU time goes. Put it in front of the program's command; see
 * --help. */
#include <stdio.h>
#include <stdlib.h>

#include "profiler/collector/version.h"
#include "wrapper/diff.h"
#include "wrapper/message.h"
#include "wrapper/options.h"
#include "wrapper/run.h"
#include "wrapper/verbs.h"
#include "wrapper/view.h"

int main(int argc, char *argv[])
{
    struct options options;
    char error[512];
    if (!options_parse(argc, argv, &options, error, sizeof error)) {
        message("%s", error);
        return EXIT_USAGE;
    }
    switch (options.verb) {
    case VERB_RUN:
        return run_program(&options);
    case VERB_VIEW:
        return view_run(&options);
    case VERB_DIFF:
        return diff_run(&options);
    case VERB_HELP:
        options_print_help(stdout);
        return EXIT_SUCCESS;
    case VERB_VERSION:
        puts("hotline " HOTLINE_VERSION);
        return EXIT_SUCCESS;
    default:
        return verbs_run(&options);
    }
}
