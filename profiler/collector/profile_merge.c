/* See profile_merge.h. One way for every table: list the items of all profiles with their references already in the new numbers, sort
 * them by value, number the different ones. So the new order is that of the values, not that of the profiles. The call tree is hashed
 * first (a node's place is its parent's), then numbered again in the order of its paths. Counters are in profile_merge_run.c. */
#include "profiler/collector/profile_merge.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/profile_merge_parts.h"
#include "profiler/collector/require_memory.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* NULL comes first. */
static int compare_texts(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

/* An item of a table: which profile's, and which. */
struct item {
    uint32_t profile, index;
};

typedef int (*compare_items)(const struct merge *merge, const struct item *a, const struct item *b);

struct sort_context {
    const struct merge *merge;
    compare_items compare;
};

static int compare_in_context(const void *left, const void *right, void *context)
{
    const struct sort_context *sort = context;
    return sort->compare(sort->merge, left, right);
}

/* Number the items of a table by value. counts: of each profile. ret_maps: [profile][old number] -> new number; a caller's array.
 * ret_items: the items in the new order, equal ones together; free it. ret: how many different ones. */
static uint32_t unite(const struct merge *merge, const uint32_t *counts, compare_items compare, uint32_t **ret_maps, struct item **ret_items,
                      uint32_t *ret_item_count)
{
    size_t total = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        total += counts[i];
        ret_maps[i] = require_array((size_t)counts[i] + 1, sizeof ret_maps[i][0]);
    }
    struct item *items = require_array(total + 1, sizeof items[0]);
    uint32_t filled = 0, united = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        for (uint32_t k = 0; k < counts[i]; k++) {
            items[filled++] = (struct item){i, k};
        }
    }
    struct sort_context context = {merge, compare};
    qsort_r(items, filled, sizeof items[0], compare_in_context, &context);
    for (uint32_t i = 0; i < filled; i++) {
        united += i == 0 || compare(merge, &items[i - 1], &items[i]) != 0;
        ret_maps[items[i].profile][items[i].index] = united - 1;
    }
    *ret_items = items;
    *ret_item_count = filled;
    return united;
}

/* One per table: the counts of each profile, from the field `member`. */
#define COUNTS(merge, member)                                                                                                                \
    uint32_t *counts = require_array((merge)->count, sizeof counts[0]);                                                                      \
    for (uint32_t i = 0; i < (merge)->count; i++) {                                                                                          \
        counts[i] = (merge)->profiles[i]->member;                                                                                            \
    }

static int compare_modules(const struct merge *merge, const struct item *a, const struct item *b)
{
    return compare_texts(merge->profiles[a->profile]->modules[a->index].path, merge->profiles[b->profile]->modules[b->index].path);
}

static void merge_modules(struct merge *merge, struct merged_profile *ret)
{
    COUNTS(merge, module_count)
    struct item *items;
    uint32_t item_count;
    ret->profile.module_count = unite(merge, counts, compare_modules, merge->modules, &items, &item_count);
    ret->modules = require_array((size_t)ret->profile.module_count + 1, sizeof ret->modules[0]);
    for (uint32_t i = 0; i < item_count; i++) {
        const struct profile_module *from = &merge->profiles[items[i].profile]->modules[items[i].index];
        struct profile_module *to = &ret->modules[merge->modules[items[i].profile][items[i].index]];
        if (!to->path) {
            *to = *from;
            continue;
        }
        to->own |= from->own;
        to->problem = compare_texts(to->problem, from->problem) < 0 ? from->problem : to->problem;
        if (strcmp(to->build_id, from->build_id) != 0) {
            to->build_id[0] = '\0'; /* several builds */
        }
    }
    free(items);
    free(counts);
    ret->profile.modules = ret->modules;
}

static int compare_files(const struct merge *merge, const struct item *a, const struct item *b)
{
    return compare_texts(merge->profiles[a->profile]->files[a->index].path, merge->profiles[b->profile]->files[b->index].path);
}

