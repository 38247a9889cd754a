/* The collector: everything beside the profiled program. Owns the session memory, drains it, aggregates, symbolizes,
 * writes outputs. Threads of its own: drain (the only reader of the rings) and report (at intervals and on request).
 * The wrapper's main thread calls the functions below. */
#ifndef HOTLINE_COLLECTOR_H
#define HOTLINE_COLLECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "profiler/collector/profile.h"
#include "profiler/session/session_layout.h"

struct collector;

enum output_format { OUTPUT_HTML, OUTPUT_JSON, OUTPUT_TEXT, OUTPUT_PPROF, OUTPUT_FORMATS };

struct collector_output {
    enum output_format format;
    const char *path; /* with %p, %h, %t already expanded except %p (known after the start) */
};

/* Sources recorded below `from` are below `to` on this machine. */
struct source_map {
    const char *from, *to;
};

/* What the command line asked for. Strings are borrowed and must outlive the collector. */
struct collector_options {
    enum session_engine engine;
    bool wall; /* waiting is sampled, too */
    uint64_t slower_than_ns; /* spans that took less are counted, not kept */
    double sampling_period_s;  /* 0.01 */
    double profile_interval_s; /* 15; 0 = only at the end */
    bool start_off;
    bool no_children;
    bool profile_all;
    const char *program_path; /* NULL: the program's directory */
    const char *source_root;  /* NULL: none */
    const struct source_map *source_maps;
    unsigned source_map_count;
    struct profile_scope scope;
    const char *program; /* resolved path of the executable */
    char *const *argv;   /* the program's */
    const struct collector_output *outputs;
    unsigned output_count;
    const struct profile_tag *static_tags;
    unsigned static_tag_count;
};

/* Make the session memory and the threads' state. NULL with a one-line reason in `error` (static or `error_bytes`
 * long). */
struct collector *collector_create(const struct collector_options *options, char *error, size_t error_bytes);
void collector_destroy(struct collector *collector);

/* The value for SESSION_ENVIRONMENT in the program's environment. Lives as long as the collector. */
const char *collector_environment(const struct collector *collector);

/* Start the drain and report threads (after fork, before or after exec: both are fine). */
bool collector_start(struct collector *collector);
void collector_program_started(struct collector *collector, pid_t pid);

/* The program ended: how, and what wait4() said it used. Called once, before the reaping where possible. */
void collector_program_ended(struct collector *collector, enum profile_ended ended, int code,
                             const struct rusage *usage);

/* Switch sampling; with `on`, for_ms > 0 is a window: sampling stops after it and the outputs are written. Ask for the
 * outputs to be written now (wait: until they are). Thread-safe. */
void collector_switch(struct collector *collector, bool on, unsigned for_ms);
bool collector_is_on(const struct collector *collector);
bool collector_dump(struct collector *collector, bool wait, char *error, size_t error_bytes);

/* One line for --status: program, pid, on/off, samples, dropped, outputs. */
void collector_status(struct collector *collector, char *ret, size_t ret_bytes);

/* A process of the tree that could not join says so through the control socket. */
void collector_count_unjoined(struct collector *collector, pid_t pid, const char *why);

/* Drain to the end, close the session, write the final outputs. ret_summary: text of the last stderr lines (where the
 * report is, how to fetch it, the hottest lines), malloc'ed, caller frees. false: an output could not be written; the
 * reason is in the summary. */
bool collector_finish(struct collector *collector, char **ret_summary);

#endif
