/* Samples of a pprof file -> the call tree and its cells, waits and locks. See profile_read.h. */
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/pprof_format.h"
#include "profiler/collector/profile_read.h"
#include "profiler/collector/profile_read_parts.h"
#include "profiler/collector/string_pool.h"

static uint32_t find_node(struct reading *reading)
{
    const struct pprof_sample *sample = reading->sample;
    uint32_t node = 0, depth = 0;
    for (uint32_t i = sample->location_count; i-- > 0;) {
        uint32_t first = reading->stacks.first[sample->locations[i]], end = reading->stacks.first[sample->locations[i] + 1];
        depth += end - first;
        if (depth > PPROF_MAX_STACK || reading->nodes.count > PROFILE_READ_MAX_NODES) {
            profile_read_fail(reading, "has more or deeper stacks than hotline reads");
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
        const char *key = profile_read_intern(reading, label->key), *value = profile_read_intern(reading, label->text);
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
        profile_read_fail(reading, "has negative values: it is a difference of profiles, not a profile");
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
        profile_read_fail(reading, "has more time in it than there is");
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
        profile_read_fail(reading, "has more time in it than there is");
        return;
    }
    if (waits > 0 || waited_ns > 0) {
        add_cell(reading, &reading->wait_cells, true, &key, waits, waited_ns);
    }
    if (cpu > 0 || samples > 0) {
        add_cell(reading, &reading->cells, false, &key, samples, cpu * reading->metrics.ns_per_unit);
    }
}

void profile_read_samples(struct reading *reading)
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
