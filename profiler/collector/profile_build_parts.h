/* What profile_build.c and profile_build_run.c share: a profile being built. */
#ifndef HOTLINE_PROFILE_BUILD_PARTS_H
#define HOTLINE_PROFILE_BUILD_PARTS_H

#include "profiler/collector/collector.h"
#include "profiler/collector/profile_spans.h"
#include "profiler/collector/snapshot.h"

/* The arrays that a struct profile points to, and the struct itself, in one place to free. */
struct built_profile {
    struct profile profile;
    struct profile_module *modules;
    struct profile_function *functions;
    struct profile_file *files;
    struct profile_frame *frames;
    struct profile_node *nodes;
    struct profile_tag_set *tag_sets;
    struct profile_tag *tags;
    struct profile_thread *threads;
    struct profile_cell *cells, *wait_cells;
    struct profile_lock *locks;
    struct profile_spans spans;
    char *tag_text, *host, *machine, *command_line;
    char engine_why[512];
    char (*thread_names)[16];
};

/* Only the sets that were sampled or that spans have, equal texts once. ret: for each of the session's sets its number here; free it. */
uint32_t *profile_build_tags(const struct snapshot *snapshot, struct built_profile *ret);

void profile_build_threads(const struct snapshot *snapshot, struct built_profile *ret);

/* What ran, how it was measured, the counters. */
void profile_build_describe(const struct collector_options *options, const char *program_path, const struct snapshot *snapshot,
                            struct built_profile *ret);

#endif
