/* See profile_read.h.
 *
 *   bytes -> pprof_decode (ids and indexes are checked there) -> notes -> modules, functions, frames -> samples: nodes and cells */
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
struct code_key {
    uint32_t function; /* of the file */
    uint32_t module;
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

static void fail(struct reading *reading, const char *why)
{
    reading->read->why = reading->read->why ? reading->read->why : why;
}

static const char *intern(struct reading *reading, struct pprof_text text)
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
    profile->program = file->mapping_count > 0 ? intern(reading, file->mappings[0].file) : "";
    profile->program = profile->program[0] != '\0' ? profile->program : "(unknown program)";
    profile->command_line = profile->program;
    profile->program_path = profile->host = "";
    profile->engine = "pprof";
    profile->engine_why = string_pool_format(reading->read->texts, "saved by another program; what counts as CPU time here is its %s/%s",
                                             intern(reading, type->type), intern(reading, type->unit));
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

/* -- code */

static uint32_t add_module(struct reading *reading, const char *path, const char *build_id, bool own)
{
    struct read_profile *read = reading->read;
    uint32_t index = read->profile.module_count;
    struct profile_module *module = READ_APPEND(read, modules, module_room, read->profile.module_count);
    *module = (struct profile_module){.path = path, .own = own};
    snprintf(module->build_id, sizeof module->build_id, "%s", build_id);
    return index;
}

/* The module that the notes list for a mapping: the first not `taken` of that path and build id. PROFILE_NONE: they do not. */
static uint32_t find_noted(const struct reading *reading, const char *path, const char *build_id, bool *taken)
{
    for (uint32_t i = 0; i < reading->read->noted_modules; i++) {
        const struct profile_module *module = &reading->read->modules[i];
        if (!taken[i] && module->path == path && strncmp(module->build_id, build_id, sizeof module->build_id - 1) == 0) {
            taken[i] = true;
            return i;
        }
    }
    return PROFILE_NONE;
}

static void find_modules(struct reading *reading)
{
    const struct pprof_file *file = reading->file;
    bool *taken = require_array(reading->read->noted_modules + (size_t)1, sizeof *taken);
    reading->mapping_modules = require_array(file->mapping_count + (size_t)1, sizeof(uint32_t));
    if ((uint64_t)file->mapping_count * reading->read->noted_modules > PPROF_MAX_ITEMS * UINT64_C(16)) {
        fail(reading, "has more modules than hotline reads");
    }
    for (uint32_t i = 0; i < file->mapping_count && !reading->read->why; i++) {
        const char *path = intern(reading, file->mappings[i].file), *build_id = intern(reading, file->mappings[i].build_id);
        uint32_t module = find_noted(reading, path, build_id, taken);
        reading->mapping_modules[i] = module != PROFILE_NONE ? module : add_module(reading, path, build_id, i == 0 && !reading->read->has_notes);
    }
    free(taken);
    /* Code without a mapping: all there is, in the files of some; else what is in no module. */
    uint32_t outside = PROFILE_NONE;
    for (uint32_t i = 0; i < file->location_count && outside == PROFILE_NONE; i++) {
        outside = file->locations[i].mapping == UINT32_MAX ? 0 : PROFILE_NONE;
    }
    if (outside == 0 || reading->read->profile.module_count == 0) {
        reading->mapping_modules[file->mapping_count] = add_module(reading, "[code outside every module]", "", file->mapping_count == 0);
    }
}

static uint32_t module_of(const struct reading *reading, const struct pprof_location *location)
{
    return reading->mapping_modules[location->mapping != UINT32_MAX ? location->mapping : reading->file->mapping_count];
}

/* A name for code that has none. */
static const char *name_address(struct reading *reading, const struct pprof_location *location)
{
    const char *path = reading->read->modules[module_of(reading, location)].path, *slash = strrchr(path, '/');
    uint64_t start = location->mapping != UINT32_MAX ? reading->file->mappings[location->mapping].start - reading->file->mappings[location->mapping].offset : 0;
    return string_pool_format(reading->read->texts, "%s+0x%" PRIx64, slash ? slash + 1 : path, location->address - start);
}

static uint32_t add_file(struct read_profile *read, struct key_table *files, const char *path)
{
    bool is_new;
    uint32_t index = key_table_add(files, &path, &is_new);
    if (is_new) {
        READ_APPEND(read, files, file_room, read->profile.file_count)->path = path;
    }
    return index;
}

/* Functions in the file's order, each in the module of its first location; in further modules, and those without a name, behind them. */
static void number_functions(struct reading *reading, struct key_table *functions)
{
    const struct pprof_file *file = reading->file;
    uint32_t *modules = require_array(file->function_count + (size_t)1, sizeof *modules);
    for (uint32_t i = 0; i < file->location_count; i++) {
        const struct pprof_location *location = &file->locations[i];
        for (uint32_t line = 0; line < location->line_count; line++) {
            uint32_t *module = &modules[file->lines[location->first + line].function];
            *module = *module ? *module : module_of(reading, location) + 1;
        }
    }
    for (uint32_t i = 0; i < file->function_count; i++) {
        if (modules[i]) {
            key_table_add(functions, &(struct code_key){i, modules[i] - 1}, NULL);
        }
    }
    free(modules);
    for (uint32_t i = 0; i < file->location_count; i++) {
        const struct pprof_location *location = &file->locations[i];
        for (uint32_t line = 0; line < location->line_count; line++) {
            key_table_add(functions, &(struct code_key){file->lines[location->first + line].function, module_of(reading, location)}, NULL);
        }
    }
}

static void make_functions(struct reading *reading, const struct key_table *functions, uint32_t nameless)
{
    struct read_profile *read = reading->read;
    struct key_table files;
    key_table_init(&files, sizeof(const char *));
    read->functions = require_array((size_t)functions->count + nameless + 1, sizeof read->functions[0]);
    for (uint32_t i = 0; i < functions->count; i++) {
        const struct code_key *key = key_table_at(functions, i);
        const struct pprof_function *from = &reading->file->functions[key->function];
        struct profile_function *to = &read->functions[i];
        *to = (struct profile_function){.name = intern(reading, from->name), .line = from->line, .module = key->module};
        to->file = from->file.count > 0 ? intern(reading, from->file) : NULL;
        if (to->file) {
            add_file(read, &files, to->file);
        }
    }
    read->profile.function_count = functions->count;
    key_table_deinit(&files);
}

static uint32_t add_frame(struct reading *reading, uint32_t function, uint32_t line, bool inlined)
{
    struct frame_key key = {function, line, inlined};
    return key_table_add(&reading->frame_keys, &key, NULL);
}

/* Location by location: its frames, outermost first. */
static void make_locations(struct reading *reading, const struct key_table *functions)
{
    const struct pprof_file *file = reading->file;
    struct read_profile *read = reading->read;
    struct location_frames *stacks = &reading->stacks;
    uint32_t filled = 0;
    stacks->first = require_array(file->location_count + (size_t)1, sizeof(uint32_t));
    stacks->frames = require_array(file->line_count + (size_t)1, sizeof(uint32_t));
    for (uint32_t i = 0; i < file->location_count; i++) {
        const struct pprof_location *location = &file->locations[i];
        stacks->first[i] = filled;
        for (uint32_t line = location->line_count; line-- > 0;) {
            const struct pprof_line *from = &file->lines[location->first + line];
            struct code_key key = {from->function, module_of(reading, location)};
            stacks->frames[filled++] = add_frame(reading, key_table_find(functions, &key, UINT32_MAX), from->line, line + 1 < location->line_count);
        }
        if (location->line_count == 0) {
            uint32_t function = read->profile.function_count++;
            read->functions[function] = (struct profile_function){.name = name_address(reading, location), .module = module_of(reading, location)};
            stacks->frames[filled++] = add_frame(reading, function, 0, false);
        }
    }
    stacks->first[file->location_count] = filled;
}

static void make_frames(struct reading *reading)
{
    struct read_profile *read = reading->read;
    struct key_table paths;
    key_table_init(&paths, sizeof(const char *));
    for (uint32_t i = 0; i < read->profile.file_count; i++) {
        key_table_add(&paths, &read->files[i].path, NULL);
    }
    read->profile.frame_count = reading->frame_keys.count;
    read->frames = require_array(read->profile.frame_count + (size_t)1, sizeof read->frames[0]);
    for (uint32_t i = 0; i < read->profile.frame_count; i++) {
        const struct frame_key *key = key_table_at(&reading->frame_keys, i);
        const struct profile_function *function = &read->functions[key->function];
        read->frames[i] = (struct profile_frame){.function = key->function,
                                                 .file = function->file ? key_table_find(&paths, &function->file, UINT32_MAX) : PROFILE_NONE,
                                                 .line = function->file ? key->line : 0,
                                                 .module = function->module,
                                                 .inlined = key->inlined != 0};
    }
    key_table_deinit(&paths);
}

static void read_code(struct reading *reading)
{
    struct key_table functions;
    uint32_t nameless = 0;
    key_table_init(&functions, sizeof(struct code_key));
    for (uint32_t i = 0; i < reading->file->location_count; i++) {
        nameless += reading->file->locations[i].line_count == 0;
    }
    number_functions(reading, &functions);
    make_functions(reading, &functions, nameless);
    make_locations(reading, &functions);
    make_frames(reading);
    key_table_deinit(&functions);
}

/* -- samples */

static uint32_t find_node(struct reading *reading)
{
    const struct pprof_sample *sample = reading->sample;
    uint32_t node = 0, depth = 0;
    for (uint32_t i = sample->location_count; i-- > 0;) {
        uint32_t first = reading->stacks.first[sample->locations[i]], end = reading->stacks.first[sample->locations[i] + 1];
        depth += end - first;
        if (depth > PPROF_MAX_STACK || reading->nodes.count > PROFILE_READ_MAX_NODES) {
            fail(reading, "has more or deeper stacks than hotline reads");
            return 0;
        }
        for (uint32_t k = first; k < end; k++) {
            node = key_table_add(&reading->nodes, &(struct node_key){node, reading->stacks.frames[k]}, NULL);
        }
    }
    return node;
}

static bool is_static(const struct read_profile *read, const char *key, const char *value)
{
    for (uint32_t i = 0; i < read->profile.static_tag_count; i++) {
        if (read->static_tags[i].key == key && read->static_tags[i].value == value) {
            return true;
        }
    }
    return false;
}

/* What the labels of a sample say. */
struct label_facts {
    int64_t numbers[PPROF_LABELS];
    const char *texts[PPROF_LABELS]; /* NULL: none */
    struct profile_tag tags[PPROF_MAX_LABELS];
    uint32_t tag_count;
};

static void add_tag(struct label_facts *facts, const char *key, const char *value)
{
    uint32_t at = facts->tag_count++;
    for (; at > 0 && strcmp(facts->tags[at - 1].key, key) > 0; at--) {
        facts->tags[at] = facts->tags[at - 1];
    }
    facts->tags[at] = (struct profile_tag){key, value};
}

static void read_labels(struct reading *reading, struct label_facts *facts)
{
    struct read_profile *read = reading->read;
    *facts = (struct label_facts){.tag_count = 0};
    for (uint32_t i = 0; i < reading->sample->label_count; i++) {
        const struct pprof_label *label = &reading->sample->labels[i];
        unsigned known = 0;
        while (known < PPROF_LABELS && !pprof_decode_is(label->key, PPROF_LABEL_NAMES[known])) {
            known++;
        }
        const char *key = intern(reading, label->key), *value = intern(reading, label->text);
        if (known < PPROF_LABELS) {
            facts->numbers[known] = label->number;
            facts->texts[known] = label->text.count > 0 ? value : NULL;
            continue;
        }
        if ((label->text.count == 0 && !read->has_notes) || is_static(read, key, value)) {
            continue; /* a number, which is no tag; or a tag of the whole profile */
        }
        bool prefixed = strncmp(key, PPROF_TAG_PREFIX, strlen(PPROF_TAG_PREFIX)) == 0;
        add_tag(facts, prefixed ? string_pool_intern(read->texts, key + strlen(PPROF_TAG_PREFIX)) : key, value);
    }
}

static uint32_t find_span(struct read_profile *read, const char *id)
{
    char *end;
    uint64_t number = id ? strtoull(id, &end, 16) : 0;
    uint32_t index = number != 0 && *end == '\0' ? key_table_find(&read->span_ids, &number, UINT32_MAX) : UINT32_MAX;
    return index != UINT32_MAX ? index + 1 : 0;
}

static int32_t to_int32(int64_t number)
{
    return number >= INT32_MIN && number <= INT32_MAX ? (int32_t)number : 0;
}

static uint64_t value_of(struct reading *reading, enum pprof_value value)
{
    int index = reading->metrics.index[value];
    int64_t number = index >= 0 ? reading->sample->values[index] : 0;
    if (number < 0) {
        fail(reading, "has negative values: it is a difference of profiles, not a profile");
    }
    return number > 0 ? (uint64_t)number : 0;
}

static void add_cell(struct reading *reading, struct key_table *keys, bool waits, const struct cell_key *key, uint64_t samples, uint64_t ns)
{
    struct read_profile *read = reading->read;
    bool is_new;
    uint32_t index = key_table_add(keys, key, &is_new);
    if (is_new) {
        struct profile_cell *added = waits ? READ_APPEND(read, wait_cells, wait_cell_room, read->profile.wait_cell_count)
                                           : READ_APPEND(read, cells, cell_room, read->profile.cell_count);
        *added = (struct profile_cell){.node = key->node, .tag_set = key->tag_set, .span = key->span, .thread = key->thread,
                                       .bucket = key->bucket, .in_kernel = key->in_kernel != 0};
    }
    struct profile_cell *cell = waits ? &read->wait_cells[index] : &read->cells[index];
    uint64_t *total = waits ? &read->profile.wait_ns_total : &read->profile.cpu_ns_total;
    cell->samples = samples < UINT32_MAX - cell->samples ? cell->samples + (uint32_t)samples : UINT32_MAX;
    if (ns > INT64_MAX - *total) {
        fail(reading, "has more time in it than there is");
        return;
    }
    cell->cpu_ns += ns;
    *total += ns;
    if (!waits && key->thread >= read->noted_threads) {
        read->threads[key->thread].cpu_s_sampled += (double)ns * 1e-9;
    }
}

static void add_lock(struct reading *reading, const struct label_facts *facts, uint32_t node)
{
    struct read_profile *read = reading->read;
    uint64_t samples = value_of(reading, PPROF_CONTENTIONS);
    char *end;
    uint64_t address = strtoull(facts->texts[LABEL_LOCK], &end, 16);
    *READ_APPEND(read, locks, lock_room, read->profile.lock_count) =
        (struct profile_lock){.pid = to_int32(facts->numbers[LABEL_PID]),
                              .address = *end == '\0' ? address : 0,
                              .name = facts->texts[LABEL_LOCK_NAME],
                              .node = node,
                              .samples = samples < UINT32_MAX ? (uint32_t)samples : UINT32_MAX,
                              .waited_ns = value_of(reading, PPROF_DELAY)};
}

static void read_sample(struct reading *reading)
{
    struct read_profile *read = reading->read;
    struct label_facts facts;
    struct cell_key key = {.node = find_node(reading)};
    read_labels(reading, &facts);
    if (facts.texts[LABEL_LOCK] && reading->metrics.index[PPROF_DELAY] >= 0) {
        add_lock(reading, &facts, key.node);
        return;
    }
    int64_t time_ns = facts.numbers[LABEL_TIME];
    uint64_t bucket = time_ns > 0 ? (uint64_t)time_ns / read->profile.bucket_ns : 0;
    int64_t use = facts.numbers[LABEL_TID_USE];
    key.bucket = bucket < UINT32_MAX ? (uint32_t)bucket : UINT32_MAX;
    key.tag_set = profile_read_tag_set(read, facts.tags, facts.tag_count, false);
    key.span = find_span(read, facts.texts[LABEL_SPAN]);
    key.in_kernel = facts.texts[LABEL_KERNEL] != NULL;
    key.thread = profile_read_thread(read, to_int32(facts.numbers[LABEL_PID]), to_int32(facts.numbers[LABEL_TID]),
                                     use > 0 && use < UINT32_MAX ? (uint32_t)use : 0, facts.texts[LABEL_THREAD] ? facts.texts[LABEL_THREAD] : string_pool_intern(read->texts, ""));
    uint64_t cpu = value_of(reading, PPROF_CPU), waits = value_of(reading, PPROF_WAITS), waited_ns = value_of(reading, PPROF_WAIT);
    uint64_t samples = reading->metrics.index[PPROF_SAMPLES] >= 0 ? value_of(reading, PPROF_SAMPLES) : cpu > 0;
    if (cpu > UINT64_MAX / reading->metrics.ns_per_unit) {
        fail(reading, "has more time in it than there is");
        return;
    }
    if (waits > 0 || waited_ns > 0) {
        add_cell(reading, &reading->wait_cells, true, &key, waits, waited_ns);
    }
    if (cpu > 0 || samples > 0) {
        add_cell(reading, &reading->cells, false, &key, samples, cpu * reading->metrics.ns_per_unit);
    }
}

static void read_samples(struct reading *reading)
{
    struct read_profile *read = reading->read;
    key_table_add(&reading->nodes, &(struct node_key){0, PROFILE_NONE}, NULL);
    reading->sample = require_array(1, sizeof *reading->sample);
    reading->sample->locations = require_array(PPROF_MAX_STACK, sizeof(uint32_t));
    for (uint32_t i = 0; i < reading->file->sample_count && !read->why; i++) {
        read->why = pprof_decode_sample(reading->file, i, reading->sample);
        if (!read->why) {
            read_sample(reading);
        }
    }
    read->profile.node_count = reading->nodes.count;
    read->nodes = require_array(reading->nodes.count, sizeof read->nodes[0]);
    for (uint32_t i = 0; i < reading->nodes.count; i++) {
        const struct node_key *key = key_table_at(&reading->nodes, i);
        read->nodes[i] = (struct profile_node){key->parent, key->frame};
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
        fail(reading, "has a duration or rate that makes no sense");
    }
    if (!read->why) {
        find_modules(reading);
    }
    if (!read->why) {
        read_code(reading);
        read_samples(reading);
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
