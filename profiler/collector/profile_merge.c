/* See profile_merge.h. One way for every table: list the items of all profiles with their references already in the new numbers, sort
 * them by value, number the different ones. So the new order is that of the values, not that of the profiles. The call tree is hashed
 * first (a node's place is its parent's), then numbered again in the order of its paths. Code is in profile_merge_code.c, what was sampled in
 * profile_merge_cells.c, tags in profile_merge_tags.c, counters in profile_merge_run.c. */
#include "profiler/collector/profile_merge.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_merge_parts.h"
#include "profiler/collector/require_memory.h"

static int compare_threads(const struct merge *merge, const struct item *a, const struct item *b)
{
    const struct profile *of_a = merge->profiles[a->profile], *of_b = merge->profiles[b->profile];
    const struct profile_thread *x = &of_a->threads[a->index], *y = &of_b->threads[b->index];
    int order = compare_numbers((uint32_t)x->pid, (uint32_t)y->pid);
    order = order ? order : compare_numbers((uint32_t)x->tid, (uint32_t)y->tid);
    order = order ? order : compare_texts(x->name, y->name);
    return order ? order : compare_texts(of_a->host, of_b->host);
}

/* Seconds are added as nanoseconds: the sum of doubles would depend on the order. */
static void merge_threads(struct merge *merge, struct merged_profile *ret)
{
    COUNTS(merge, thread_count)
    struct item *items;
    uint32_t item_count;
    ret->profile.thread_count = merge_unite(merge, counts, compare_threads, merge->threads, &items, &item_count);
    ret->threads = require_array((size_t)ret->profile.thread_count + 1, sizeof ret->threads[0]);
    for (uint32_t i = 0, next; i < item_count; i = next) {
        uint64_t sampled_ns = 0, measured_ns = 0;
        bool unknown = false;
        for (next = i; next < item_count && compare_threads(merge, &items[i], &items[next]) == 0; next++) {
            const struct profile_thread *from = &merge->profiles[items[next].profile]->threads[items[next].index];
            sampled_ns += merge_nanoseconds(from->cpu_s_sampled);
            measured_ns += merge_nanoseconds(from->cpu_s_measured);
            unknown |= from->cpu_s_measured < 0;
        }
        struct profile_thread *to = &ret->threads[merge->threads[items[i].profile][items[i].index]];
        *to = merge->profiles[items[i].profile]->threads[items[i].index];
        to->cpu_s_sampled = (double)sampled_ns * 1e-9;
        to->cpu_s_measured = unknown ? -1 : (double)measured_ns * 1e-9;
    }
    free(items);
    free(counts);
    ret->profile.threads = ret->threads;
}

static int compare_spans(const struct merge *merge, const struct item *a, const struct item *b)
{
    const struct profile *of_a = merge->profiles[a->profile], *of_b = merge->profiles[b->profile];
    const struct profile_span *x = &of_a->spans[a->index], *y = &of_b->spans[b->index];
    if (a->index == 0 || b->index == 0) { /* "no span" stays the first */
        return (a->index != 0) - (b->index != 0);
    }
    int order = compare_numbers(merge->offsets_ns[a->profile] + x->begin_ns, merge->offsets_ns[b->profile] + y->begin_ns);
    order = order ? order : compare_numbers(x->id, y->id);
    order = order ? order : compare_texts(of_a->host, of_b->host);
    return order ? order : compare_numbers((uint32_t)of_a->pid, (uint32_t)of_b->pid);
}

/* Of a span that several parts of a run saw, the part that saw the end knows best. */
static bool saw_more(const struct profile_span *a, const struct profile_span *b)
{
    return a->running != b->running ? !a->running : a->wall_ns > b->wall_ns;
}

