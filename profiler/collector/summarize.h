/* struct profile -> tables: what every line, function, file, tag and module cost. Computed once, read by every writer
 * of outputs.
 *
 * For every sample the innermost frame in own code decides the line. The sample counts there as `own` when the program
 * counter was there, `library` when it was in another module called from there, `system` when the kernel was running.
 * `self`: the program counter was on the line; `total`: the line was anywhere on the stack, counted once per sample
 * however often it recurs. Samples without a frame of own code are `outside`.
 *
 * Cost: linear in nodes and cells, no look-up structure but arrays indexed by id. */
#ifndef HOTLINE_SUMMARIZE_H
#define HOTLINE_SUMMARIZE_H

#include "profiler/collector/profile.h"

/* A weight and the number of samples it rests on. */
struct summary_share {
    uint64_t cpu_ns;
    uint64_t samples;
};

/* A place in the code: a line of a file, or, where the file is unknown, a whole function. */
struct summary_line {
    uint32_t file;     /* PROFILE_NONE: unknown */
    uint32_t line;     /* 0: unknown */
    uint32_t function; /* the one that holds most of it (several may share a line) */
    uint32_t tag;      /* the rarest tag that >= 80 % of `cpu` was under, in summary.tags; PROFILE_NONE: none */
    bool own;          /* some frame here is own code */
    struct summary_share own_code, library, system; /* decided by this line */
    struct summary_share cpu;                       /* their sum */
    struct summary_share self, total;
};

struct summary_function {
    struct summary_share self, total;
    struct summary_share cpu; /* decided by lines of this function */
};

struct summary_file {
    uint32_t first_line, line_count; /* its lines in summary.lines, by line number */
    struct summary_share self, total;
    struct summary_share cpu; /* decided by lines of this file */
};

/* One key=value, over all tag sets that hold it. */
struct summary_tag {
    const char *key, *value;
    struct summary_share share;
    uint32_t line;                   /* the one that decided most of it; PROFILE_NONE: none */
    struct summary_share line_share; /* of `line`, under this tag */
};

/* How many were sampled and are not listed. */
struct summary_left_out {
    uint32_t lines, functions, files;
};

struct summary {
    const struct profile *profile;
    struct summary_share all;
    struct summary_share own_code, library, system, outside; /* sum: all */
    struct summary_line *lines;                              /* by file and line number; those without a file last */
    uint32_t line_count;
    struct summary_function *functions; /* index: profile.functions */
    struct summary_file *files;         /* index: profile.files */
    struct summary_share *modules;      /* self; index: profile.modules */
    struct summary_share *tag_sets;     /* index: profile.tag_sets */
    struct summary_share *threads;      /* index: profile.threads */
    struct summary_tag *tags;           /* by key, then value */
    uint32_t tag_count;
    uint32_t hottest_line, hottest_function; /* by `cpu` and by `self`, listed or not; PROFILE_NONE: none */
    struct summary_left_out out_of_scope, below_threshold; /* see profile.scope */
    /* Orders, hottest first, without what was never sampled and what is not listed. */
    uint32_t *hot_lines; /* by `cpu` */
    uint32_t hot_line_count;
    uint32_t own_line_count; /* hot_lines goes on up to here with those that are not listed */
    uint32_t *hot_functions; /* by `self`, then `total` */
    uint32_t hot_function_count;
    uint32_t *hot_files; /* by `cpu`, then `total` */
    uint32_t hot_file_count;
    uint32_t *hot_tags;      /* keys by name, the values of a key hottest first; all tags, sampled or not */
    uint32_t *frame_line;    /* profile.frames -> lines */
    const char *path_prefix; /* the first path_prefix_bytes of it are the folders above all own files; see
                                summary_short_path() */
    size_t path_prefix_bytes;
};

/* Which cells count. NULL pointers: all of them. */
struct summary_selection {
    const bool *tag_sets; /* index: profile.tag_sets */
};

/* `selection` NULL: everything. ret: caller destroys; `profile` must outlive it. NULL: out of memory. Any thread. */
struct summary *summary_create(const struct profile *profile, const struct summary_selection *selection);
void summary_destroy(struct summary *summary);

/* Whether a line that is on some stack is shown with its numbers: see profile.scope. */
bool summary_lists_line(const struct summary *summary, const struct summary_line *line);

/* Share of everything selected, 0..100. */
double summary_percent(const struct summary *summary, struct summary_share share);

/* Half the width of the 95 % confidence interval, in percentage points (Wilson's, which stays honest for few samples
 * and near 0). */
double summary_error_percent(const struct summary *summary, struct summary_share share);

/* Without the folders that all own files share: "service/operate/dct.c". Never empty for a non-empty path. */
const char *summary_short_path(const struct summary *summary, const char *path);

#endif
