/* struct profile -> profile.proto. See report_pprof.h and pprof_format.h.
 *
 * A Location is a physical frame: the node of an inlined function and those that it is inlined into, innermost first. Locations are
 * numbered as samples need them, so the samples are written first, then what they point to, the strings and notes last. */
#include "profiler/collector/report_pprof.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/gzip_out.h"
#include "profiler/collector/key_table.h"
#include "profiler/collector/output_file.h"
#include "profiler/collector/pprof_notes.h"
#include "profiler/collector/pprof_format.h"
#include "profiler/collector/proto_out.h"
#include "profiler/collector/require_memory.h"
#include "profiler/collector/string_pool.h"
#include "profiler/collector/text_out.h"

/* A frame together with those that it is inlined into. */
struct chain_key {
    uint32_t function, line;
    uint32_t outer; /* chain, PROFILE_NONE: inlined into nothing */
};

/* Bytes [first, first + count) of writer.labels: what many samples have in common. */
struct label_part {
    size_t first, count;
};

struct writer {
    const struct profile *profile;
    struct text_out *out;
    struct text_out message, part; /* being collected */
    struct string_pool *texts;
    struct key_table strings;     /* const char *, interned */
    struct key_table chains;      /* chain_key */
    uint32_t *node_chains;        /* node -> chain */
    uint32_t *chain_locations;    /* chain -> location id, 0: none yet */
    uint32_t *locations;          /* location id - 1 -> chain */
    uint32_t location_count;
    uint32_t *function_ids; /* 0: no location has it */
    struct text_out labels;
    struct label_part *tag_sets, *threads;
    unsigned value_count;
};

static uint32_t string_number(struct writer *writer, const char *text)
{
    const char *interned = string_pool_intern(writer->texts, text ? text : "");
    return key_table_add(&writer->strings, &interned, NULL); /* "" is number 0 */
}

static void put_string(struct writer *writer, struct text_out *out, uint32_t field, const char *text)
{
    proto_out_number(out, field, string_number(writer, text));
}

/* -- labels */

static void put_label(struct writer *writer, struct text_out *out, const char *key, const char *value)
{
    put_string(writer, &writer->part, PPROF_LABEL_KEY, key);
    put_string(writer, &writer->part, PPROF_LABEL_STRING, value);
    proto_out_part(out, PPROF_SAMPLE_LABEL, &writer->part);
}

static void put_number_label(struct writer *writer, struct text_out *out, enum pprof_label_key label, int64_t number, const char *unit)
{
    put_string(writer, &writer->part, PPROF_LABEL_KEY, PPROF_LABEL_NAMES[label]);
    proto_out_number(&writer->part, PPROF_LABEL_NUMBER, (uint64_t)number);
    put_string(writer, &writer->part, PPROF_LABEL_UNIT, unit);
    proto_out_part(out, PPROF_SAMPLE_LABEL, &writer->part);
}

static bool is_taken_key(const char *key)
{
    for (unsigned i = 0; i < PPROF_LABELS; i++) {
        if (strcmp(key, PPROF_LABEL_NAMES[i]) == 0) {
            return true;
        }
    }
    return *key == '\0' || strncmp(key, PPROF_TAG_PREFIX, strlen(PPROF_TAG_PREFIX)) == 0 || strncmp(key, "pprof::", 7) == 0;
}

static bool is_static_key(const struct profile *profile, const char *key)
{
    for (uint32_t i = 0; i < profile->static_tag_count; i++) {
        if (strcmp(key, profile->static_tags[i].key) == 0) {
            return true;
        }
    }
    return false;
}

static void put_tag(struct writer *writer, const struct profile_tag *tag)
{
    bool taken = is_taken_key(tag->key) || is_static_key(writer->profile, tag->key);
    const char *key = taken ? string_pool_format(writer->texts, PPROF_TAG_PREFIX "%s", tag->key) : tag->key;
    put_label(writer, &writer->labels, key, tag->value);
}