static int compare_bytes(const struct profile_file *a, const struct profile_file *b)
{
    size_t bytes = a->text_bytes < b->text_bytes ? a->text_bytes : b->text_bytes;
    int order = bytes > 0 ? memcmp(a->text, b->text, bytes) : 0;
    return order != 0 ? order : compare_numbers(a->text_bytes, b->text_bytes);
}

/* Whether `a` is the text to show rather than `b`: the later program's; without one, the reason that comes first. */
static bool is_better_text(const struct merge *merge, const struct item *item_a, const struct item *item_b)
{
    const struct profile *of_a = merge->profiles[item_a->profile], *of_b = merge->profiles[item_b->profile];
    const struct profile_file *a = &of_a->files[item_a->index], *b = &of_b->files[item_b->index];
    if (!a->text || !b->text) {
        return a->text || (!b->text && compare_texts(a->missing, b->missing) < 0);
    }
    return of_a->started_unix_ns != of_b->started_unix_ns ? of_a->started_unix_ns > of_b->started_unix_ns : compare_bytes(a, b) > 0;
}

static void merge_files(struct merge *merge, struct merged_profile *ret)
{
    COUNTS(merge, file_count)
    struct item *items;
    uint32_t item_count;
    ret->profile.file_count = unite(merge, counts, compare_files, merge->files, &items, &item_count);
    ret->files = require_array((size_t)ret->profile.file_count + 1, sizeof ret->files[0]);
    for (uint32_t i = 0, next; i < item_count; i = next) {
        struct item best = items[i];
        bool own = false, left_out = true, withheld = true;
        for (next = i; next < item_count && compare_files(merge, &items[i], &items[next]) == 0; next++) {
            const struct profile_file *from = &merge->profiles[items[next].profile]->files[items[next].index];
            best = is_better_text(merge, &items[next], &best) ? items[next] : best;
            own |= from->own;
            left_out &= from->left_out;
            withheld &= from->withheld;
        }
        struct profile_file *to = &ret->files[merge->files[best.profile][best.index]];
        *to = merge->profiles[best.profile]->files[best.index];
        to->own = own;
        to->left_out = left_out;
        to->withheld = withheld;
    }
    free(items);
    free(counts);
    ret->profile.files = ret->files;
}

static int compare_functions(const struct merge *merge, const struct item *a, const struct item *b)
{
    const struct profile_function *x = &merge->profiles[a->profile]->functions[a->index];
    const struct profile_function *y = &merge->profiles[b->profile]->functions[b->index];
    int order = compare_texts(x->name, y->name);
    order = order ? order : compare_texts(x->file, y->file);
    return order ? order : compare_numbers(merge->modules[a->profile][x->module], merge->modules[b->profile][y->module]);
}

static void merge_functions(struct merge *merge, struct merged_profile *ret)
{
    COUNTS(merge, function_count)
    struct item *items;
    uint32_t item_count;
    ret->profile.function_count = unite(merge, counts, compare_functions, merge->functions, &items, &item_count);
    ret->functions = require_array((size_t)ret->profile.function_count + 1, sizeof ret->functions[0]);
    for (uint32_t i = 0; i < item_count; i++) {
        const struct profile_function *from = &merge->profiles[items[i].profile]->functions[items[i].index];
        struct profile_function *to = &ret->functions[merge->functions[items[i].profile][items[i].index]];
        if (!to->name) {
            *to = *from;
            to->module = merge->modules[items[i].profile][from->module];
        }
        to->line = from->line > to->line ? from->line : to->line;
        to->left_out &= from->left_out;
    }
    free(items);
    free(counts);
    ret->profile.functions = ret->functions;
}

