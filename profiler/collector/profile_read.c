/* See profile_read.h.
 *
 *   bytes -> pprof_decode (ids and indexes are checked there) -> notes -> profile_read_code.c: modules, functions, frames
 *   -> profile_read_samples.c: nodes and cells */
#include "profiler/collector/profile_read.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profiler/collector/code_scope.h"
#include "profiler/collector/gzip_in.h"
#include "profiler/collector/open_regular.h"
#include "profiler/collector/pprof_format.h"
#include "profiler/collector/profile_read_parts.h"
#include "profiler/collector/string_pool.h"

enum { OTHERS_BUCKET_NS = 100000000 };

struct who_key {
    const char *name; /* interned */
    int32_t pid, tid;
};
struct thread_key {
    struct who_key who;
    uint64_t use;
};
struct path_key {
    uint64_t before;
    const char *key, *value; /* interned */
};

void profile_read_fail(struct reading *reading, const char *why)
{
    reading->read->why = reading->read->why ? reading->read->why : why;
}

const char *profile_read_intern(struct reading *reading, struct pprof_text text)
{
    /* As a C string from now on: what stands behind a NUL byte is gone for everybody. */
    const void *nul = text.count > 0 ? memchr(text.bytes, '\0', text.count) : NULL;
    size_t count = nul ? (size_t)((const char *)nul - text.bytes) : text.count;
    return string_pool_intern_bytes(reading->read->texts, count > 0 ? text.bytes : "", count);
}

/* -- threads and tag sets */

uint32_t profile_read_thread(struct read_profile *read, int32_t pid, int32_t tid, uint32_t use, const char *name)
{
    struct thread_key key = {{name, pid, tid}, use};
    bool is_new;
    if (use == UINT32_MAX) { /* one more */
        uint32_t who = key_table_add(&read->thread_names, &key.who, &is_new);
        if (is_new) {
            uint32_t count = who;
            *READ_APPEND(read, thread_uses, thread_use_room, count) = 0;
        }
        key.use = read->thread_uses[who]++;
    }
    uint32_t index = key_table_add(&read->thread_keys, &key, &is_new);
    if (is_new) {
        *READ_APPEND(read, threads, thread_room, read->profile.thread_count) =
            (struct profile_thread){.pid = pid, .tid = tid, .name = name, .cpu_s_measured = -1};
    }
    return index;
}

uint32_t profile_read_tag_set(struct read_profile *read, const struct profile_tag *tags, uint32_t count, bool always)
{
    uint32_t path = 0;
    bool is_new;
    for (uint32_t i = 0; i < count; i++) {
        struct path_key key = {path, tags[i].key, tags[i].value};
        path = key_table_add(&read->tag_path, &key, &is_new) + 1;
        if (is_new) {
            uint32_t end = path;
            *READ_APPEND(read, path_sets, path_set_room, end) = 0;
        }
    }
    if (!always && (path == 0 || read->path_sets[path] != 0)) {
        return path == 0 ? 0 : read->path_sets[path];
    }
    uint32_t number = read->profile.tag_set_count;
    *READ_APPEND(read, tag_sets, tag_set_room, read->profile.tag_set_count) = (struct read_tag_set){read->tag_count, count};
    for (uint32_t i = 0; i < count; i++) {
        *READ_APPEND(read, tags, tag_room, read->tag_count) = tags[i];
    }
    if (path != 0 && read->path_sets[path] == 0) {
        read->path_sets[path] = number;
    }
    return number;
}

/* -- what the values are */

static uint64_t unit_ns(struct pprof_text unit)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"nanoseconds", 1}, {"microseconds", 1000}, {"milliseconds", 1000000}, {"seconds", 1000000000}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (pprof_decode_is(unit, units[i].name)) {
            return units[i].ns;
        }
    }
    return 0;
}

static uint64_t period_ns(const struct pprof_file *file)
{
    uint64_t unit = unit_ns(file->period_type.unit);
    return file->period > 0 && unit > 0 && (uint64_t)file->period <= UINT64_C(1000000000000) / unit ? (uint64_t)file->period * unit : 0;
}

/* The value that another program's file shows by default. */
static int default_value(const struct pprof_file *file)
{
    for (uint32_t i = 0; i < file->type_count; i++) {
        struct pprof_text type = file->types[i].type;
        if (file->default_type.count > 0 && type.count == file->default_type.count && memcmp(type.bytes, file->default_type.bytes, type.count) == 0) {
            return (int)i;
        }
    }
    return (int)file->type_count - 1;
}