static void collect_tag_set(struct writer *writer, uint32_t index)
{
    const struct profile *profile = writer->profile;
    size_t first = writer->labels.count;
    for (uint32_t i = 0; i < profile->static_tag_count; i++) {
        if (!is_taken_key(profile->static_tags[i].key)) {
            put_label(writer, &writer->labels, profile->static_tags[i].key, profile->static_tags[i].value);
        }
    }
    for (uint32_t i = 0; i < profile->tag_sets[index].count; i++) {
        put_tag(writer, &profile->tag_sets[index].tags[i]);
    }
    writer->tag_sets[index] = (struct label_part){first, writer->labels.count - first};
}

/* thread -> how many before it look the same. */
static uint32_t *count_thread_uses(struct writer *writer)
{
    struct use_key {
        const char *name; /* interned */
        int32_t pid, tid;
    } key;
    const struct profile *profile = writer->profile;
    uint32_t *uses = require_array(profile->thread_count + (size_t)1, sizeof *uses);
    uint32_t *seen = require_array(profile->thread_count + (size_t)1, sizeof *seen);
    struct key_table keys;
    key_table_init(&keys, sizeof key);
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        key = (struct use_key){string_pool_intern(writer->texts, thread->name), thread->pid, thread->tid};
        uses[i] = seen[key_table_add(&keys, &key, NULL)]++;
    }
    key_table_deinit(&keys);
    free(seen);
    return uses;
}

static void collect_thread(struct writer *writer, uint32_t index, uint32_t use)
{
    const struct profile_thread *thread = &writer->profile->threads[index];
    size_t first = writer->labels.count;
    if (thread->name[0] != '\0') {
        put_label(writer, &writer->labels, PPROF_LABEL_NAMES[LABEL_THREAD], thread->name);
    }
    const int64_t numbers[] = {thread->pid, thread->tid, use};
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i] != 0) { /* 0 is what is read where there is none */
            put_number_label(writer, &writer->labels, (enum pprof_label_key)(LABEL_PID + i), numbers[i], NULL);
        }
    }
    writer->threads[index] = (struct label_part){first, writer->labels.count - first};
}

static void collect_labels(struct writer *writer)
{
    const struct profile *profile = writer->profile;
    writer->tag_sets = require_array(profile->tag_set_count + (size_t)1, sizeof *writer->tag_sets);
    writer->threads = require_array(profile->thread_count + (size_t)1, sizeof *writer->threads);
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        collect_tag_set(writer, i);
    }
    uint32_t *uses = count_thread_uses(writer);
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        collect_thread(writer, i, uses[i]);
    }
    free(uses);
}

static void put_collected(struct writer *writer, struct label_part part)
{
    if (part.count > 0) {
        text_out_bytes(&writer->message, writer->labels.bytes + part.first, part.count);
    }
}

/* -- stacks */

/* Inlined into the node above; the root has no code to be inlined into. */
static bool is_inlined(const struct profile *profile, uint32_t node)
{
    return profile->frames[profile->nodes[node].frame].inlined && profile->nodes[node].parent != 0;
}

static void collect_chains(struct writer *writer)
{
    const struct profile *profile = writer->profile;
    writer->node_chains = require_array(profile->node_count + (size_t)1, sizeof *writer->node_chains);
    for (uint32_t i = 1; i < profile->node_count; i++) {
        const struct profile_frame *frame = &profile->frames[profile->nodes[i].frame];
        struct chain_key key = {frame->function, frame->line, PROFILE_NONE};
        if (is_inlined(profile, i)) {
            key.outer = writer->node_chains[profile->nodes[i].parent];
        }
        writer->node_chains[i] = key_table_add(&writer->chains, &key, NULL);
    }
    writer->chain_locations = require_array(writer->chains.count + (size_t)1, sizeof *writer->chain_locations);
    writer->locations = require_array(writer->chains.count + (size_t)1, sizeof *writer->locations);
}

static uint32_t location_id(struct writer *writer, uint32_t node)
{
    uint32_t chain = writer->node_chains[node];
    if (writer->chain_locations[chain] == 0) {
        writer->locations[writer->location_count++] = chain;
        writer->chain_locations[chain] = writer->location_count;
    }
    return writer->chain_locations[chain];
}

