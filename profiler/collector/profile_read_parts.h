/* What profile_read.c, its parts and pprof_notes_in.c share: a profile being read. */
#ifndef HOTLINE_PROFILE_READ_PARTS_H
#define HOTLINE_PROFILE_READ_PARTS_H

#include "profiler/collector/key_table.h"
#include "profiler/collector/pprof_decode.h"
#include "profiler/collector/pprof_format.h"
#include "profiler/collector/profile.h"
#include "profiler/collector/require_memory.h"

struct string_pool;

/* Tags [first, first + count) of `tags`. */
struct read_tag_set {
    uint32_t first, count;
};

struct read_profile {
    struct profile profile; /* its arrays are those below, once all is read */
    struct string_pool *texts;
    char *note_text;
    bool has_notes, own_toolchain;
    const char *why; /* what is wrong, in words that follow "it" */

    struct profile_module *modules;
    struct profile_thread *threads;
    struct profile_tag *tags, *static_tags;
    struct read_tag_set *tag_sets;
    struct profile_tag_set *made_tag_sets;
    struct profile_span *spans;
    struct profile_latency *latencies;
    struct profile_function *functions;
    struct profile_file *files;
    struct profile_frame *frames;
    struct profile_node *nodes;
    struct profile_cell *cells, *wait_cells;
    struct profile_lock *locks;
    const char **only, **exclude;
    uint32_t tag_count, only_count, exclude_count;
    uint32_t noted_modules, noted_threads;
    size_t module_room, thread_room, tag_room, static_tag_room, tag_set_room, span_room, latency_room, file_room, lock_room, cell_room,
        wait_cell_room, only_room, exclude_room;

    struct key_table thread_names; /* who -> how many have that pid, tid and name, in thread_uses */
    uint32_t *thread_uses;
    size_t thread_use_room;
    struct key_table thread_keys; /* who and use -> thread */
    struct key_table tag_path;    /* (path before, key, value) -> path; the empty path is 0 */
    uint32_t *path_sets;          /* path -> tag set, 0: none yet */
    size_t path_set_room;
    struct key_table span_ids; /* uint64_t -> span - 1 */
};

struct frame_key {
    uint32_t function, line, inlined;
};
struct node_key {
    uint32_t parent, frame;
};
struct cell_key {
    uint32_t node, tag_set, span, thread, bucket, in_kernel;
};

/* Which values of a sample are what. */
struct metrics {
    int index[PPROF_ALL_VALUES]; /* -1: it has none */
    uint64_t ns_per_unit;        /* of the CPU time */
};

/* Frames of the locations, outermost first: those of location i are frames[first[i] .. first[i + 1]). */
struct location_frames {
    uint32_t *first, *frames;
};

struct reading {
    struct read_profile *read;
    const struct pprof_file *file;
    struct metrics metrics;
    uint32_t *mapping_modules;
    struct location_frames stacks;
    struct key_table frame_keys, nodes, cells, wait_cells;
    struct pprof_sample *sample;
};

/* Append a zeroed item; ret: where it is, until the next one is appended. */
#define READ_APPEND(read, array, room, count)                                                                          \
    ((read)->array = require_room((read)->array, &(read)->room, (size_t)(count) + 1, sizeof *(read)->array),           \
     memset(&(read)->array[count], 0, sizeof *(read)->array), &(read)->array[(count)++])

/* The thread that looks like this and has `use` others before it that do; appended when it is new. name: interned. */
uint32_t profile_read_thread(struct read_profile *read, int32_t pid, int32_t tid, uint32_t use, const char *name);

/* The number of the set of `tags`, whose texts are interned, sorted by key; appended when it is new, or always. */
uint32_t profile_read_tag_set(struct read_profile *read, const struct profile_tag *tags, uint32_t count, bool always);

/* Take what the notes say. read->why: one that says what cannot be. */
void pprof_notes_read(struct read_profile *read, const struct pprof_file *file);

/* Whether the numbers in spans and durations are those of something, now that all tag sets and threads are there. */
void pprof_notes_check(struct read_profile *read);

/* The first that is said is the reason. */
void profile_read_fail(struct reading *reading, const char *why);

/* As a C string of the profile. */
const char *profile_read_intern(struct reading *reading, struct pprof_text text);

/* Modules, functions, files, frames, and the frames of each location. */
void profile_read_code(struct reading *reading);

/* Nodes, cells and locks; after the code. */
void profile_read_samples(struct reading *reading);

#endif