static void find_metrics(struct reading *reading)
{
    const struct pprof_file *file = reading->file;
    struct metrics *metrics = &reading->metrics;
    for (unsigned value = 0; value < PPROF_ALL_VALUES; value++) {
        metrics->index[value] = -1;
        for (uint32_t i = 0; i < file->type_count && metrics->index[value] < 0; i++) {
            if (pprof_decode_is(file->types[i].type, PPROF_VALUE_NAMES[value][0]) && pprof_decode_is(file->types[i].unit, PPROF_VALUE_NAMES[value][1])) {
                metrics->index[value] = (int)i;
            }
        }
    }
    metrics->ns_per_unit = 1;
    if (metrics->index[PPROF_CPU] >= 0) {
        return;
    }
    /* Neither hotline's nor Go's: contentions or waits in it would be those of this one value. */
    int chosen = default_value(file);
    for (unsigned value = PPROF_CPU; value < PPROF_ALL_VALUES; value++) {
        metrics->index[value] = -1;
    }
    metrics->index[PPROF_CPU] = chosen;
    metrics->index[PPROF_SAMPLES] = pprof_decode_is(file->types[0].unit, "count") ? 0 : -1;
    uint64_t unit = unit_ns(file->types[chosen].unit);
    uint64_t period = pprof_decode_is(file->types[chosen].unit, "count") ? period_ns(file) : 0;
    metrics->ns_per_unit = unit > 0 ? unit : period > 0 ? period : 1;
}

/* What is known of a run of which there are no notes. */
static void describe_other(struct reading *reading)
{
    const struct pprof_file *file = reading->file;
    struct profile *profile = &reading->read->profile;
    const struct pprof_type *type = &file->types[reading->metrics.index[PPROF_CPU]];
    profile->program = file->mapping_count > 0 ? profile_read_intern(reading, file->mappings[0].file) : "";
    profile->program = profile->program[0] != '\0' ? profile->program : "(unknown program)";
    profile->command_line = profile->program;
    profile->program_path = profile->host = profile->machine = "";
    profile->engine = "pprof";
    profile->engine_why = string_pool_format(reading->read->texts, "saved by another program; what counts as CPU time here is its %s/%s",
                                             profile_read_intern(reading, type->type), profile_read_intern(reading, type->unit));
    profile->ended = PROFILE_EXITED;
    profile->processes = 1;
    profile->bucket_ns = OTHERS_BUCKET_NS;
    profile->cpu_s_measured = profile->user_s = profile->system_s = profile->throttled_s = -1;
    if (period_ns(file) > 0) {
        profile->asked_hz = profile->achieved_hz = 1e9 / (double)period_ns(file);
    }
    if (file->duration_ns > 0) {
        profile->duration_s = profile->seconds_on = (double)file->duration_ns * 1e-9;
    }
}

/* -- the whole */

static void finish_tag_sets(struct read_profile *read)
{
    read->made_tag_sets = require_array(read->profile.tag_set_count + (size_t)1, sizeof read->made_tag_sets[0]);
    for (uint32_t i = 0; i < read->profile.tag_set_count; i++) {
        read->made_tag_sets[i] = (struct profile_tag_set){read->tags + read->tag_sets[i].first, read->tag_sets[i].count};
    }
}

static void finish(struct reading *reading)
{
    struct read_profile *read = reading->read;
    struct profile *profile = &read->profile;
    if (profile->thread_count == 0) {
        profile_read_thread(read, 0, 0, 0, string_pool_intern(read->texts, "")); /* everybody expects one */
    }
    if (!read->has_notes) {
        for (uint32_t i = 0; i < profile->cell_count; i++) {
            profile->samples += read->cells[i].samples;
        }
        profile->complete_stacks = profile->samples;
        profile->stops[0] = profile->samples;
        profile->wall = reading->metrics.index[PPROF_WAIT] >= 0;
        if (profile->duration_s <= 0) {
            profile->duration_s = profile->seconds_on = (double)profile->cpu_ns_total * 1e-9;
        }
    }
    pprof_notes_check(read);
    finish_tag_sets(read);
    profile->scope.only = read->only;
    profile->scope.only_count = read->only_count;
    profile->scope.exclude = read->exclude;
    profile->scope.exclude_count = read->exclude_count;
    profile->modules = read->modules;
    profile->threads = read->threads;
    profile->static_tags = read->static_tags;
    profile->tag_sets = read->made_tag_sets;
    profile->spans = read->spans;
    profile->latencies = read->latencies;
    profile->functions = read->functions;
    profile->files = read->files;
    profile->frames = read->frames;
    profile->nodes = read->nodes;
    profile->cells = read->cells;
    profile->wait_cells = read->wait_cells;
    profile->locks = read->locks;
    code_scope_apply(&profile->scope, profile, read->own_toolchain, (struct code_scope_arrays){read->functions, read->files, read->frames});
}

static struct read_profile *begin(void)
{
    struct read_profile *read = require_array(1, sizeof *read);
    read->texts = string_pool_create();
    key_table_init(&read->thread_names, sizeof(struct who_key));
    key_table_init(&read->thread_keys, sizeof(struct thread_key));
    key_table_init(&read->tag_path, sizeof(struct path_key));
    key_table_init(&read->span_ids, sizeof(uint64_t));
    uint32_t paths = 0;
    *READ_APPEND(read, path_sets, path_set_room, paths) = 0;
    (void)READ_APPEND(read, spans, span_room, read->profile.span_count); /* "no span" */
    read->spans[0].name = "";
    read->tags = require_room(read->tags, &read->tag_room, 1, sizeof read->tags[0]); /* empty sets point somewhere, too */
    profile_read_tag_set(read, NULL, 0, true);
    return read;
}

