/* Modules, files, functions, frames and call trees of several profiles -> one of each. See profile_merge.c. */
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/profile_merge_parts.h"
#include "profiler/collector/require_memory.h"

struct tree_node {
    uint32_t parent, frame, number;
};

static int compare_modules(const struct merge *merge, const struct item *a, const struct item *b)
{
    return compare_texts(merge->profiles[a->profile]->modules[a->index].path, merge->profiles[b->profile]->modules[b->index].path);
}

static void merge_modules(struct merge *merge, struct merged_profile *ret)
{
    COUNTS(merge, module_count)
    struct item *items;
    uint32_t item_count;
    ret->profile.module_count = merge_unite(merge, counts, compare_modules, merge->modules, &items, &item_count);
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
    ret->profile.file_count = merge_unite(merge, counts, compare_files, merge->files, &items, &item_count);
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
    ret->profile.function_count = merge_unite(merge, counts, compare_functions, merge->functions, &items, &item_count);
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
    ret->profile.frame_count = merge_unite(merge, counts, compare_frames, merge->frames, &items, &item_count);
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

void merge_code(struct merge *merge, struct merged_profile *ret)
{
    merge_modules(merge, ret);
    merge_files(merge, ret);
    merge_functions(merge, ret);
    merge_frames(merge, ret);
    merge_nodes(merge, ret);
}