static void merge_spans(struct merge *merge, struct merged_profile *ret)
{
    COUNTS(merge, span_count)
    struct item *items;
    uint32_t item_count;
    ret->profile.span_count = merge_unite(merge, counts, compare_spans, merge->spans, &items, &item_count);
    ret->spans = require_array((size_t)ret->profile.span_count + 1, sizeof ret->spans[0]);
    for (uint32_t i = 0; i < item_count; i++) {
        const struct profile_span *from = &merge->profiles[items[i].profile]->spans[items[i].index];
        struct profile_span *to = &ret->spans[merge->spans[items[i].profile][items[i].index]];
        if (items[i].index > 0 && (to->id == 0 || saw_more(from, to))) {
            *to = *from;
            to->tag_set = merge->tag_sets[items[i].profile][from->tag_set];
            to->thread = merge->threads[items[i].profile][from->thread];
            to->begin_ns = merge->offsets_ns[items[i].profile] + from->begin_ns;
        }
    }
    free(items);
    free(counts);
    ret->profile.spans = ret->spans;
}

static uint32_t **make_maps(uint32_t count)
{
    return require_array(count, sizeof(uint32_t *));
}

static void free_maps(uint32_t **maps, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        free(maps[i]);
    }
    free(maps);
}

static int compare_runs(const void *left, const void *right)
{
    const struct profile *a = *(const struct profile *const *)left, *b = *(const struct profile *const *)right;
    int order = (a->started_unix_ns > b->started_unix_ns) - (a->started_unix_ns < b->started_unix_ns);
    order = order ? order : compare_texts(a->host, b->host);
    order = order ? order : compare_numbers((uint32_t)a->pid, (uint32_t)b->pid);
    order = order ? order : compare_numbers(a->cpu_ns_total, b->cpu_ns_total);
    return order ? order : compare_numbers(a->samples, b->samples);
}

static void merge_init(struct merge *ret, const struct profile *const *profiles, uint32_t count, const struct profile_merge_options *options)
{
    *ret = (struct merge){.count = count,
                          .profiles = require_array(count, sizeof ret->profiles[0]),
                          .offsets_ns = require_array(count, sizeof ret->offsets_ns[0]),
                          .modules = make_maps(count),
                          .files = make_maps(count),
                          .functions = make_maps(count),
                          .frames = make_maps(count),
                          .nodes = make_maps(count),
                          .tag_sets = make_maps(count),
                          .threads = make_maps(count),
                          .spans = make_maps(count)};
    memcpy(ret->profiles, profiles, count * sizeof ret->profiles[0]);
    qsort(ret->profiles, count, sizeof ret->profiles[0], compare_runs);
    for (uint32_t i = 0; i < count && !options->align_starts; i++) {
        ret->offsets_ns[i] = (uint64_t)ret->profiles[i]->started_unix_ns - (uint64_t)ret->profiles[0]->started_unix_ns;
    }
}

static void merge_deinit(struct merge *merge)
{
    free(merge->profiles);
    free(merge->offsets_ns);
    free_maps(merge->modules, merge->count);
    free_maps(merge->files, merge->count);
    free_maps(merge->functions, merge->count);
    free_maps(merge->frames, merge->count);
    free_maps(merge->nodes, merge->count);
    free_maps(merge->tag_sets, merge->count);
    free_maps(merge->threads, merge->count);
    free_maps(merge->spans, merge->count);
}

struct profile *profile_merge(const struct profile *const *profiles, uint32_t count, const struct profile_merge_options *options)
{
    struct merge merge;
    struct merged_profile *ret = require_array(1, sizeof *ret);
    merge_init(&merge, profiles, count, options);
    merge_describe_runs(&merge, ret);
    merge_code(&merge, ret);
    merge_tags(&merge, ret);
    merge_threads(&merge, ret);
    merge_spans(&merge, ret);
    merge_cells(&merge, ret);
    merge_deinit(&merge);
    return &ret->profile;
}

void profile_merge_release(struct profile *merged)
{
    struct merged_profile *built = (struct merged_profile *)(void *)merged;
    if (!built) {
        return;
    }
    free(built->modules);
    free(built->files);
    free(built->functions);
    free(built->frames);
    free(built->nodes);
    free(built->tag_sets);
    free(built->tags);
    free(built->static_tags);
    free(built->threads);
    free(built->spans);
    free(built->latencies);
    free(built->cells);
    free(built->wait_cells);
    free(built->locks);
    for (unsigned i = 0; i < MERGED_TEXTS; i++) {
        free(built->texts[i]);
    }
    free(built);
}