static void read_all(struct reading *reading)
{
    struct read_profile *read = reading->read;
    find_metrics(reading);
    describe_other(reading);
    pprof_notes_read(read, reading->file);
    read->profile.started_unix_ns = reading->file->time_ns > 0 ? reading->file->time_ns : 0;
    if (read->profile.bucket_ns == 0 || read->profile.bucket_ns > INT64_MAX || read->profile.duration_s < 0 || read->profile.asked_hz < 0) {
        profile_read_fail(reading, "has a duration or rate that makes no sense");
    }
    if (!read->why) {
        profile_read_code(reading);
    }
    if (!read->why) {
        profile_read_samples(reading);
    }
    if (!read->why) {
        finish(reading);
    }
}

static struct profile *read_file(const struct pprof_file *file, const char **ret_why)
{
    struct reading reading = {.read = begin(), .file = file};
    key_table_init(&reading.frame_keys, sizeof(struct frame_key));
    key_table_init(&reading.nodes, sizeof(struct node_key));
    key_table_init(&reading.cells, sizeof(struct cell_key));
    key_table_init(&reading.wait_cells, sizeof(struct cell_key));
    read_all(&reading);
    key_table_deinit(&reading.frame_keys);
    key_table_deinit(&reading.nodes);
    key_table_deinit(&reading.cells);
    key_table_deinit(&reading.wait_cells);
    free(reading.mapping_modules);
    free(reading.stacks.first);
    free(reading.stacks.frames);
    if (reading.sample) {
        free(reading.sample->locations);
    }
    free(reading.sample);
    *ret_why = reading.read->why;
    if (*ret_why) {
        profile_read_destroy(&reading.read->profile);
        return NULL;
    }
    return &reading.read->profile;
}

void profile_read_destroy(struct profile *profile)
{
    struct read_profile *read = (struct read_profile *)(void *)profile; /* its first member */
    if (!read) {
        return;
    }
    key_table_deinit(&read->thread_names);
    key_table_deinit(&read->thread_keys);
    key_table_deinit(&read->tag_path);
    key_table_deinit(&read->span_ids);
    void *const arrays[] = {read->note_text, read->modules,   read->threads,   read->tags,   read->static_tags, read->tag_sets, read->made_tag_sets,
                            read->spans,     read->latencies, read->functions, read->files,  read->frames,      read->nodes,    read->cells,
                            read->wait_cells, read->locks,    read->only,      read->exclude, read->thread_uses, read->path_sets};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        free(arrays[i]);
    }
    string_pool_destroy(read->texts);
    free(read);
}

struct profile *profile_read_bytes(const uint8_t *bytes, size_t count, char *error, size_t error_bytes)
{
    const char *why = NULL;
    uint8_t *unpacked = NULL;
    if (gzip_in_is(bytes, count)) {
        unpacked = gzip_in_read(bytes, count, PROFILE_READ_MAX_BYTES, &count, &why);
        if (!unpacked) {
            snprintf(error, error_bytes, "it cannot be unpacked: %s", why);
            return NULL;
        }
        bytes = unpacked;
    }
    struct profile *profile = NULL;
    struct pprof_file *file = pprof_decode_create(bytes, count, &why);
    if (file) {
        profile = read_file(file, &why);
    }
    pprof_decode_destroy(file);
    free(unpacked);
    if (!profile) {
        snprintf(error, error_bytes, "it %s", why);
    }
    return profile;
}

/* ret: malloc'ed; NULL: *ret_why. */
static uint8_t *load(const char *path, size_t *ret_count, const char **ret_why)
{
    struct stat status;
    int fd = open_regular(path, &status);
    if (fd < 0) {
        *ret_why = errno == EINVAL ? "it is not a file" : strerror(errno);
        return NULL;
    }
    size_t size = (size_t)status.st_size, got = 0;
    uint8_t *bytes = NULL;
    if (status.st_size > PROFILE_READ_MAX_BYTES) {
        *ret_why = "it is larger than the 256 MB that hotline reads";
    } else {
        bytes = require_array(size + 1, 1);
        for (ssize_t more; got < size && (more = read(fd, bytes + got, size - got)) > 0;) {
            got += (size_t)more;
        }
    }
    close(fd);
    *ret_count = got;
    return bytes;
}

struct profile *profile_read_create(const char *path, char *error, size_t error_bytes)
{
    size_t count = 0;
    const char *why = NULL;
    char reason[256];
    uint8_t *bytes = load(path, &count, &why);
    struct profile *profile = NULL;
    if (!bytes) {
        snprintf(error, error_bytes, "%s cannot be read: %s", path, why);
        return NULL;
    }
    if (count == 0) {
        snprintf(error, error_bytes, "%s is empty: no profile was saved in it", path);
    } else if (!(profile = profile_read_bytes(bytes, count, reason, sizeof reason))) {
        snprintf(error, error_bytes, "%s is not a profile that hotline can read: %s", path, reason);
    }
    free(bytes);
    return profile;
}