/* A frame in the new numbers. */
static struct profile_frame new_frame(const struct merge *merge, const struct item *item)
{
    struct profile_frame frame = merge->profiles[item->profile]->frames[item->index];
    frame.function = merge->functions[item->profile][frame.function];
    frame.file = frame.file == PROFILE_NONE ? PROFILE_NONE : merge->files[item->profile][frame.file];
    frame.module = merge->modules[item->profile][frame.module];
    return frame;
}

static int compare_frames(const struct merge *merge, const struct item *a, const struct item *b)
{
    struct profile_frame x = new_frame(merge, a), y = new_frame(merge, b);
    int order = compare_numbers(x.function, y.function);
    order = order ? order : compare_numbers(x.file, y.file);
    order = order ? order : compare_numbers(x.line, y.line);
    order = order ? order : compare_numbers(x.module, y.module);
    return order ? order : compare_numbers(x.inlined, y.inlined);
}

static void merge_frames(struct merge *merge, struct merged_profile *ret)
{
    COUNTS(merge, frame_count)
    struct item *items;
    uint32_t item_count;
    ret->profile.frame_count = unite(merge, counts, compare_frames, merge->frames, &items, &item_count);
    ret->frames = require_array((size_t)ret->profile.frame_count + 1, sizeof ret->frames[0]);
    for (uint32_t i = 0; i < item_count; i++) {
        struct profile_frame from = new_frame(merge, &items[i]);
        struct profile_frame *to = &ret->frames[merge->frames[items[i].profile][items[i].index]];
        from.own |= to->own;
        *to = from;
    }
    free(items);
    free(counts);
    ret->profile.frames = ret->frames;
}

static int compare_nodes(const void *left, const void *right)
{
    const struct tree_node *a = left, *b = right;
    return a->parent != b->parent ? compare_numbers(a->parent, b->parent) : compare_numbers(a->frame, b->frame);
}

/* Number the nodes again: a node before its children, siblings by frame. nodes: [0] is the root. ret: old number -> new number. */
static uint32_t *order_nodes(const struct tree_node *nodes, uint32_t count, struct profile_node *ret_nodes)
{
    struct tree_node *sorted = require_array(count, sizeof sorted[0]);
    uint32_t *first = require_array((size_t)count + 1, sizeof first[0]), *map = require_array(count, sizeof map[0]);
    uint32_t *stack = require_array(count, sizeof stack[0]);
    memcpy(sorted, nodes + 1, (count - 1) * sizeof sorted[0]);
    qsort(sorted, count - 1, sizeof sorted[0], compare_nodes);
    for (uint32_t i = 0; i < count - 1; i++) {
        first[sorted[i].parent + 1]++;
    }
    for (uint32_t i = 0; i < count; i++) {
        first[i + 1] += first[i];
    }
    uint32_t depth = 0, next = 0;
    stack[depth++] = 0;
    ret_nodes[0] = (struct profile_node){0, PROFILE_NONE};
    while (depth > 0) {
        uint32_t node = stack[--depth];
        map[node] = next++;
        if (node != 0) {
            ret_nodes[map[node]] = (struct profile_node){map[nodes[node].parent], nodes[node].frame};
        }
        for (uint32_t i = first[node + 1]; i-- > first[node];) {
            stack[depth++] = sorted[i].number;
        }
    }
    free(sorted);
    free(first);
    free(stack);
    return map;
}

