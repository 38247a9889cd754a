/* The command line, parsed. One table (options.c) holds every flag with its help text; a flag that is not in it does
 * not exist. */
#ifndef HOTLINE_OPTIONS_H
#define HOTLINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "profiler/collector/collector.h"

enum { OPTIONS_MAX_LIST = 32 }; /* --outfile, --tag: far more than anybody types, few enough for a fixed array */

/* The exit statuses that are hotline's own; otherwise it exits as the program did. */
enum hotline_exit {
    EXIT_VERB_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_GOT_SLOWER = 3, /* diff --fail-above */
    EXIT_HOTLINE_FAILED = 125,
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127,
    EXIT_SIGNAL_BASE = 128,
};

enum verb { VERB_RUN, VERB_ON, VERB_OFF, VERB_DUMP, VERB_STATUS, VERB_VIEW, VERB_DIFF, VERB_HELP, VERB_VERSION };

struct option_list {
    const char *values[OPTIONS_MAX_LIST];
    unsigned count;
};

/* [from_s, to_s) since the start; to_s 0: until the end. */
struct option_range {
    double from_s, to_s;
};

/* Strings are those of argv. */
struct options {
    enum verb verb;
    bool cpu, wall;
    bool formats[OUTPUT_FORMATS];
    struct option_list outfiles;
    struct option_list tags; /* each "key=value": to label a run, or to select */
    double profile_interval_s;
    double sampling_period_s;
    double slower_than_ms;
    enum session_engine engine;
    bool profile_all;
    const char *program_path, *source_root; /* NULL: not given */
    bool reduced_profile;
    uint32_t max_nodes; /* 0: not said */
    double cpu_percent_threshold;
    struct option_list profile_only, profile_exclude; /* each with commas in it */
    struct option_list source_maps;                   /* each "old=new" */
    enum profile_source source;
    bool no_children, wait_children;
    bool on, off, dump, status; /* as given; `verb` says what they mean together */
    double for_s;               /* 0: not given */
    pid_t pid;                  /* 0: not given */
    bool force, help, version;
    char *const *program; /* the program's argv, NULL: none */
    struct option_list profiles; /* of view and diff */
    struct option_range range;
    struct option_list threads, spans;
    bool normalize;
    double fail_above_percent; /* 0: not given */
    uint64_t given; /* bit i: the option in row i of the table; see options_given() */
};

/* Parse argv. false: `error` holds one line that says what is wrong. */
bool options_parse(int argc, char *const argv[], struct options *ret, char *error, size_t error_bytes);

/* Whether the option --name was on the command line. */
bool options_given(const struct options *options, const char *name);

void options_print_help(FILE *out);

#endif
