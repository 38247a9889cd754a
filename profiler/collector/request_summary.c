/* See request_summary.h. Each table is one list of (row, step, count), sorted, then read in runs. */
#include "profiler/collector/request_summary.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/latency_scale.h"
#include "profiler/collector/require_memory.h"

struct entry {
    uint32_t row, step;
    uint64_t count;
};

struct entries {
    struct entry *all;
    size_t count, capacity;
};

static void append(struct entries *entries, uint32_t row, const struct profile_latency *latency)
{
    uint32_t step = latency->step < LATENCY_STEPS ? latency->step : LATENCY_STEPS - 1;
    entries->all = require_room(entries->all, &entries->capacity, entries->count + 1, sizeof entries->all[0]);
    entries->all[entries->count++] = (struct entry){.row = row, .step = step, .count = latency->count};
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    if (a->row != b->row) {
        return a->row < b->row ? -1 : 1;
    }
    return a->step < b->step ? -1 : a->step > b->step;
}

/* Of entries[0..count), which are one row's: the step that the request of rank `rank` (1: the fastest) is in. */
static uint64_t at_rank(const struct entry *entries, size_t count, uint64_t rank)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        seen += entries[i].count;
        if (seen >= rank) {
            return latency_of_step(entries[i].step);
        }
    }
    return 0;
}

static uint64_t rank_of(uint64_t count, unsigned percent)
{
    uint64_t rest = count % 100;
    return count / 100 * percent + (rest * percent + 99) / 100; /* rounded up, without overflow */
}

static void measure(const struct entry *entries, size_t count, struct request_row *row)
{
    for (size_t i = 0; i < count; i++) {
        row->count += entries[i].count;
    }
    row->p50_ns = at_rank(entries, count, rank_of(row->count, 50));
    row->p95_ns = at_rank(entries, count, rank_of(row->count, 95));
    row->p99_ns = at_rank(entries, count, rank_of(row->count, 99));
    row->max_ns = count ? latency_of_step(entries[count - 1].step) : 0;
}

static void measure_rows(struct entries *entries, struct request_row *rows)
{
    if (entries->count) {
        qsort(entries->all, entries->count, sizeof entries->all[0], compare_entries);
    }
    for (size_t at = 0, end; at < entries->count; at = end) {
        for (end = at + 1; end < entries->count && entries->all[end].row == entries->all[at].row;) {
            end++;
        }
        measure(entries->all + at, end - at, &rows[entries->all[at].row]);
    }
    free(entries->all);
}

/* A span that is kept is among those of `row`, whose slowest is right within a step so far. */
static void meet(struct request_row *row, uint64_t wall_ns)
{
    bool is_slowest = row->max_is_exact ? wall_ns > row->max_ns : latency_step(wall_ns) == latency_step(row->max_ns);
    if (row->count && is_slowest) {
        row->max_ns = wall_ns;
        row->max_is_exact = true;
    }
}

static void find_all(struct request_summary *summary)
{
    const struct profile *profile = summary->profile;
    struct entries entries = {0};
    for (uint32_t i = 0; i < profile->latency_count; i++) {
        append(&entries, 0, &profile->latencies[i]);
    }
    measure_rows(&entries, &summary->all);
    for (uint32_t i = 1; i < profile->span_count; i++) {
        if (!profile->spans[i].running) {
            meet(&summary->all, profile->spans[i].wall_ns);
        }
    }
}

struct set_key {
    char name[256]; /* cut: those of hotline.h are shorter */
    uint32_t tag_set;
};

static uint32_t set_of(struct key_table *keys, const char *name, uint32_t tag_set)
{
    struct set_key key;
    memset(&key, 0, sizeof key);
    memcpy(key.name, name, strnlen(name, sizeof key.name - 1));
    key.tag_set = tag_set;
    return key_table_add(keys, &key, NULL);
}

static int compare_sets(const void *left, const void *right)
{
    const struct request_row *a = left, *b = right;
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    int order = strcmp(a->name, b->name);
    return order ? order : a->tag_set < b->tag_set ? -1 : a->tag_set > b->tag_set;
}

static void find_sets(struct request_summary *summary)
{
    const struct profile *profile = summary->profile;
    struct entries entries = {0};
    struct key_table keys;
    key_table_init(&keys, sizeof(struct set_key));
    summary->sets = require_array(profile->latency_count + (size_t)1, sizeof summary->sets[0]);
    for (uint32_t i = 0; i < profile->latency_count; i++) {
        const struct profile_latency *latency = &profile->latencies[i];
        uint32_t row = set_of(&keys, latency->name, latency->tag_set);
        summary->sets[row].name = latency->name;
        summary->sets[row].tag_set = latency->tag_set;
        append(&entries, row, latency);
    }
    summary->set_count = keys.count;
    measure_rows(&entries, summary->sets);
    for (uint32_t i = 1; i < profile->span_count; i++) {
        uint32_t row = set_of(&keys, profile->spans[i].name, profile->spans[i].tag_set);
        if (row < summary->set_count && !profile->spans[i].running) {
            meet(&summary->sets[row], profile->spans[i].wall_ns);
        }
    }
    key_table_deinit(&keys);
    qsort(summary->sets, summary->set_count, sizeof summary->sets[0], compare_sets);
}