static void merge_nodes(struct merge *merge, struct merged_profile *ret)
{
    struct key_table keys;
    struct node_key {
        uint32_t parent, frame;
    } key = {0, PROFILE_NONE};
    key_table_init(&keys, sizeof key);
    key_table_add(&keys, &key, NULL);
    for (uint32_t i = 0; i < merge->count; i++) {
        const struct profile *profile = merge->profiles[i];
        merge->nodes[i] = require_array((size_t)profile->node_count + 1, sizeof merge->nodes[i][0]);
        for (uint32_t k = 1; k < profile->node_count; k++) {
            key = (struct node_key){merge->nodes[i][profile->nodes[k].parent], merge->frames[i][profile->nodes[k].frame]};
            merge->nodes[i][k] = key_table_add(&keys, &key, NULL);
        }
    }
    struct tree_node *nodes = require_array(keys.count, sizeof nodes[0]);
    for (uint32_t i = 0; i < keys.count; i++) {
        memcpy(&key, key_table_at(&keys, i), sizeof key);
        nodes[i] = (struct tree_node){key.parent, key.frame, i};
    }
    ret->profile.node_count = keys.count;
    ret->nodes = require_array(keys.count, sizeof ret->nodes[0]);
    uint32_t *map = order_nodes(nodes, keys.count, ret->nodes);
    for (uint32_t i = 0; i < merge->count; i++) {
        for (uint32_t k = 0; k < merge->profiles[i]->node_count; k++) {
            merge->nodes[i][k] = map[merge->nodes[i][k]];
        }
    }
    free(map);
    free(nodes);
    key_table_deinit(&keys);
    ret->profile.nodes = ret->nodes;
}

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
    ret->profile.thread_count = unite(merge, counts, compare_threads, merge->threads, &items, &item_count);
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
    ret->profile.span_count = unite(merge, counts, compare_spans, merge->spans, &items, &item_count);
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

static int compare_cells(const void *left, const void *right)
{
    const struct profile_cell *a = left, *b = right;
    int order = compare_numbers(a->node, b->node);
    order = order ? order : compare_numbers(a->tag_set, b->tag_set);
    order = order ? order : compare_numbers(a->span, b->span);
    order = order ? order : compare_numbers(a->thread, b->thread);
    order = order ? order : compare_numbers(a->bucket, b->bucket);
    return order ? order : compare_numbers(a->in_kernel, b->in_kernel);
}

static struct profile_cell new_cell(const struct merge *merge, uint32_t profile, uint64_t bucket_ns, const struct profile_cell *cell)
{
    struct profile_cell ret = *cell;
    uint64_t begin_ns = merge->offsets_ns[profile] + cell->bucket * merge->profiles[profile]->bucket_ns;
    uint64_t bucket = bucket_ns > 0 ? begin_ns / bucket_ns : cell->bucket;
    ret.node = merge->nodes[profile][cell->node];
    ret.tag_set = merge->tag_sets[profile][cell->tag_set];
    ret.span = merge->profiles[profile]->span_count > 0 ? merge->spans[profile][cell->span] : 0;
    ret.thread = cell->thread < merge->profiles[profile]->thread_count ? merge->threads[profile][cell->thread] : cell->thread;
    ret.bucket = bucket < UINT32_MAX ? (uint32_t)bucket : UINT32_MAX;
    return ret;
}

/* ret: the cells of one metric, equal places added up. */
static struct profile_cell *merge_cells(const struct merge *merge, uint64_t bucket_ns, bool waits, uint32_t *ret_count)
{
    size_t total = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        total += waits ? merge->profiles[i]->wait_cell_count : merge->profiles[i]->cell_count;
    }
    struct profile_cell *cells = require_array(total + 1, sizeof cells[0]);
    uint32_t filled = 0, united = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        const struct profile *profile = merge->profiles[i];
        for (uint32_t k = 0; k < (waits ? profile->wait_cell_count : profile->cell_count); k++) {
            cells[filled++] = new_cell(merge, i, bucket_ns, waits ? &profile->wait_cells[k] : &profile->cells[k]);
        }
    }
    qsort(cells, filled, sizeof cells[0], compare_cells);
    for (uint32_t i = 0; i < filled; i++) {
        if (united > 0 && compare_cells(&cells[united - 1], &cells[i]) == 0) {
            cells[united - 1].samples += cells[i].samples;
            cells[united - 1].cpu_ns += cells[i].cpu_ns;
        } else {
            cells[united++] = cells[i];
        }
    }
    *ret_count = united;
    return cells;
}

