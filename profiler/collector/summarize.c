/* Call tree + cells -> what every line, function, file and module cost. See summarize.h; tags are in summarize_tags.c.
 *
 * Three passes. Frames are sorted into lines. Each cell is charged to its leaf (self) and to the innermost own frame
 * above it (own / library / system), which a single pass from the root found for every node at once. Then one
 * depth-first walk charges each node's subtree to its line, function and file unless that one is already further up:
 * `total` without counting recursion twice. */
#include "profiler/collector/summarize.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/summarize_parts.h"

struct line_key {
    uint64_t key; /* file, line; or PROFILE_NONE, function */
    uint32_t frame;
};

static void add(struct summary_share *to, struct summary_share share)
{
    to->cpu_ns += share.cpu_ns;
    to->samples += share.samples;
}

static int compare_line_keys(const void *left, const void *right)
{
    const struct line_key *a = left, *b = right;
    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->frame < b->frame ? -1 : a->frame > b->frame;
}

/* Every frame gets its line; lines come out ordered by file and number, those of unknown files (one per function) last.
 */
static bool make_lines(struct summary *summary)
{
    const struct profile *profile = summary->profile;
    struct line_key *keys = summary_zeroed(profile->frame_count, sizeof *keys);
    summary->frame_line = summary_zeroed(profile->frame_count, sizeof *summary->frame_line);
    summary->lines = summary_zeroed(profile->frame_count, sizeof *summary->lines);
    if (!keys || !summary->frame_line || !summary->lines) {
        free(keys);
        return false;
    }
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        uint32_t low = frame->file == PROFILE_NONE ? frame->function : frame->line;
        keys[i] = (struct line_key){(uint64_t)frame->file << 32 | low, i};
    }
    qsort(keys, profile->frame_count, sizeof *keys, compare_line_keys);
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        const struct profile_frame *frame = &profile->frames[keys[i].frame];
        if (i == 0 || keys[i].key != keys[i - 1].key) {
            struct summary_line *line = &summary->lines[summary->line_count++];
            line->file = frame->file;
            line->line = frame->file == PROFILE_NONE ? 0 : frame->line;
            line->tag = PROFILE_NONE;
            if (frame->file != PROFILE_NONE) {
                struct summary_file *file = &summary->files[frame->file];
                if (file->line_count++ == 0) {
                    file->first_line = summary->line_count - 1;
                }
            }
        }
        summary->lines[summary->line_count - 1].own |= frame->own;
        summary->frame_line[keys[i].frame] = summary->line_count - 1;
    }
    free(keys);
    return true;
}

/* Scratch of one summary_create(). */
struct walk {
    uint32_t *own_node;            /* node -> the innermost node in own code from it upwards */
    struct summary_share *subtree; /* node -> everything sampled in it and below */
    uint64_t *frame_decided;       /* frame -> what it decided, */
    uint64_t *frame_weight;        /* and what was sampled below it: they choose a line's function */
    uint32_t *first_child, *next_sibling;
    uint32_t *line_depth, *function_depth, *file_depth; /* how often each is on the path from the root */
};

static void walk_deinit(struct walk *walk)
{
    free(walk->own_node);
    free(walk->subtree);
    free(walk->frame_decided);
    free(walk->frame_weight);
    free(walk->first_child);
    free(walk->next_sibling);
    free(walk->line_depth);
    free(walk->function_depth);
    free(walk->file_depth);
}