static void put_stack(struct writer *writer, uint32_t leaf)
{
    const struct profile_node *nodes = writer->profile->nodes;
    for (uint32_t node = leaf; node != 0; node = nodes[node].parent) {
        proto_out_varint(&writer->part, location_id(writer, node));
        while (is_inlined(writer->profile, node)) {
            node = nodes[node].parent;
        }
    }
    if (writer->part.count > 0) {
        proto_out_part(&writer->message, PPROF_SAMPLE_LOCATION, &writer->part);
    }
}

/* -- samples */

/* Those of `values` that stand at `first` and behind it; the others are 0. */
static void put_values(struct writer *writer, enum pprof_value first, uint64_t count, uint64_t ns)
{
    for (unsigned i = 0; i < writer->value_count; i++) {
        proto_out_varint(&writer->part, i == (unsigned)first ? count : i == (unsigned)first + 1 ? ns : 0);
    }
    proto_out_part(&writer->message, PPROF_SAMPLE_VALUE, &writer->part);
}

static void put_cell(struct writer *writer, const struct profile_cell *cell, enum pprof_value first)
{
    const struct profile *profile = writer->profile;
    put_stack(writer, cell->node);
    put_values(writer, first, cell->samples, cell->cpu_ns);
    put_collected(writer, writer->tag_sets[cell->tag_set]);
    put_collected(writer, writer->threads[cell->thread]);
    put_number_label(writer, &writer->message, LABEL_TIME, (int64_t)(cell->bucket * profile->bucket_ns), "nanoseconds");
    if (cell->in_kernel) {
        put_label(writer, &writer->message, PPROF_LABEL_NAMES[LABEL_KERNEL], "yes");
    }
    if (cell->span != 0) {
        char id[17];
        snprintf(id, sizeof id, "%016" PRIx64, profile->spans[cell->span].id);
        put_label(writer, &writer->message, PPROF_LABEL_NAMES[LABEL_SPAN], id);
    }
    proto_out_part(writer->out, PPROF_SAMPLE, &writer->message);
}

static void put_lock(struct writer *writer, const struct profile_lock *lock)
{
    char address[19];
    snprintf(address, sizeof address, "0x%" PRIx64, lock->address);
    put_stack(writer, lock->node);
    put_values(writer, PPROF_CONTENTIONS, lock->samples, lock->waited_ns);
    if (lock->pid != 0) {
        put_number_label(writer, &writer->message, LABEL_PID, lock->pid, NULL);
    }
    put_label(writer, &writer->message, PPROF_LABEL_NAMES[LABEL_LOCK], address);
    if (lock->name) {
        put_label(writer, &writer->message, PPROF_LABEL_NAMES[LABEL_LOCK_NAME], lock->name);
    }
    proto_out_part(writer->out, PPROF_SAMPLE, &writer->message);
}

static void put_samples(struct writer *writer)
{
    const struct profile *profile = writer->profile;
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        put_cell(writer, &profile->cells[i], PPROF_SAMPLES);
    }
    if (profile->wall) {
        for (uint32_t i = 0; i < profile->wait_cell_count; i++) {
            put_cell(writer, &profile->wait_cells[i], PPROF_WAITS);
        }
        for (uint32_t i = 0; i < profile->lock_count; i++) {
            put_lock(writer, &profile->locks[i]);
        }
    }
}

/* -- what samples point to */

static void put_mapping(struct writer *writer, uint32_t index)
{
    const struct profile_module *module = &writer->profile->modules[index];
    struct text_out *out = &writer->message;
    proto_out_number(out, PPROF_MAPPING_ID, (uint64_t)index + 1);
    put_string(writer, out, PPROF_MAPPING_FILE, module->path);
    put_string(writer, out, PPROF_MAPPING_BUILD_ID, module->build_id);
    for (uint32_t field = PPROF_MAPPING_HAS_FUNCTIONS; field <= PPROF_MAPPING_HAS_INLINED; field++) {
        proto_out_number(out, field, 1); /* everything is said: nothing is to be looked up again */
    }
    proto_out_part(writer->out, PPROF_MAPPING, out);
}

