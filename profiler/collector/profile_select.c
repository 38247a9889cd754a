/* See profile_select.h. What is asked for becomes one flag per tag set, thread and span; a cell is selected when its three are. */
#include "profiler/collector/profile_select.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/require_memory.h"

struct selected_profile {
    struct profile profile;
    struct profile_cell *cells, *wait_cells;
    struct profile_thread *threads;
    struct profile_span *spans;
    struct profile_latency *latencies;
};

/* By index of the profile's arrays. A flag for every thread and span that cells may name. */
struct choice {
    bool *tag_sets, *threads, *spans;
    uint64_t from_bucket, to_bucket; /* to_bucket: exclusive */
};

static void choice_deinit(struct choice *choice)
{
    free(choice->tag_sets);
    free(choice->threads);
    free(choice->spans);
}

static bool all_of(bool *flags, uint32_t count)
{
    memset(flags, true, count);
    return true;
}

static const char *value_of(const struct profile_tag *tags, uint32_t count, const char *key)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(tags[i].key, key) == 0) {
            return tags[i].value;
        }
    }
    return NULL;
}

/* The value that a cell of this set has: its own, or the whole profile's. "": none. */
static const char *value_in_set(const struct profile *profile, uint32_t set, const char *key)
{
    const char *value = value_of(profile->tag_sets[set].tags, profile->tag_sets[set].count, key);
    value = value ? value : value_of(profile->static_tags, profile->static_tag_count, key);
    return value ? value : "";
}

static bool set_matches(const struct profile *profile, uint32_t set, const struct profile_selection *selection)
{
    for (uint32_t i = 0; i < selection->tag_count; i++) {
        const char *key = selection->tags[i].key, *value = value_in_set(profile, set, key);
        bool matches = false;
        for (uint32_t k = 0; k < selection->tag_count && !matches; k++) {
            matches = strcmp(selection->tags[k].key, key) == 0 && strcmp(selection->tags[k].value, value) == 0;
        }
        if (!matches) {
            return false;
        }
    }
    return true;
}

/* value "": any value of the key will do. */
static bool profile_has_tag(const struct profile *profile, const struct profile_tag *tag)
{
    bool any = tag->value[0] == '\0';
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        const char *value = value_in_set(profile, i, tag->key);
        if (any ? value[0] != '\0' : strcmp(value, tag->value) == 0) {
            return true;
        }
    }
    return false;
}

static bool choose_tag_sets(const struct profile *profile, const struct profile_selection *selection, bool *ret, char *error,
                            size_t error_bytes)
{
    for (uint32_t i = 0; i < selection->tag_count; i++) {
        const struct profile_tag *tag = &selection->tags[i];
        if (!profile_has_tag(profile, tag)) {
            snprintf(error, error_bytes, tag->value[0] ? "no sample of this profile has the tag %s=%s" : "no sample of this profile has a tag %s%s",
                     tag->key, tag->value);
            return false;
        }
    }
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        ret[i] = set_matches(profile, i, selection);
    }
    return true;
}

static bool is_thread(const struct profile_thread *thread, const char *wanted)
{
    char *end;
    long tid = strtol(wanted, &end, 10);
    return (thread->name && strcmp(thread->name, wanted) == 0) || (end != wanted && *end == '\0' && tid == thread->tid);
}

static bool choose_threads(const struct profile *profile, const struct profile_selection *selection, bool *ret, char *error,
                           size_t error_bytes)
{
    if (selection->thread_count == 0) {
        return all_of(ret, profile->thread_count);
    }
    for (uint32_t i = 0; i < selection->thread_count; i++) {
        bool found = false;
        for (uint32_t k = 0; k < profile->thread_count; k++) {
            bool matches = is_thread(&profile->threads[k], selection->threads[i]);
            ret[k] |= matches;
            found |= matches;
        }
        if (!found) {
            snprintf(error, error_bytes, "no thread of this profile has the name or the id %s", selection->threads[i]);
            return false;
        }
    }
    return true;
}