static bool walk_init(struct walk *walk, const struct summary *summary)
{
    const struct profile *profile = summary->profile;
    *walk = (struct walk){
        .own_node = summary_zeroed(profile->node_count, sizeof *walk->own_node),
        .subtree = summary_zeroed(profile->node_count, sizeof *walk->subtree),
        .frame_decided = summary_zeroed(profile->frame_count, sizeof *walk->frame_decided),
        .frame_weight = summary_zeroed(profile->frame_count, sizeof *walk->frame_weight),
        .first_child = summary_zeroed(profile->node_count, sizeof *walk->first_child),
        .next_sibling = summary_zeroed(profile->node_count, sizeof *walk->next_sibling),
        .line_depth = summary_zeroed(summary->line_count, sizeof *walk->line_depth),
        .function_depth = summary_zeroed(profile->function_count, sizeof *walk->function_depth),
        .file_depth = summary_zeroed(profile->file_count, sizeof *walk->file_depth),
    };
    return walk->own_node && walk->subtree && walk->frame_decided && walk->frame_weight && walk->first_child &&
           walk->next_sibling && walk->line_depth && walk->function_depth && walk->file_depth;
}

/* Parents have smaller indexes than their children, so one pass upwards in the array is one pass downwards in the tree.
 */
static void find_own_nodes(const struct profile *profile, struct walk *walk)
{
    walk->own_node[0] = PROFILE_NONE;
    walk->first_child[0] = 0; /* node 0 is nobody's child: 0 stands for "none" */
    for (uint32_t i = 1; i < profile->node_count; i++) {
        assert(profile->nodes[i].parent < i);
        bool own = profile->frames[profile->nodes[i].frame].own;
        walk->own_node[i] = own ? i : walk->own_node[profile->nodes[i].parent];
    }
    for (uint32_t i = profile->node_count; i-- > 1;) {
        walk->next_sibling[i] = walk->first_child[profile->nodes[i].parent];
        walk->first_child[profile->nodes[i].parent] = i;
    }
}

static void charge_self(struct summary *summary, uint32_t frame_index, struct summary_share share)
{
    const struct profile_frame *frame = &summary->profile->frames[frame_index];
    add(&summary->lines[summary->frame_line[frame_index]].self, share);
    add(&summary->functions[frame->function].self, share);
    add(&summary->modules[frame->module], share);
    if (frame->file != PROFILE_NONE) {
        add(&summary->files[frame->file].self, share);
    }
}

/* The line that decides, and the column of it. `leaf_own`: the program counter was in own code. */
static void charge_decided(struct summary *summary, uint32_t frame_index, bool in_kernel, bool leaf_own,
                           struct summary_share share)
{
    const struct profile_frame *frame = &summary->profile->frames[frame_index];
    struct summary_line *line = &summary->lines[summary->frame_line[frame_index]];
    add(in_kernel ? &line->system : leaf_own ? &line->own_code : &line->library, share);
    add(in_kernel ? &summary->system : leaf_own ? &summary->own_code : &summary->library, share);
    add(&line->cpu, share);
    add(&summary->functions[frame->function].cpu, share);
    if (frame->file != PROFILE_NONE) {
        add(&summary->files[frame->file].cpu, share);
    }
}

static void charge_cells(struct summary *summary, struct walk *walk, const struct summary_selection *selection)
{
    const struct profile *profile = summary->profile;
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        const struct profile_cell *cell = &profile->cells[i];
        if (!summary_selects(selection, cell)) {
            continue;
        }
        struct summary_share share = {cell->cpu_ns, cell->samples};
        add(&summary->all, share);
        add(&summary->tag_sets[cell->tag_set], share);
        if (cell->thread < profile->thread_count) {
            add(&summary->threads[cell->thread], share);
        }
        add(&walk->subtree[cell->node], share);
        uint32_t decider = walk->own_node[cell->node];
        if (cell->node != 0) {
            charge_self(summary, profile->nodes[cell->node].frame, share);
        }
        if (decider == PROFILE_NONE) {
            add(&summary->outside, share);
            continue;
        }
        uint32_t frame = profile->nodes[decider].frame;
        charge_decided(summary, frame, cell->in_kernel, decider == cell->node, share);
        walk->frame_decided[frame] += share.cpu_ns;
    }
    for (uint32_t i = profile->node_count; i-- > 1;) {
        add(&walk->subtree[profile->nodes[i].parent], walk->subtree[i]);
        walk->frame_weight[profile->nodes[i].frame] += walk->subtree[i].cpu_ns;
    }
}