static int compare_latencies(const void *left, const void *right)
{
    const struct profile_latency *a = left, *b = right;
    int order = compare_texts(a->name, b->name);
    order = order ? order : compare_numbers(a->tag_set, b->tag_set);
    return order ? order : compare_numbers(a->step, b->step);
}

static void merge_latencies(const struct merge *merge, struct merged_profile *ret)
{
    size_t total = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        total += merge->profiles[i]->latency_count;
    }
    ret->latencies = require_array(total + 1, sizeof ret->latencies[0]);
    uint32_t filled = 0, united = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        for (uint32_t k = 0; k < merge->profiles[i]->latency_count; k++) {
            ret->latencies[filled] = merge->profiles[i]->latencies[k];
            ret->latencies[filled].tag_set = merge->tag_sets[i][ret->latencies[filled].tag_set];
            filled++;
        }
    }
    qsort(ret->latencies, filled, sizeof ret->latencies[0], compare_latencies);
    for (uint32_t i = 0; i < filled; i++) {
        if (united > 0 && compare_latencies(&ret->latencies[united - 1], &ret->latencies[i]) == 0) {
            ret->latencies[united - 1].count += ret->latencies[i].count;
        } else {
            ret->latencies[united++] = ret->latencies[i];
        }
    }
    ret->profile.latencies = ret->latencies;
    ret->profile.latency_count = united;
}

static int compare_lock_places(const void *left, const void *right)
{
    const struct profile_lock *a = left, *b = right;
    int order = compare_numbers((uint32_t)a->pid, (uint32_t)b->pid);
    order = order ? order : compare_numbers(a->address, b->address);
    order = order ? order : compare_numbers(a->node, b->node);
    return order ? order : compare_texts(a->name, b->name);
}

static int compare_lock_waits(const void *left, const void *right)
{
    const struct profile_lock *a = left, *b = right;
    int order = compare_numbers(b->waited_ns, a->waited_ns);
    return order ? order : compare_lock_places(left, right);
}

static void merge_locks(const struct merge *merge, struct merged_profile *ret)
{
    size_t total = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        total += merge->profiles[i]->lock_count;
    }
    ret->locks = require_array(total + 1, sizeof ret->locks[0]);
    uint32_t filled = 0, united = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        for (uint32_t k = 0; k < merge->profiles[i]->lock_count; k++) {
            ret->locks[filled] = merge->profiles[i]->locks[k];
            ret->locks[filled].node = merge->nodes[i][ret->locks[filled].node];
            filled++;
        }
    }
    qsort(ret->locks, filled, sizeof ret->locks[0], compare_lock_places);
    for (uint32_t i = 0; i < filled; i++) {
        if (united > 0 && compare_lock_places(&ret->locks[united - 1], &ret->locks[i]) == 0) {
            ret->locks[united - 1].samples += ret->locks[i].samples;
            ret->locks[united - 1].waited_ns += ret->locks[i].waited_ns;
        } else {
            ret->locks[united++] = ret->locks[i];
        }
    }
    qsort(ret->locks, united, sizeof ret->locks[0], compare_lock_waits);
    ret->profile.locks = ret->locks;
    ret->profile.lock_count = united;
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
    merge_modules(&merge, ret);
    merge_files(&merge, ret);
    merge_functions(&merge, ret);
    merge_frames(&merge, ret);
    merge_nodes(&merge, ret);
    merge_tags(&merge, ret);
    merge_threads(&merge, ret);
    merge_spans(&merge, ret);
    ret->cells = merge_cells(&merge, ret->profile.bucket_ns, false, &ret->profile.cell_count);
    ret->wait_cells = merge_cells(&merge, ret->profile.bucket_ns, true, &ret->profile.wait_cell_count);
    ret->profile.cells = ret->cells;
    ret->profile.wait_cells = ret->wait_cells;
    merge_latencies(&merge, ret);
    merge_locks(&merge, ret);
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