static bool choose_spans(const struct profile *profile, const struct profile_selection *selection, bool *ret, char *error,
                         size_t error_bytes)
{
    if (selection->span_count == 0) {
        return all_of(ret, profile->span_count);
    }
    for (uint32_t i = 0; i < selection->span_count; i++) {
        bool found = false;
        for (uint32_t k = 1; k < profile->span_count; k++) {
            bool matches = profile->spans[k].id == selection->spans[i];
            ret[k] |= matches;
            found |= matches;
        }
        if (!found) {
            snprintf(error, error_bytes, "this profile keeps no span with the id %016" PRIx64, selection->spans[i]);
            return false;
        }
    }
    return true;
}

/* The first bucket that begins at `seconds` or later. A hair of tolerance: 0.3 s is the third bucket of 100 ms, whatever 0.3 is in binary. */
static uint64_t first_bucket(const struct profile *profile, double seconds)
{
    double bucket = profile->bucket_ns > 0 ? ceil(seconds * 1e9 / (double)profile->bucket_ns - 1e-6) : 0;
    return bucket <= 0 ? 0 : bucket < 1e18 ? (uint64_t)bucket : UINT64_MAX;
}

static bool choice_init(struct choice *ret, const struct profile *profile, const struct profile_selection *selection, char *error,
                        size_t error_bytes)
{
    *ret = (struct choice){.tag_sets = require_array((size_t)profile->tag_set_count + 1, sizeof(bool)),
                           .threads = require_array((size_t)profile->thread_count + 1, sizeof(bool)),
                           .spans = require_array((size_t)profile->span_count + 1, sizeof(bool)),
                           .from_bucket = first_bucket(profile, selection->from_s),
                           .to_bucket = selection->to_s > 0 ? first_bucket(profile, selection->to_s) : UINT64_MAX};
    return choose_tag_sets(profile, selection, ret->tag_sets, error, error_bytes) &&
           choose_threads(profile, selection, ret->threads, error, error_bytes) &&
           choose_spans(profile, selection, ret->spans, error, error_bytes);
}

static bool chooses(const struct choice *choice, const struct profile_selection *selection, const struct profile_cell *cell)
{
    return cell->bucket >= choice->from_bucket && cell->bucket < choice->to_bucket && choice->tag_sets[cell->tag_set] &&
           (selection->thread_count == 0 || choice->threads[cell->thread]) && (selection->span_count == 0 || choice->spans[cell->span]);
}

/* ret: the chosen cells, in their order. */
static struct profile_cell *choose_cells(const struct choice *choice, const struct profile_selection *selection, const struct profile_cell *cells,
                                         uint32_t count, uint32_t *ret_count, uint64_t *ret_ns, uint64_t *ret_samples)
{
    struct profile_cell *ret = require_array((size_t)count + 1, sizeof ret[0]);
    *ret_count = 0;
    *ret_ns = *ret_samples = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (chooses(choice, selection, &cells[i])) {
            ret[(*ret_count)++] = cells[i];
            *ret_ns += cells[i].cpu_ns;
            *ret_samples += cells[i].samples;
        }
    }
    return ret;
}

static uint64_t scaled(uint64_t value, uint64_t part, uint64_t whole)
{
    return whole > 0 ? (uint64_t)llround((double)value * (double)part / (double)whole) : 0;
}

static void total_threads(struct selected_profile *ret)
{
    struct profile *profile = &ret->profile;
    ret->threads = require_array((size_t)profile->thread_count + 1, sizeof ret->threads[0]);
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        ret->threads[i] = profile->threads[i];
        ret->threads[i].cpu_s_sampled = 0;
        ret->threads[i].cpu_s_measured = -1;
    }
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        if (ret->cells[i].thread < profile->thread_count) {
            ret->threads[ret->cells[i].thread].cpu_s_sampled += (double)ret->cells[i].cpu_ns * 1e-9;
        }
    }
    profile->threads = ret->threads;
}

static bool span_matches(const struct profile *profile, const struct choice *choice, const struct profile_selection *selection,
                         uint32_t index)
{
    const struct profile_span *span = &profile->spans[index];
    double begin_s = (double)span->begin_ns * 1e-9, end_s = (double)(span->begin_ns + span->wall_ns) * 1e-9;
    bool in_time = end_s >= selection->from_s && (selection->to_s <= 0 || begin_s < selection->to_s);
    return choice->spans[index] && in_time && choice->tag_sets[span->tag_set] && choice->threads[span->thread];
}