static void enter(struct summary *summary, struct walk *walk, uint32_t node)
{
    const struct profile_frame *frame = &summary->profile->frames[summary->profile->nodes[node].frame];
    uint32_t line = summary->frame_line[summary->profile->nodes[node].frame];
    if (walk->line_depth[line]++ == 0) {
        add(&summary->lines[line].total, walk->subtree[node]);
    }
    if (walk->function_depth[frame->function]++ == 0) {
        add(&summary->functions[frame->function].total, walk->subtree[node]);
    }
    if (frame->file != PROFILE_NONE && walk->file_depth[frame->file]++ == 0) {
        add(&summary->files[frame->file].total, walk->subtree[node]);
    }
}

static void leave(const struct summary *summary, struct walk *walk, uint32_t node)
{
    const struct profile_frame *frame = &summary->profile->frames[summary->profile->nodes[node].frame];
    walk->line_depth[summary->frame_line[summary->profile->nodes[node].frame]]--;
    walk->function_depth[frame->function]--;
    if (frame->file != PROFILE_NONE) {
        walk->file_depth[frame->file]--;
    }
}

/* Depth first without a stack of its own: child and sibling links lead down, parent indexes lead back. */
static void charge_totals(struct summary *summary, struct walk *walk)
{
    const struct profile_node *nodes = summary->profile->nodes;
    uint32_t node = walk->first_child[0];
    while (node != 0) {
        enter(summary, walk, node);
        if (walk->first_child[node] != 0) {
            node = walk->first_child[node];
            continue;
        }
        leave(summary, walk, node);
        while (walk->next_sibling[node] == 0 && nodes[node].parent != 0) {
            node = nodes[node].parent;
            leave(summary, walk, node);
        }
        node = walk->next_sibling[node];
    }
}

/* Several functions may share a line (instances of a template, lines without a known file do not): the one that decided
 * most of it lends its name. */
static void name_lines(struct summary *summary, const struct walk *walk)
{
    uint32_t *best = summary->hot_lines; /* large enough, and not filled yet */
    memset(best, 0xff, summary->line_count * sizeof *best);
    for (uint32_t i = 0; i < summary->profile->frame_count; i++) {
        uint32_t line = summary->frame_line[i];
        uint32_t now = best[line];
        if (now == PROFILE_NONE || walk->frame_decided[i] > walk->frame_decided[now] ||
            (walk->frame_decided[i] == walk->frame_decided[now] && walk->frame_weight[i] > walk->frame_weight[now])) {
            best[line] = i;
            summary->lines[line].function = summary->profile->frames[i].function;
        }
    }
}

/* Hotter first by two weights, then by index, so that equal input gives equal output. */
static int compare_hot(uint64_t a, uint64_t b, uint64_t a_next, uint64_t b_next, uint32_t i, uint32_t j)
{
    if (a != b) {
        return a > b ? -1 : 1;
    }
    if (a_next != b_next) {
        return a_next > b_next ? -1 : 1;
    }
    return i < j ? -1 : i > j;
}

static int compare_hot_lines(const void *left, const void *right, void *context)
{
    const struct summary_line *lines = context;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    return compare_hot(lines[i].cpu.cpu_ns, lines[j].cpu.cpu_ns, lines[i].total.cpu_ns, lines[j].total.cpu_ns, i, j);
}

static int compare_hot_functions(const void *left, const void *right, void *context)
{
    const struct summary_function *functions = context;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    return compare_hot(functions[i].self.cpu_ns, functions[j].self.cpu_ns, functions[i].total.cpu_ns,
                       functions[j].total.cpu_ns, i, j);
}

static int compare_hot_files(const void *left, const void *right, void *context)
{
    const struct summary_file *files = context;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    return compare_hot(files[i].cpu.cpu_ns, files[j].cpu.cpu_ns, files[i].total.cpu_ns, files[j].total.cpu_ns, i, j);
}