/* The module whose path is the program's; else the first one of its own. Readers take the first mapping for the main binary. */
static uint32_t main_module(const struct profile *profile)
{
    uint32_t found = PROFILE_NONE;
    for (uint32_t i = 0; i < profile->module_count; i++) {
        if (profile->program && strcmp(profile->modules[i].path, profile->program) == 0) {
            return i;
        }
        if (found == PROFILE_NONE && profile->modules[i].own && profile->modules[i].path[0] != '[') {
            found = i;
        }
    }
    return found != PROFILE_NONE ? found : 0;
}

static void put_mappings(struct writer *writer)
{
    uint32_t first = main_module(writer->profile);
    for (uint32_t i = 0; i < writer->profile->module_count; i++) {
        put_mapping(writer, i == 0 ? first : i <= first ? i - 1 : i);
    }
}

static const struct chain_key *chain_at(const struct writer *writer, uint32_t chain)
{
    return key_table_at(&writer->chains, chain);
}

/* Functions keep their order, so that a profile that was read again has them in the same one. */
static void number_functions(struct writer *writer)
{
    uint32_t count = writer->profile->function_count, id = 0;
    writer->function_ids = require_array(count + (size_t)1, sizeof *writer->function_ids);
    for (uint32_t i = 0; i < writer->location_count; i++) {
        for (uint32_t chain = writer->locations[i]; chain != PROFILE_NONE; chain = chain_at(writer, chain)->outer) {
            writer->function_ids[chain_at(writer, chain)->function] = 1;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        writer->function_ids[i] = writer->function_ids[i] ? ++id : 0;
    }
}

static void put_location(struct writer *writer, uint32_t index)
{
    uint32_t module = 0;
    struct text_out *out = &writer->message;
    proto_out_number(out, PPROF_LOCATION_ID, (uint64_t)index + 1);
    for (uint32_t chain = writer->locations[index]; chain != PROFILE_NONE; chain = chain_at(writer, chain)->outer) {
        const struct chain_key *key = chain_at(writer, chain);
        module = writer->profile->functions[key->function].module;
        proto_out_number(&writer->part, PPROF_LINE_FUNCTION, writer->function_ids[key->function]);
        proto_out_number(&writer->part, PPROF_LINE_LINE, key->line);
        proto_out_part(out, PPROF_LOCATION_LINE, &writer->part);
    }
    proto_out_number(out, PPROF_LOCATION_MAPPING, (uint64_t)module + 1);
    proto_out_part(writer->out, PPROF_LOCATION, out);
}

static void put_functions(struct writer *writer)
{
    for (uint32_t i = 0; i < writer->profile->function_count; i++) {
        const struct profile_function *function = &writer->profile->functions[i];
        if (writer->function_ids[i] != 0) {
            proto_out_number(&writer->message, PPROF_FUNCTION_ID, writer->function_ids[i]);
            put_string(writer, &writer->message, PPROF_FUNCTION_NAME, function->name);
            put_string(writer, &writer->message, PPROF_FUNCTION_FILE, function->file);
            proto_out_number(&writer->message, PPROF_FUNCTION_LINE, function->line);
            proto_out_part(writer->out, PPROF_FUNCTION, &writer->message);
        }
    }
}

/* -- the rest */

static void put_type(struct writer *writer, uint32_t field, enum pprof_value value)
{
    put_string(writer, &writer->message, PPROF_TYPE_TYPE, PPROF_VALUE_NAMES[value][0]);
    put_string(writer, &writer->message, PPROF_TYPE_UNIT, PPROF_VALUE_NAMES[value][1]);
    proto_out_part(writer->out, field, &writer->message);
}

static void put_header(struct writer *writer)
{
    const struct profile *profile = writer->profile;
    double period_ns = profile->asked_hz > 0 ? 1e9 / profile->asked_hz : 0;
    for (unsigned i = 0; i < writer->value_count; i++) {
        put_type(writer, PPROF_SAMPLE_TYPE, (enum pprof_value)i);
    }
    proto_out_number(writer->out, PPROF_TIME_NANOS, (uint64_t)profile->started_unix_ns);
    proto_out_number(writer->out, PPROF_DURATION_NANOS, (uint64_t)llround(profile->duration_s * 1e9));
    put_type(writer, PPROF_PERIOD_TYPE, PPROF_CPU);
    proto_out_number(writer->out, PPROF_PERIOD, (uint64_t)llround(period_ns));
    put_string(writer, writer->out, PPROF_COMMENT, string_pool_format(writer->texts, "hotline: %s", profile->command_line));
    put_string(writer, writer->out, PPROF_DEFAULT_SAMPLE_TYPE, PPROF_VALUE_NAMES[PPROF_CPU][0]);
}

/* As UTF-8, whatever the text is: readers refuse a profile with anything else. */
static void put_clean(struct writer *writer, uint32_t field, const char *text)
{
    size_t count = strlen(text);
    for (size_t at = 0; at < count;) {
        uint32_t code;
        size_t bytes = text_out_decode(text + at, count - at, &code);
        bool broken = code == 0xFFFD;
        text_out_bytes(&writer->message, broken ? "\xEF\xBF\xBD" : text + at, broken ? 3 : bytes);
        at += bytes;
    }
    proto_out_part(writer->out, field, &writer->message);
}

static void put_strings(struct writer *writer)
{
    for (uint32_t i = 0; i < writer->strings.count; i++) {
        const char *text;
        memcpy(&text, key_table_at(&writer->strings, i), sizeof text);
        put_clean(writer, PPROF_STRING, text);
    }
}

static void put_notes(struct writer *writer)
{
    struct text_out notes;
    text_out_init(&notes, NULL, NULL);
    pprof_notes_write(&notes, writer->profile);
    for (size_t at = 0; at < notes.count; at += strlen(notes.bytes + at) + 1) {
        put_clean(writer, PPROF_NOTE, notes.bytes + at);
    }
    writer->out->failed |= notes.failed;
    text_out_deinit(&notes);
}

static void writer_init(struct writer *writer, struct text_out *out, const struct profile *profile)
{
    *writer = (struct writer){.profile = profile, .out = out, .texts = string_pool_create(),
                              .value_count = profile->wall ? PPROF_ALL_VALUES : PPROF_CPU_VALUES};
    text_out_init(&writer->message, NULL, NULL);
    text_out_init(&writer->part, NULL, NULL);
    text_out_init(&writer->labels, NULL, NULL);
    key_table_init(&writer->strings, sizeof(const char *));
    key_table_init(&writer->chains, sizeof(struct chain_key));
    (void)string_number(writer, "");
}

static void writer_deinit(struct writer *writer)
{
    text_out_deinit(&writer->message);
    text_out_deinit(&writer->part);
    text_out_deinit(&writer->labels);
    key_table_deinit(&writer->strings);
    key_table_deinit(&writer->chains);
    string_pool_destroy(writer->texts);
    free(writer->node_chains);
    free(writer->chain_locations);
    free(writer->locations);
    free(writer->function_ids);
    free(writer->tag_sets);
    free(writer->threads);
}

void report_pprof_bytes(struct text_out *out, const struct profile *profile)
{
    struct writer writer;
    writer_init(&writer, out, profile);
    put_header(&writer);
    collect_labels(&writer);
    collect_chains(&writer);
    put_samples(&writer);
    number_functions(&writer);
    put_mappings(&writer);
    for (uint32_t i = 0; i < writer.location_count; i++) {
        put_location(&writer, i);
    }
    put_functions(&writer);
    put_strings(&writer);
    put_notes(&writer);
    out->failed |= writer.labels.failed;
    writer_deinit(&writer);
}

static void write_bytes(struct text_out *out, const void *context)
{
    report_pprof_bytes(out, context);
}

static void write_packed(struct text_out *out, const void *context)
{
    gzip_out_write(out, write_bytes, context);
}

bool report_pprof_write(const struct profile *profile, const char *path, char *error, size_t error_bytes)
{
    return output_file_write(path, write_packed, profile, error, error_bytes);
}
