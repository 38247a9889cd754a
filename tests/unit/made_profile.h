/* Profiles made by hand, for the tests of everything that reads a struct profile, and for tests/tools/write_report.c.
 * Ids are returned in order of making; 0 modules, functions, files to begin with, node 0 and tag set 0 are there. */
#ifndef HOTLINE_MADE_PROFILE_H
#define HOTLINE_MADE_PROFILE_H

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile.h"

#define MADE_PERIOD_NS UINT64_C(10000000)

struct made {
    struct profile profile;
    struct profile_module *modules;
    struct profile_function *functions;
    struct profile_file *files;
    struct profile_frame *frames;
    struct profile_node *nodes;
    struct profile_tag_set *tag_sets;
    struct profile_thread *threads;
    struct profile_cell *cells;
};

/* Append one zeroed item. Grows at powers of two. */
#define MADE_APPEND(made, array, count)                                                                                \
    (made_grow((void **)&(made)->array, (made)->profile.count, sizeof *(made)->array),                                 \
     (made)->profile.array = (made)->array, (made)->profile.count++)

static inline void made_grow(void **array, uint32_t count, size_t item_bytes)
{
    if ((count & (count - 1)) == 0) {
        void *grown = realloc(*array, (count > 0 ? 2U * count : 1U) * item_bytes);
        if (!grown) {
            abort();
        }
        *array = grown;
    }
    memset((char *)*array + count * item_bytes, 0, item_bytes);
}

static inline uint32_t made_module(struct made *made, const char *path, bool own)
{
    uint32_t id = MADE_APPEND(made, modules, module_count);
    made->modules[id].path = path;
    made->modules[id].own = own;
    return id;
}

static inline uint32_t made_file(struct made *made, const char *path, bool own, const char *text)
{
    uint32_t id = MADE_APPEND(made, files, file_count);
    made->files[id] = (struct profile_file){
        .path = path, .own = own, .text = text, .text_bytes = text ? strlen(text) : 0, .open_path = text ? path : NULL};
    return id;
}

/* file PROFILE_NONE: unknown */
static inline uint32_t made_function(struct made *made, const char *name, uint32_t file, uint32_t line, uint32_t module)
{
    uint32_t id = MADE_APPEND(made, functions, function_count);
    made->functions[id] = (struct profile_function){
        .name = name, .file = file == PROFILE_NONE ? NULL : made->files[file].path, .line = line, .module = module};
    return id;
}

static inline uint32_t made_frame(struct made *made, uint32_t function, uint32_t file, uint32_t line, bool inlined)
{
    uint32_t module = made->functions[function].module;
    uint32_t id = MADE_APPEND(made, frames, frame_count);
    made->frames[id] = (struct profile_frame){function, file, line, module, made->modules[module].own, inlined};
    return id;
}

static inline uint32_t made_node(struct made *made, uint32_t parent, uint32_t frame)
{
    uint32_t id = MADE_APPEND(made, nodes, node_count);
    made->nodes[id] = (struct profile_node){parent, frame};
    return id;
}

/* A node and its frame at once. */
static inline uint32_t made_call(struct made *made, uint32_t parent, uint32_t function, uint32_t file, uint32_t line)
{
    return made_node(made, parent, made_frame(made, function, file, line, false));
}

static inline uint32_t made_tag_set(struct made *made, const struct profile_tag *tags, uint32_t count)
{
    uint32_t id = MADE_APPEND(made, tag_sets, tag_set_count);
    made->tag_sets[id] = (struct profile_tag_set){tags, count};
    return id;
}

static inline uint32_t made_thread(struct made *made, int32_t tid, const char *name)
{
    uint32_t id = MADE_APPEND(made, threads, thread_count);
    made->threads[id] = (struct profile_thread){made->profile.pid, tid, name, 0, -1};
    return id;
}

static inline void made_cell(struct made *made, uint32_t node, uint32_t tag_set, uint32_t thread, uint32_t bucket,
                             uint32_t samples, bool in_kernel)
{
    uint32_t id = MADE_APPEND(made, cells, cell_count);
    uint64_t cpu_ns = samples * MADE_PERIOD_NS;
    made->cells[id] = (struct profile_cell){
        .node = node, .tag_set = tag_set, .thread = thread, .bucket = bucket, .samples = samples, .in_kernel = in_kernel, .cpu_ns = cpu_ns};
    made->profile.samples += samples;
    made->profile.complete_stacks += samples;
    made->profile.cpu_ns_total += cpu_ns;
    made->profile.throttled_s = -1;
    made->profile.duration_s = made->profile.seconds_on = (double)made->profile.cpu_ns_total / 1e9;
    if (thread < made->profile.thread_count) {
        made->threads[thread].cpu_s_sampled += (double)cpu_ns / 1e9;
    }
}

static inline void made_init(struct made *made)
{
    *made = (struct made){.profile = {.program = "/srv/app/image-service",
                                      .command_line = "/srv/app/image-service --port 10000",
                                      .program_path = "/srv/app",
                                      .host = "host-1",
                                      .machine = "Test processor, 4 CPUs, x86_64, Linux 6.1",
                                      .pid = 4242,
                                      .started_unix_ns = INT64_C(1792540800123000000),
                                      .processes = 1,
                                      .engine = "timer",
                                      .engine_why = "default: needs no privilege",
                                      .asked_hz = 100,
                                      .achieved_hz = 99.2,
                                      .cpu_s_measured = -1,
                                      .user_s = -1,
                                      .system_s = -1,
                                      .handler_ns_p50 = 1500,
                                      .handler_ns_p99 = 4000,
                                      .collector_cpu_s = 0.01,
                                      .bucket_ns = 1000000000}};
    made_node(made, 0, PROFILE_NONE);
    made_tag_set(made, NULL, 0);
}

static inline void made_deinit(struct made *made)
{
    free(made->modules);
    free(made->functions);
    free(made->files);
    free(made->frames);
    free(made->nodes);
    free(made->tag_sets);
    free(made->threads);
    free(made->cells);
}

#endif