struct value_key {
    char key[64], value[128];
};

static uint32_t value_of(struct key_table *keys, const struct profile_tag *tag)
{
    struct value_key key;
    memset(&key, 0, sizeof key);
    memcpy(key.key, tag->key, strnlen(tag->key, sizeof key.key - 1));
    memcpy(key.value, tag->value, strnlen(tag->value, sizeof key.value - 1));
    return key_table_add(keys, &key, NULL);
}

static int compare_values(const void *left, const void *right)
{
    const struct request_row *a = left, *b = right;
    int order = strcmp(a->key, b->key);
    if (order == 0 && a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return order ? order : strcmp(a->value, b->value);
}

static void find_values(struct request_summary *summary)
{
    const struct profile *profile = summary->profile;
    struct entries entries = {0};
    struct key_table keys;
    size_t capacity = 0;
    key_table_init(&keys, sizeof(struct value_key));
    for (uint32_t i = 0; i < profile->latency_count; i++) {
        const struct profile_tag_set *set = &profile->tag_sets[profile->latencies[i].tag_set];
        for (uint32_t t = 0; t < set->count; t++) {
            uint32_t row = value_of(&keys, &set->tags[t]);
            if (row == summary->value_count) {
                summary->values = require_room(summary->values, &capacity, (size_t)row + 1, sizeof summary->values[0]);
                summary->values[summary->value_count++] = (struct request_row){.key = set->tags[t].key, .value = set->tags[t].value};
            }
            append(&entries, row, &profile->latencies[i]);
        }
    }
    measure_rows(&entries, summary->values);
    for (uint32_t i = 1; i < profile->span_count; i++) {
        const struct profile_tag_set *set = &profile->tag_sets[profile->spans[i].tag_set];
        for (uint32_t t = 0; t < set->count && !profile->spans[i].running; t++) {
            uint32_t row = value_of(&keys, &set->tags[t]);
            if (row < summary->value_count) {
                meet(&summary->values[row], profile->spans[i].wall_ns);
            }
        }
    }
    key_table_deinit(&keys);
    if (summary->value_count) {
        qsort(summary->values, summary->value_count, sizeof summary->values[0], compare_values);
    }
}

static void find_costs(struct request_summary *summary)
{
    const struct profile *profile = summary->profile;
    summary->costs = require_array(profile->span_count + (size_t)1, sizeof summary->costs[0]);
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        summary->costs[profile->cells[i].span].cpu_ns += profile->cells[i].cpu_ns;
        summary->costs[profile->cells[i].span].samples += profile->cells[i].samples;
    }
    for (uint32_t i = 0; i < profile->wait_cell_count; i++) {
        summary->costs[profile->wait_cells[i].span].wait_ns += profile->wait_cells[i].cpu_ns;
    }
}

static int compare_slowest(const void *left, const void *right, void *spans)
{
    const struct profile_span *a = (const struct profile_span *)spans + *(const uint32_t *)left,
                              *b = (const struct profile_span *)spans + *(const uint32_t *)right;
    if (a->wall_ns != b->wall_ns) {
        return a->wall_ns > b->wall_ns ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

static void find_slowest(struct request_summary *summary)
{
    const struct profile *profile = summary->profile;
    summary->slowest = require_array(profile->span_count + (size_t)1, sizeof summary->slowest[0]);
    for (uint32_t i = 1; i < profile->span_count; i++) {
        summary->slowest[summary->slowest_count++] = i;
    }
    qsort_r(summary->slowest, summary->slowest_count, sizeof summary->slowest[0], compare_slowest, (void *)(uintptr_t)profile->spans);
}

struct request_summary *request_summary_create(const struct profile *profile)
{
    if (profile->span_count <= 1 && profile->latency_count == 0 && profile->spans_lost == 0) {
        return NULL;
    }
    struct request_summary *summary = require_array(1, sizeof *summary);
    summary->profile = profile;
    find_all(summary);
    find_sets(summary);
    find_values(summary);
    find_costs(summary);
    find_slowest(summary);
    return summary;
}

void request_summary_destroy(struct request_summary *summary)
{
    if (summary) {
        free(summary->sets);
        free(summary->values);
        free(summary->costs);
        free(summary->slowest);
        free(summary);
    }
}