static bool reaches_threshold(const struct summary *summary, struct summary_share share)
{
    return share.samples > 0 && summary_percent(summary, share) >= summary->profile->scope.cpu_percent_threshold;
}

static bool is_out_of_scope(const struct profile *profile, const struct summary_line *line)
{
    return line->file != PROFILE_NONE ? profile->files[line->file].left_out
                                      : profile->functions[line->function].left_out;
}

bool summary_lists_line(const struct summary *summary, const struct summary_line *line)
{
    return !is_out_of_scope(summary->profile, line) && reaches_threshold(summary, line->total);
}

/* Count what is not listed. ret: whether it is. */
static bool lists(const struct summary *summary, struct summary_share total, bool out_of_scope,
                  uint32_t *ret_out_of_scope, uint32_t *ret_below)
{
    bool below = !out_of_scope && !reaches_threshold(summary, total);
    *ret_out_of_scope += total.samples > 0 && out_of_scope;
    *ret_below += total.samples > 0 && below;
    return total.samples > 0 && !out_of_scope && !below;
}

static void order_lines(struct summary *summary)
{
    for (uint32_t i = 0; i < summary->line_count; i++) {
        const struct summary_line *line = &summary->lines[i];
        lists(summary, line->total, is_out_of_scope(summary->profile, line), &summary->out_of_scope.lines,
              &summary->below_threshold.lines);
        if (line->cpu.samples > 0) {
            summary->hot_lines[summary->own_line_count++] = i;
        }
    }
    uint32_t count = summary->own_line_count;
    qsort_r(summary->hot_lines, count, sizeof(uint32_t), compare_hot_lines, summary->lines);
    summary->hottest_line = count > 0 ? summary->hot_lines[0] : PROFILE_NONE;
    /* Hottest first: what is listed stands in front. A line that decides is own code, so it is in scope. */
    while (summary->hot_line_count < count &&
           reaches_threshold(summary, summary->lines[summary->hot_lines[summary->hot_line_count]].cpu)) {
        summary->hot_line_count++;
    }
}

static void order_functions(struct summary *summary)
{
    summary->hottest_function = PROFILE_NONE;
    for (uint32_t i = 0; i < summary->profile->function_count; i++) {
        const struct summary_function *function = &summary->functions[i];
        uint32_t hottest = summary->hottest_function;
        if (function->total.samples > 0 &&
            (hottest == PROFILE_NONE || compare_hot_functions(&i, &hottest, summary->functions) < 0)) {
            summary->hottest_function = i;
        }
        if (lists(summary, function->total, summary->profile->functions[i].left_out, &summary->out_of_scope.functions,
                  &summary->below_threshold.functions)) {
            summary->hot_functions[summary->hot_function_count++] = i;
        }
    }
    qsort_r(summary->hot_functions, summary->hot_function_count, sizeof(uint32_t), compare_hot_functions,
            summary->functions);
}

static void order_files(struct summary *summary)
{
    for (uint32_t i = 0; i < summary->profile->file_count; i++) {
        if (lists(summary, summary->files[i].total, summary->profile->files[i].left_out, &summary->out_of_scope.files,
                  &summary->below_threshold.files)) {
            summary->hot_files[summary->hot_file_count++] = i;
        }
    }
    qsort_r(summary->hot_files, summary->hot_file_count, sizeof(uint32_t), compare_hot_files, summary->files);
}

static bool is_system_path(const char *path)
{
    return strncmp(path, "/usr/include/", 13) == 0 || strncmp(path, "/usr/lib/", 9) == 0;
}

/* The folders common to all own files; the innermost of them stays visible, so that "operate/dct.c" says a little of
 * where it is. */
