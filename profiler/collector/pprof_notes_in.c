/* "KEY=VALUE" notes -> the parts of a profile. See pprof_format.h. Texts are cut apart where they stand, in a copy of all notes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/latency_scale.h"
#include "profiler/collector/pprof_facts.h"
#include "profiler/collector/profile_read_parts.h"
#include "profiler/collector/string_pool.h"

static const char WRONG_NOTE[] = "has a note of hotline's that makes no sense";

static int hex_digit(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The next word at *at, which moves behind it; its escapes are resolved. false: there is none. *ret NULL: the word "-". */
static bool next_word(char **at, const char **ret)
{
    char *from = *at, *to = *at;
    if (!from) {
        return false;
    }
    *ret = from;
    char *end = from + strcspn(from, " ");
    *at = *end == ' ' ? end + 1 : NULL;
    if (end - from == 1 && *from == '-') {
        *ret = NULL;
    }
    while (from < end) {
        bool escape = *from == '%' && end - from > 2 && hex_digit(from[1]) >= 0 && hex_digit(from[2]) >= 0;
        *to++ = escape ? (char)(hex_digit(from[1]) << 4 | hex_digit(from[2])) : *from;
        from += escape ? 3 : 1;
    }
    *to = '\0';
    return true;
}

static bool next_text(struct read_profile *read, char **at, const char **ret)
{
    const char *word;
    if (!next_word(at, &word)) {
        return false;
    }
    *ret = word ? string_pool_intern(read->texts, word) : NULL;
    return true;
}

static bool next_number(char **at, uint64_t high, uint64_t *ret)
{
    const char *word;
    return next_word(at, &word) && word && pprof_facts_unsigned(word, high, ret);
}

static bool next_index(char **at, uint32_t *ret)
{
    uint64_t number;
    if (!next_number(at, UINT32_MAX - 1, &number)) {
        return false;
    }
    *ret = (uint32_t)number;
    return true;
}

static bool next_int32(char **at, int32_t *ret)
{
    const char *word;
    int64_t number;
    if (!next_word(at, &word) || !word || !pprof_facts_integer(word, INT32_MIN, INT32_MAX, &number)) {
        return false;
    }
    *ret = (int32_t)number;
    return true;
}

static bool next_real(char **at, double *ret)
{
    const char *word;
    return next_word(at, &word) && word && pprof_facts_real(word, ret);
}

static bool read_module(struct read_profile *read, char *at)
{
    uint64_t own;
    const char *build_id, *path, *problem;
    if (!next_number(&at, 1, &own) || !next_word(&at, &build_id) || !build_id || !next_text(read, &at, &path) || !path ||
        !next_text(read, &at, &problem)) {
        return false;
    }
    struct profile_module *module = READ_APPEND(read, modules, module_room, read->profile.module_count);
    *module = (struct profile_module){.path = path, .own = own == 1, .problem = problem};
    snprintf(module->build_id, sizeof module->build_id, "%s", build_id);
    read->noted_modules++;
    return true;
}

static bool read_thread(struct read_profile *read, char *at)
{
    struct profile_thread thread = {0};
    if (!next_int32(&at, &thread.pid) || !next_int32(&at, &thread.tid) || !next_real(&at, &thread.cpu_s_sampled) ||
        !next_real(&at, &thread.cpu_s_measured) || !next_text(read, &at, &thread.name) || !thread.name) {
        return false;
    }
    uint32_t index = profile_read_thread(read, thread.pid, thread.tid, UINT32_MAX, thread.name);
    read->threads[index] = thread;
    read->noted_threads++;
    return true;
}

static bool read_tags(struct read_profile *read, char *at, struct profile_tag *tags, uint32_t *count)
{
    for (*count = 0; at && *at != '\0'; (*count)++) {
        if (*count == PPROF_MAX_LABELS || !next_text(read, &at, &tags[*count].key) || !tags[*count].key ||
            !next_text(read, &at, &tags[*count].value) || !tags[*count].value) {
            return false;
        }
    }
    return true;
}

static bool read_tag_set(struct read_profile *read, char *at)
{
    struct profile_tag tags[PPROF_MAX_LABELS];
    uint32_t count;
    if (!read_tags(read, at, tags, &count)) {
        return false;
    }
    profile_read_tag_set(read, tags, count, true);
    return true;
}

static bool read_static_tag(struct read_profile *read, char *at)
{
    struct profile_tag tags[PPROF_MAX_LABELS];
    uint32_t count;
    if (!read_tags(read, at, tags, &count) || count != 1 || read->profile.static_tag_count == PPROF_MAX_LABELS) {
        return false;
    }
    *READ_APPEND(read, static_tags, static_tag_room, read->profile.static_tag_count) = tags[0];
    return true;
}

