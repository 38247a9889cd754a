/* struct profile: one finished, symbolized profile. The collector's aggregation produces it, everything that writes an
 * output reads it. Plain arrays and indexes; immutable once made; freed as a whole. Percentages are always of
 * `cpu_ns_total` of the selection. */
#ifndef HOTLINE_PROFILE_H
#define HOTLINE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/session/session_layout.h"

enum { PROFILE_NONE = UINT32_MAX };

struct profile_module {
    const char *path;
    char build_id[41];   /* hex, "" when none */
    bool own;            /* the main program, a module below --program-path, or --profile-all */
    const char *problem; /* NULL, or why it has no lines, with the cure */
};

struct profile_function {
    const char *name;
    const char *file; /* NULL: unknown */
    uint32_t line;    /* of its declaration, 0 unknown */
    uint32_t module;
    bool left_out; /* by profile_scope.only or .exclude: no table lists it */
};

struct profile_file {
    const char *path; /* absolute, as in DWARF */
    bool own;         /* some frame of an own module lies in it */
    const char *text; /* NULL: not found (see missing) */
    size_t text_bytes;
    const char *open_path; /* where the text was read from */
    const char *missing;   /* NULL, or why there is no text, with the cure */
    bool withheld;         /* no text because of profile_scope.source: `missing` says so, there is nothing to cure */
    bool left_out;         /* by profile_scope.only or .exclude: no table lists it */
};

/* A place in the code. Two nodes on the same line of the same function share a frame. */
struct profile_frame {
    uint32_t function;
    uint32_t file; /* PROFILE_NONE: unknown */
    uint32_t line; /* 0: unknown */
    uint32_t module;
    bool own;
    bool inlined; /* into the frame of its parent node */
};

/* The call tree. Node 0 is the root (above every thread's first function) and has no frame; a node's parent has a
 * smaller index. */
struct profile_node {
    uint32_t parent;
    uint32_t frame;
};

/* A tag set. Set 0 is "no tags". Static tags are in profile.static_tags, not here. */
struct profile_tag {
    const char *key, *value;
};
struct profile_tag_set {
    const struct profile_tag *tags; /* sorted by key */
    uint32_t count;
};

struct profile_thread {
    int32_t pid, tid;
    const char *name;
    double cpu_s_sampled, cpu_s_measured; /* measured < 0: unknown */
};

/* A span: one request, or one job, from begin to end, as the program marked it with hotline.h. Span 0 is "no span". Not every
 * request has one here: the slowest are kept; profile.latencies counts them all. */
struct profile_span {
    uint64_t id;               /* unique in the session, not 0; shown as 16 hex digits */
    const char *name;          /* as hotline_span_begin() was told */
    const char *method, *path; /* NULL: not an HTTP request */
    const char *request_id;    /* NULL: none was given */
    uint32_t tag_set;          /* when it ended */
    uint32_t thread;           /* that began it */
    uint64_t begin_ns;         /* since the start */
    uint64_t wall_ns;          /* begin to end; so far, while it is running */
    bool running;
};

/* How long the requests of one name took that ended under one tag set: all of them, counted by duration. */
struct profile_latency {
    const char *name;
    uint32_t tag_set;
    uint32_t step; /* of the scale in latency_scale.h */
    uint64_t count;
};

/* One cell of the aggregation: what was sampled at `node` (the leaf) under a tag set, in a span, in a thread, in a time bucket. */
struct profile_cell {
    uint32_t node;
    uint32_t tag_set;
    uint32_t span; /* 0: none, or one that is not kept */
    uint32_t thread;
    uint32_t bucket; /* of bucket_ns since start */
    uint32_t samples;
    bool in_kernel; /* the pc followed a system call instruction */
    uint64_t cpu_ns;
};

/* A lock that threads waited for, and where they did. */
struct profile_lock {
    int32_t pid;
    uint64_t address;
    const char *name; /* of the variable; NULL: on a stack or the heap, or without a symbol */
    uint32_t node; /* its leaf is the function that waited: pthread_mutex_lock... */
    uint32_t samples;
    uint64_t waited_ns;
};

/* How much of the profile the writers show, as asked. All zero: everything. Totals and percentages are always of
 * everything. */
enum profile_source { PROFILE_SOURCE_ALL, PROFILE_SOURCE_PROJECT, PROFILE_SOURCE_NONE, PROFILE_SOURCES };
struct profile_scope {
    const char *const
        *only; /* --profile-only: own code, and listed, are only files whose path holds one of these strings; */
    unsigned only_count;
    const char *const
        *exclude; /* --profile-exclude: and none of these. Code without debug info goes by its module's path */
    unsigned exclude_count;
    double cpu_percent_threshold; /* lines, functions and files with less are not listed */
    bool no_children;             /* only the program itself took part */
    uint32_t max_nodes;           /* of the call tree in an HTML report; 0: as many as profile_prune.h says */
    bool reduced;                 /* source views have only lines with samples */
    enum profile_source source;   /* whose source text is carried: of every file, of own code, of none */
};