/* The spans that stay, and the cells' new numbers for them. */
static void keep_spans(struct selected_profile *ret, const struct choice *choice, const struct profile_selection *selection)
{
    struct profile *profile = &ret->profile;
    if (profile->span_count < 2) {
        return;
    }
    uint32_t *map = require_array(profile->span_count, sizeof map[0]);
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        map[ret->cells[i].span] = 1;
    }
    for (uint32_t i = 0; i < profile->wait_cell_count; i++) {
        map[ret->wait_cells[i].span] = 1;
    }
    ret->spans = require_array(profile->span_count, sizeof ret->spans[0]);
    uint32_t count = 1;
    ret->spans[0] = profile->spans[0];
    map[0] = 0;
    for (uint32_t i = 1; i < profile->span_count; i++) {
        if (map[i] || span_matches(profile, choice, selection, i)) {
            ret->spans[count] = profile->spans[i];
            map[i] = count++;
        }
    }
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        ret->cells[i].span = map[ret->cells[i].span];
    }
    for (uint32_t i = 0; i < profile->wait_cell_count; i++) {
        ret->wait_cells[i].span = map[ret->wait_cells[i].span];
    }
    free(map);
    profile->spans = ret->spans;
    profile->span_count = count;
}

static void keep_latencies(struct selected_profile *ret, const struct choice *choice, const struct profile_selection *selection)
{
    struct profile *profile = &ret->profile;
    bool known = selection->from_s <= 0 && selection->to_s <= 0 && selection->thread_count + selection->span_count == 0;
    ret->latencies = require_array((size_t)profile->latency_count + 1, sizeof ret->latencies[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; known && i < profile->latency_count; i++) {
        if (choice->tag_sets[profile->latencies[i].tag_set]) {
            ret->latencies[count++] = profile->latencies[i];
        }
    }
    profile->latencies = ret->latencies;
    profile->latency_count = count;
}

static struct selected_profile *make(const struct profile *whole, const struct profile_selection *selection, const struct choice *choice)
{
    struct selected_profile *ret = require_array(1, sizeof *ret);
    struct profile *profile = &ret->profile;
    uint64_t wait_samples;
    *profile = *whole;
    profile->selection = selection;
    if (!whole->selection) {
        profile->unselected_cpu_ns = whole->cpu_ns_total;
        profile->unselected_cells = whole->cells;
        profile->unselected_cell_count = whole->cell_count;
    }
    ret->cells = choose_cells(choice, selection, whole->cells, whole->cell_count, &profile->cell_count, &profile->cpu_ns_total, &profile->samples);
    ret->wait_cells = choose_cells(choice, selection, whole->wait_cells, whole->wait_cell_count, &profile->wait_cell_count,
                                   &profile->wait_ns_total, &wait_samples);
    profile->cells = ret->cells;
    profile->wait_cells = ret->wait_cells;
    profile->complete_stacks = scaled(whole->complete_stacks, profile->samples, whole->samples);
    for (unsigned i = 0; i < sizeof profile->stops / sizeof profile->stops[0]; i++) {
        profile->stops[i] = scaled(whole->stops[i], profile->samples, whole->samples);
    }
    profile->cpu_s_measured = profile->user_s = profile->system_s = -1;
    profile->lock_count = 0;
    total_threads(ret);
    keep_spans(ret, choice, selection);
    keep_latencies(ret, choice, selection);
    return ret;
}

struct profile *profile_select(const struct profile *profile, const struct profile_selection *selection, char *error, size_t error_bytes)
{
    struct choice choice;
    struct selected_profile *ret = NULL;
    if (choice_init(&choice, profile, selection, error, error_bytes)) {
        ret = make(profile, selection, &choice);
    }
    choice_deinit(&choice);
    if (ret && ret->profile.cell_count + ret->profile.wait_cell_count == 0) {
        snprintf(error, error_bytes, "no sample of this profile is in the selection");
        profile_select_release(&ret->profile);
        ret = NULL;
    }
    return ret ? &ret->profile : NULL;
}

void profile_select_release(struct profile *selected)
{
    struct selected_profile *built = (struct selected_profile *)(void *)selected;
    if (!built) {
        return;
    }
    free(built->cells);
    free(built->wait_cells);
    free(built->threads);
    free(built->spans);
    free(built->latencies);
    free(built);
}