static bool read_span(struct read_profile *read, char *at)
{
    struct profile_span span = {0};
    const char *id;
    uint64_t running;
    if (!next_word(&at, &id) || !id || strlen(id) != 16 || !next_text(read, &at, &span.name) || !span.name ||
        !next_text(read, &at, &span.method) || !next_text(read, &at, &span.path) || !next_text(read, &at, &span.request_id) ||
        !next_index(&at, &span.tag_set) || !next_index(&at, &span.thread) || !next_number(&at, INT64_MAX, &span.begin_ns) ||
        !next_number(&at, INT64_MAX, &span.wall_ns) || !next_number(&at, 1, &running)) {
        return false;
    }
    char *end;
    span.id = strtoull(id, &end, 16);
    span.running = running == 1;
    if (*end != '\0' || span.id == 0) {
        return false;
    }
    *READ_APPEND(read, spans, span_room, read->profile.span_count) = span;
    key_table_add(&read->span_ids, &span.id, NULL);
    return true;
}

static bool read_latency(struct read_profile *read, char *at)
{
    struct profile_latency latency = {0};
    uint64_t step;
    if (!next_text(read, &at, &latency.name) || !latency.name || !next_index(&at, &latency.tag_set)) {
        return false;
    }
    while (at) {
        if (!next_number(&at, LATENCY_STEPS - 1, &step) || !next_number(&at, INT64_MAX, &latency.count)) {
            return false;
        }
        latency.step = (uint32_t)step;
        *READ_APPEND(read, latencies, latency_room, read->profile.latency_count) = latency;
    }
    return true;
}

static bool read_stops(struct read_profile *read, char *at)
{
    for (size_t i = 0; at && i < sizeof read->profile.stops / sizeof read->profile.stops[0]; i++) {
        if (!next_number(&at, INT64_MAX, &read->profile.stops[i])) {
            return false;
        }
    }
    return true;
}

static bool read_left_out(struct read_profile *read, char *at)
{
    for (size_t i = 0; at && i < LEFT_OUT_REASONS; i++) {
        if (!next_index(&at, &read->profile.left_out[i])) {
            return false;
        }
    }
    return true;
}

static bool read_only(struct read_profile *read, char *at)
{
    *READ_APPEND(read, only, only_room, read->only_count) = at;
    return true;
}

static bool read_exclude(struct read_profile *read, char *at)
{
    *READ_APPEND(read, exclude, exclude_room, read->exclude_count) = at;
    return true;
}

static bool read_own_toolchain(struct read_profile *read, char *at)
{
    read->own_toolchain = strcmp(at, "1") == 0;
    return true;
}

static const struct {
    const char *key;
    bool (*take)(struct read_profile *read, char *value);
} lists[] = {{"module", read_module},       {"thread", read_thread},       {"tag_set", read_tag_set},       {"static_tag", read_static_tag},
             {"span", read_span},           {"latency", read_latency},     {"stops", read_stops},           {"left_out", read_left_out},
             {"profile_only", read_only},   {"profile_exclude", read_exclude}, {"own_toolchain", read_own_toolchain}};

/* A note of a later hotline's that this one does not know is no error. */
static bool read_note(struct read_profile *read, char *note)
{
    char *value = strchr(note, '=');
    if (!value) {
        return false;
    }
    *value++ = '\0';
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(lists[i].key, note) == 0) {
            return lists[i].take(read, value);
        }
    }
    return pprof_facts_read(&read->profile, note, value) != PPROF_FACT_WRONG;
}

void pprof_notes_read(struct read_profile *read, const struct pprof_file *file)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < file->note_count; i++) {
        bytes += proto_in_left(&file->notes[i]) + 1;
    }
    read->note_text = require_array(bytes + 1, 1);
    read->has_notes = file->note_count > 0;
    char *at = read->note_text;
    for (uint32_t i = 0; i < file->note_count && !read->why; i++) {
        size_t count = proto_in_left(&file->notes[i]);
        if (count > 0) {
            memcpy(at, file->notes[i].pos, count);
        }
        if (!read_note(read, at)) {
            read->why = WRONG_NOTE;
        }
        at += count + 1;
    }
}

void pprof_notes_check(struct read_profile *read)
{
    const struct profile *profile = &read->profile;
    bool good = true;
    for (uint32_t i = 1; i < profile->span_count; i++) {
        good &= read->spans[i].tag_set < profile->tag_set_count && read->spans[i].thread < profile->thread_count;
    }
    for (uint32_t i = 0; i < profile->latency_count; i++) {
        good &= read->latencies[i].tag_set < profile->tag_set_count;
    }
    if (!good) {
        read->why = read->why ? read->why : WRONG_NOTE;
    }
}