static void find_path_prefix(struct summary *summary)
{
    for (uint32_t i = 0; i < summary->profile->file_count; i++) {
        const struct profile_file *file = &summary->profile->files[i];
        if (!file->own || summary->files[i].total.samples == 0 || is_system_path(file->path)) {
            continue;
        }
        if (!summary->path_prefix) {
            const char *slash = strrchr(file->path, '/');
            summary->path_prefix = file->path;
            summary->path_prefix_bytes = slash ? (size_t)(slash + 1 - file->path) : 0;
            continue;
        }
        size_t same = 0, folder = 0;
        while (same < summary->path_prefix_bytes && file->path[same] == summary->path_prefix[same]) {
            same++;
            if (file->path[same - 1] == '/') {
                folder = same;
            }
        }
        summary->path_prefix_bytes = folder;
    }
    size_t bytes = summary->path_prefix_bytes;
    do {
        bytes = bytes > 0 ? bytes - 1 : 0;
    } while (bytes > 0 && summary->path_prefix[bytes - 1] != '/');
    summary->path_prefix_bytes = bytes;
}

void *summary_zeroed(size_t count, size_t item_bytes)
{
    return calloc(count > 0 ? count : 1, item_bytes);
}

struct summary *summary_create(const struct profile *profile, const struct summary_selection *selection)
{
    struct summary *summary = calloc(1, sizeof *summary);
    if (!summary) {
        return NULL;
    }
    summary->profile = profile;
    summary->hottest_line = summary->hottest_function = PROFILE_NONE;
    summary->functions = summary_zeroed(profile->function_count, sizeof *summary->functions);
    summary->files = summary_zeroed(profile->file_count, sizeof *summary->files);
    summary->modules = summary_zeroed(profile->module_count, sizeof *summary->modules);
    summary->tag_sets = summary_zeroed(profile->tag_set_count, sizeof *summary->tag_sets);
    summary->threads = summary_zeroed(profile->thread_count, sizeof *summary->threads);
    summary->hot_lines = summary_zeroed(profile->frame_count, sizeof *summary->hot_lines);
    summary->hot_functions = summary_zeroed(profile->function_count, sizeof *summary->hot_functions);
    summary->hot_files = summary_zeroed(profile->file_count, sizeof *summary->hot_files);
    struct walk walk = {0};
    bool fine = summary->functions && summary->files && summary->modules && summary->tag_sets && summary->threads &&
                summary->hot_lines && summary->hot_functions && summary->hot_files && make_lines(summary) &&
                walk_init(&walk, summary);
    if (fine && profile->node_count > 0) {
        find_own_nodes(profile, &walk);
        charge_cells(summary, &walk, selection);
        charge_totals(summary, &walk);
        name_lines(summary, &walk);
        order_lines(summary);
        order_functions(summary);
        order_files(summary);
        find_path_prefix(summary);
    }
    fine = fine && summary_make_tags(summary, selection, walk.own_node);
    walk_deinit(&walk);
    if (!fine) {
        summary_destroy(summary);
        return NULL;
    }
    return summary;
}

void summary_destroy(struct summary *summary)
{
    if (!summary) {
        return;
    }
    free(summary->lines);
    free(summary->functions);
    free(summary->files);
    free(summary->modules);
    free(summary->tag_sets);
    free(summary->threads);
    free(summary->tags);
    free(summary->hot_lines);
    free(summary->hot_functions);
    free(summary->hot_files);
    free(summary->hot_tags);
    free(summary->frame_line);
    free(summary);
}

double summary_percent(const struct summary *summary, struct summary_share share)
{
    return summary->all.cpu_ns > 0 ? 100.0 * (double)share.cpu_ns / (double)summary->all.cpu_ns : 0;
}

double summary_error_percent(const struct summary *summary, struct summary_share share)
{
    static const double Z = 1.959964;
    double n = (double)summary->all.samples;
    if (n < 1) {
        return 0;
    }
    double p = summary_percent(summary, share) / 100;
    return 100 * Z / (1 + Z * Z / n) * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
}

const char *summary_short_path(const struct summary *summary, const char *path)
{
    size_t bytes = summary->path_prefix_bytes;
    return bytes > 0 && strncmp(path, summary->path_prefix, bytes) == 0 && path[bytes] != '\0' ? path + bytes : path;
}