/* A part of a profile: see profile_select.h. All zero: everything. */
struct profile_selection {
    double from_s, to_s;            /* the time buckets that begin in [from_s, to_s) since the start; to_s 0: until the end */
    const struct profile_tag *tags; /* value "": those without the key */
    uint32_t tag_count;
    const char *const *threads; /* names or thread ids */
    uint32_t thread_count;
    const uint64_t *spans; /* ids */
    uint32_t span_count;
};

enum profile_ended { PROFILE_RUNNING, PROFILE_EXITED, PROFILE_SIGNALLED };

struct profile {
    /* what ran */
    const char *program; /* as started */
    const char *command_line;
    const char *program_path; /* directory whose modules are own code */
    const char *host;
    const char *machine; /* that it ran on, in words; NULL or "": not known */
    int32_t pid; /* 0: several */
    int64_t started_unix_ns;
    double duration_s;
    enum profile_ended ended;
    int ended_code;     /* exit status or signal number */
    uint32_t processes; /* that joined the session */
    uint32_t processes_not_joined;
    uint32_t processes_withdrawn; /* a seccomp filter of theirs ended sampling */
    uint32_t left_out[LEFT_OUT_REASONS]; /* programs of the tree that were executed without libhotline.so, by enum left_out */
    /* how it was measured */
    const char *engine, *engine_why;
    double asked_hz, achieved_hz; /* achieved: samples per CPU second while on */
    uint64_t samples, dropped;
    uint64_t complete_stacks;                /* of `samples` */
    uint64_t stops[8];                       /* samples by enum unwind_stop */
    uint64_t cpu_ns_total;                   /* sum of the cells */
    double cpu_s_measured, user_s, system_s; /* of the whole tree; < 0: unknown */
    uint32_t handler_ns_p50, handler_ns_p99;
    double collector_cpu_s;
    double throttled_s; /* the control group's CPU limit held it up, since the start; < 0: no limit */
    double seconds_on;  /* wall seconds during which sampling was on */
    uint32_t tag_sets_dropped, threads_without_slot, threads_without_timer;
    uint64_t nodes_pruned_ns; /* weight whose stack did not fit the call tree */
    uint32_t report_pruned_nodes; /* profile_prune(): places that are not in this report, and what they took */
    uint64_t report_pruned_ns;
    struct profile_scope scope;
    const struct profile_selection *selection; /* NULL: this is everything */
    uint64_t unselected_cpu_ns;                /* cpu_ns_total of everything, where there is a selection; and its cells: */
    const struct profile_cell *unselected_cells;
    uint32_t unselected_cell_count;
    const char *compare_key; /* NULL; or two profiles in one, to be compared: under this tag, "before" or "after" */
    bool compare_normalized; /* by shares rather than by CPU time */
    bool compare_other_build; /* own code was built anew in between */
    const char *compare_names[2]; /* what the two are called: files. NULL: not known */
    /* what was seen */
    uint64_t bucket_ns;
    const struct profile_tag *static_tags;
    uint32_t static_tag_count;
    const struct profile_module *modules;
    uint32_t module_count;
    const struct profile_function *functions;
    uint32_t function_count;
    const struct profile_file *files;
    uint32_t file_count;
    const struct profile_frame *frames;
    uint32_t frame_count;
    const struct profile_node *nodes;
    uint32_t node_count;
    const struct profile_tag_set *tag_sets;
    uint32_t tag_set_count;
    const struct profile_thread *threads;
    uint32_t thread_count;
    const struct profile_span *spans; /* by begin; [0] is "no span" */
    uint32_t span_count;              /* 0 or 1: none */
    uint64_t spans_ended, spans_lost; /* of the program: all; not recorded for want of room */
    uint64_t spans_cut_ns;            /* weight of spans that is nobody's, for want of memory */
    uint64_t slower_than_ns;          /* only longer ones are kept; 0: no bound was asked for */
    const struct profile_latency *latencies;
    uint32_t latency_count;
    const struct profile_cell *cells;
    uint32_t cell_count;
    /* waiting: cells of the same form, whose cpu_ns is blocked time. `wall`: it was asked for */
    bool wall;
    uint64_t waits_dropped;
    uint64_t wait_ns_total;
    const struct profile_cell *wait_cells;
    uint32_t wait_cell_count;
    const struct profile_lock *locks; /* the longest wait first */
    uint32_t lock_count;
};

#endif
