/* See profile_build.h.
 *
 *   raw node (parent, module, address) -> frames of that address (inlined ones included) -> profile node (parent,
 * frame)
 *
 * Frames, functions, files and answers per address are kept by the builder; nodes and cells are made anew for each
 * report. What is not about code is in profile_build_run.c. */
#include "profiler/collector/profile_build.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profiler/collector/code_scope.h"
#include "profiler/collector/jit_names.h"
#include "profiler/collector/key_table.h"
#include "profiler/collector/profile_build_parts.h"
#include "profiler/collector/profile_spans.h"
#include "profiler/collector/require_memory.h"
#include "profiler/collector/source_text.h"
#include "profiler/collector/string_pool.h"
#include "profiler/collector/symbolize.h"

struct address_key {
    uint64_t address;
    uint32_t module;
    uint32_t padding;
};
struct address_answer {
    uint32_t first, count; /* in frame_lists, innermost first */
    bool in_kernel;
};
struct function_key {
    const char *name, *file; /* interned */
    uint32_t module, padding;
};
struct frame_key {
    uint32_t function, file, line, module;
    uint32_t inlined, padding;
};
struct node_key {
    uint32_t parent, frame;
};
struct cell_key {
    uint32_t node, tag_set, span, thread, bucket;
    uint32_t in_kernel;
};

struct profile_builder {
    const struct collector_options *options;
    char *program_path;
    struct symbolizer *symbolizer;
    struct string_pool *strings;
    struct source_texts *sources;
    struct symbol_module **symbol_modules; /* by module id; NULL: not opened */
    struct jit_names **jit_names; /* by module id; NULL: a module with a file */
    bool *module_is_own, *module_is_sampler;
    uint32_t module_count;
    struct key_table addresses, functions, files, frames; /* files: const char * */
    struct address_answer *answers;
    size_t answer_capacity;
    uint32_t *frame_lists;
    size_t frame_list_capacity;
    uint32_t frame_list_count;
    uint32_t *function_lines;
    size_t function_line_capacity;
};

/* Module 0 is code outside every module (made at run time); the registry's module i is i + 1. */
enum { UNKNOWN_CODE = 0 };
static const char SAMPLER_NAME[] = "/libhotline.so", WAITS_NAME[] = "/libhotline_wait.so";

static char *directory_of(const char *path)
{
    char *copy = strdup(path);
    char *directory = copy ? strdup(dirname(copy)) : NULL;
    free(copy);
    return directory;
}

static char *resolve_program_path(const struct collector_options *options)
{
    char *directory = options->program_path ? strdup(options->program_path) : directory_of(options->program);
    char *real = directory ? realpath(directory, NULL) : NULL;
    if (real) {
        free(directory);
        return real;
    }
    return directory;
}

struct profile_builder *profile_builder_create(const struct collector_options *options)
{
    struct profile_builder *builder = require_array(1, sizeof *builder);
    builder->options = options;
    builder->program_path = resolve_program_path(options);
    builder->symbolizer = symbolizer_create();
    builder->strings = string_pool_create();
    builder->sources = source_texts_create(options->source_root, options->source_maps, options->source_map_count);
    key_table_init(&builder->addresses, sizeof(struct address_key));
    key_table_init(&builder->functions, sizeof(struct function_key));
    key_table_init(&builder->files, sizeof(const char *));
    key_table_init(&builder->frames, sizeof(struct frame_key));
    return builder;
}

void profile_builder_destroy(struct profile_builder *builder)
{
    if (!builder) {
        return;
    }
    key_table_deinit(&builder->addresses);
    key_table_deinit(&builder->functions);
    key_table_deinit(&builder->files);
    key_table_deinit(&builder->frames);
    free(builder->answers);
    free(builder->frame_lists);
    free(builder->function_lines);
    for (uint32_t i = 0; i < builder->module_count; i++) {
        jit_names_destroy(builder->jit_names[i]);
    }
    free(builder->jit_names);
    free(builder->symbol_modules);
    free(builder->module_is_own);
    free(builder->module_is_sampler);
    free(builder->program_path);
    source_texts_destroy(builder->sources);
    string_pool_destroy(builder->strings);
    symbolizer_destroy(builder->symbolizer);
    free(builder);
}

static bool is_below(const char *path, const char *directory)
{
    size_t length = directory ? strlen(directory) : 0;
    return length > 1 && strncmp(path, directory, length) == 0 && path[length] == '/';
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void meet_modules(struct profile_builder *builder, const struct snapshot *snapshot)
{
    uint32_t count = snapshot->module_count + 1;
    for (uint32_t i = 0; i < builder->module_count; i++) {
        if (builder->jit_names[i]) {
            jit_names_refresh(builder->jit_names[i]);
        }
    }
    if (count <= builder->module_count) {
        return;
    }
    struct symbol_module **symbol_modules = require_array(count, sizeof symbol_modules[0]);
    struct jit_names **jit_names = require_array(count, sizeof jit_names[0]);
    bool *own = require_array(count, sizeof own[0]), *sampler = require_array(count, sizeof sampler[0]);
    if (builder->module_count) {
        memcpy(symbol_modules, builder->symbol_modules, builder->module_count * sizeof symbol_modules[0]);
        memcpy(jit_names, builder->jit_names, builder->module_count * sizeof jit_names[0]);
        memcpy(own, builder->module_is_own, builder->module_count * sizeof own[0]);
        memcpy(sampler, builder->module_is_sampler, builder->module_count * sizeof sampler[0]);
    } else {
        own[UNKNOWN_CODE] = builder->options->profile_all;
        builder->module_count = 1;
    }
    char *program = realpath(builder->options->program, NULL);
    for (uint32_t i = builder->module_count; i < count; i++) {
        const char *path = snapshot->modules[i - 1].path;
        sampler[i] = ends_with(path, SAMPLER_NAME) || ends_with(path, WAITS_NAME);
        jit_names[i] = snapshot->modules[i - 1].kind == MODULE_JIT
                           ? jit_names_create(snapshot->modules[i - 1].pid, snapshot->modules[i - 1].owner)
                           : NULL;
        own[i] = !sampler[i] && (builder->options->profile_all || is_below(path, builder->program_path) ||
                                 (program && strcmp(path, program) == 0));
    }
    free(program);
    free(builder->jit_names);
    free(builder->symbol_modules);
    free(builder->module_is_own);
    free(builder->module_is_sampler);
    builder->jit_names = jit_names;
    builder->symbol_modules = symbol_modules;
    builder->module_is_own = own;
    builder->module_is_sampler = sampler;
    builder->module_count = count;
}

static struct symbol_module *symbols_of(struct profile_builder *builder, const struct snapshot *snapshot,
                                        uint32_t module)
{
    if (!builder->symbol_modules[module]) {
        const struct snapshot_module *source = &snapshot->modules[module - 1];
        builder->symbol_modules[module] = symbolizer_module(builder->symbolizer, source->path, source->open_path,
                                                            source->build_id, source->build_id_bytes);
    }
    return builder->symbol_modules[module];
}

static uint32_t add_frame(struct profile_builder *builder, const struct symbol_frame *symbol, uint32_t module)
{
    struct function_key function;
    struct frame_key frame;
    memset(&function, 0, sizeof function);
    memset(&frame, 0, sizeof frame);
    bool is_new;
    function.name = string_pool_intern(builder->strings, symbol->function);
    function.file = symbol->file ? string_pool_intern(builder->strings, symbol->file) : NULL;
    function.module = module;
    frame.function = key_table_add(&builder->functions, &function, &is_new);
    if (is_new) {
        builder->function_lines = require_room(builder->function_lines, &builder->function_line_capacity,
                                               (size_t)frame.function + 1, sizeof builder->function_lines[0]);
        builder->function_lines[frame.function] = symbol->function_line;
    }
    frame.file = function.file ? key_table_add(&builder->files, &function.file, NULL) : PROFILE_NONE;
    frame.line = symbol->file ? symbol->line : 0;
    frame.module = module;
    frame.inlined = symbol->inlined;
    return key_table_add(&builder->frames, &frame, NULL);
}

static void append_frame(struct profile_builder *builder, uint32_t frame)
{
    builder->frame_lists = require_room(builder->frame_lists, &builder->frame_list_capacity,
                                        (size_t)builder->frame_list_count + 1, sizeof builder->frame_lists[0]);
    builder->frame_lists[builder->frame_list_count++] = frame;
}

static const struct address_answer *answer_of(struct profile_builder *builder, const struct snapshot *snapshot,
                                              const struct raw_node *node)
{
    struct address_key key;
    memset(&key, 0, sizeof key);
    key.module = node->module == NO_MODULE || node->module >= snapshot->module_count ? UNKNOWN_CODE : node->module + 1;
    const struct jit_names *jit_names = builder->jit_names[key.module];
    const char *jit_name = jit_names ? jit_names_find(jit_names, node->address) : NULL;
    if (jit_names && !jit_name) {
        key.module = UNKNOWN_CODE;
    }
    /* Code outside every module has no names: one frame for all of it. */
    key.address = key.module == UNKNOWN_CODE ? 0 : node->address;
    bool is_new;
    uint32_t index = key_table_add(&builder->addresses, &key, &is_new);
    if (!is_new) {
        return &builder->answers[index];
    }
    builder->answers =
        require_room(builder->answers, &builder->answer_capacity, (size_t)index + 1, sizeof builder->answers[0]);
    struct address_answer *answer = &builder->answers[index];
    *answer = (struct address_answer){.first = builder->frame_list_count};
    if (key.module == UNKNOWN_CODE) {
        struct symbol_frame unknown = {.function = "[code outside every module]", .guessed = true};
        append_frame(builder, add_frame(builder, &unknown, key.module));
    } else if (jit_name) {
        struct symbol_frame made = {.function = jit_name};
        append_frame(builder, add_frame(builder, &made, key.module));
    } else if (!builder->module_is_sampler[key.module]) {
        struct symbol_frame symbols[SYMBOL_MAX_FRAMES];
        struct symbol_module *module = symbols_of(builder, snapshot, key.module);
        unsigned count = symbol_module_find(module, key.address, symbols);
        for (unsigned i = 0; i < count; i++) {
            append_frame(builder, add_frame(builder, &symbols[i], key.module));
        }
        answer->in_kernel = symbol_module_after_syscall(module, key.address);
    }
    answer->count = builder->frame_list_count - answer->first;
    return answer;
}

void profile_release(struct profile *profile)
{
    struct built_profile *built = (struct built_profile *)(void *)profile;
    if (!built) {
        return;
    }
    free(built->modules);
    free(built->functions);
    free(built->files);
    free(built->frames);
    free(built->nodes);
    free(built->tag_sets);
    free(built->tags);
    free(built->threads);
    free(built->cells);
    free(built->wait_cells);
    free(built->locks);
    profile_spans_deinit(&built->spans);
    free(built->tag_text);
    free(built->host);
    free(built->machine);
    free(built->command_line);
    free(built->thread_names);
    free(built);
}

/* raw nodes -> profile nodes. ret: for each raw node its profile node; *ret_in_kernel likewise. */
static uint32_t *build_nodes(struct profile_builder *builder, const struct snapshot *snapshot,
                             struct built_profile *built, bool **ret_in_kernel)
{
    const struct aggregate *tree = &snapshot->tree;
    uint32_t *map = require_array(tree->node_count, sizeof map[0]);
    bool *in_kernel = require_array(tree->node_count, sizeof in_kernel[0]);
    struct key_table nodes;
    key_table_init(&nodes, sizeof(struct node_key));
    struct node_key root = {.parent = 0, .frame = PROFILE_NONE};
    key_table_add(&nodes, &root, NULL);
    for (uint32_t i = 1; i < tree->node_count; i++) {
        const struct address_answer *answer = answer_of(builder, snapshot, &tree->nodes[i]);
        uint32_t node = map[tree->nodes[i].parent];
        for (uint32_t k = answer->count; k-- > 0;) {
            struct node_key key = {.parent = node, .frame = builder->frame_lists[answer->first + k]};
            node = key_table_add(&nodes, &key, NULL);
        }
        map[i] = node;
        in_kernel[i] = answer->in_kernel;
    }
    built->nodes = require_array(nodes.count, sizeof built->nodes[0]);
    for (uint32_t i = 0; i < nodes.count; i++) {
        const struct node_key *key = key_table_at(&nodes, i);
        built->nodes[i] = (struct profile_node){.parent = key->parent, .frame = key->frame};
    }
    built->profile.nodes = built->nodes;
    built->profile.node_count = nodes.count;
    key_table_deinit(&nodes);
    *ret_in_kernel = in_kernel;
    return map;
}

/* The cells of one metric: CPU time, or blocked time. ret: their number. */
static uint32_t merge_cells(const struct snapshot *snapshot, const uint32_t *node_map, const bool *in_kernel, const uint32_t *tag_map,
                            const uint32_t *span_map, bool waited, struct profile_cell **ret, uint64_t *ret_total_ns)
{
    struct key_table cells;
    key_table_init(&cells, sizeof(struct cell_key));
    size_t capacity = 0;
    for (uint32_t i = 0; i < snapshot->tree.cell_count; i++) {
        const struct raw_cell *raw = &snapshot->tree.cells[i];
        const struct raw_place *place = &raw->place;
        if (place->waited != waited) {
            continue;
        }
        struct cell_key key = {.node = node_map[place->node],
                               .tag_set = tag_map[place->tag_set],
                               .span = span_map[place->span],
                               .bucket = raw->bucket,
                               .thread = place->thread < snapshot->thread_count ? place->thread : 0,
                               .in_kernel = !waited && in_kernel[place->node]};
        bool is_new;
        uint32_t index = key_table_add(&cells, &key, &is_new);
        if (is_new) {
            *ret = require_room(*ret, &capacity, (size_t)index + 1, sizeof (*ret)[0]);
            (*ret)[index] = (struct profile_cell){.node = key.node,
                                                  .tag_set = key.tag_set,
                                                  .span = key.span,
                                                  .thread = key.thread,
                                                  .bucket = key.bucket,
                                                  .in_kernel = key.in_kernel != 0};
        }
        (*ret)[index].samples += raw->samples;
        (*ret)[index].cpu_ns += raw->weight_ns;
        *ret_total_ns += raw->weight_ns;
    }
    uint32_t count = cells.count;
    key_table_deinit(&cells);
    return count;
}

static void build_cells(const struct snapshot *snapshot, const uint32_t *node_map, const bool *in_kernel,
                        const uint32_t *tag_map, struct built_profile *built)
{
    struct profile *profile = &built->profile;
    const uint32_t *span_map = built->spans.by_number;
    profile->cell_count = merge_cells(snapshot, node_map, in_kernel, tag_map, span_map, false, &built->cells, &profile->cpu_ns_total);
    profile->wait_cell_count =
        merge_cells(snapshot, node_map, in_kernel, tag_map, span_map, true, &built->wait_cells, &profile->wait_ns_total);
    profile->cells = built->cells;
    profile->wait_cells = built->wait_cells;
}

static void build_spans(struct profile_builder *builder, const struct snapshot *snapshot, const uint32_t *tag_map, struct built_profile *built)
{
    struct profile *profile = &built->profile;
    profile_spans_build(snapshot, tag_map, builder->strings, &built->spans);
    profile->spans = built->spans.spans;
    profile->span_count = built->spans.span_count;
    profile->latencies = built->spans.latencies;
    profile->latency_count = built->spans.latency_count;
    profile->spans_ended = snapshot->spans_ended;
    profile->spans_lost = snapshot->spans_lost;
    profile->spans_cut_ns = snapshot->tree.span_cut_ns;
    profile->slower_than_ns = snapshot->slower_than_ns;
}

static int compare_locks(const void *left, const void *right)
{
    const struct profile_lock *a = left, *b = right;
    if (a->waited_ns != b->waited_ns) {
        return a->waited_ns > b->waited_ns ? -1 : 1;
    }
    return a->address < b->address ? -1 : a->address > b->address;
}

static const char *name_lock(struct profile_builder *builder, const struct snapshot *snapshot, const struct lock_row *row)
{
    bool known = row->module != NO_MODULE && row->module + 1 < builder->module_count;
    return known ? symbol_module_variable(symbols_of(builder, snapshot, row->module + 1), row->module_address) : NULL;
}

static void build_locks(struct profile_builder *builder, const struct snapshot *snapshot, const uint32_t *node_map,
                        struct built_profile *built)
{
    built->locks = require_array(snapshot->lock_count + (size_t)1, sizeof built->locks[0]);
    for (uint32_t i = 0; i < snapshot->lock_count; i++) {
        const struct lock_row *row = &snapshot->locks[i];
        uint32_t node = row->node < snapshot->tree.node_count ? node_map[row->node] : 0;
        built->locks[i] = (struct profile_lock){
            .pid = row->pid, .address = row->address, .name = name_lock(builder, snapshot, row), .node = node, .samples = row->samples, .waited_ns = row->waited_ns};
    }
    qsort(built->locks, snapshot->lock_count, sizeof built->locks[0], compare_locks);
    built->profile.locks = built->locks;
    built->profile.lock_count = snapshot->lock_count;
}

static void build_modules(struct profile_builder *builder, const struct snapshot *snapshot, struct built_profile *built)
{
    built->modules = require_array(builder->module_count, sizeof built->modules[0]);
    built->modules[UNKNOWN_CODE] =
        (struct profile_module){.path = "[code outside every module]", .own = builder->module_is_own[UNKNOWN_CODE]};
    for (uint32_t i = 1; i < builder->module_count; i++) {
        const struct snapshot_module *source = &snapshot->modules[i - 1];
        struct profile_module *module = &built->modules[i];
        module->path = source->path;
        module->own = builder->module_is_own[i];
        module->problem = builder->symbol_modules[i] ? symbol_module_problem(builder->symbol_modules[i]) : NULL;
        for (unsigned k = 0; k < source->build_id_bytes; k++) {
            static const char digits[] = "0123456789abcdef";
            module->build_id[2 * k] = digits[source->build_id[k] >> 4];
            module->build_id[2 * k + 1] = digits[source->build_id[k] & 15];
        }
    }
    built->profile.modules = built->modules;
    built->profile.module_count = builder->module_count;
}

static bool is_system_header(const struct profile_builder *builder, uint32_t file)
{
    if (file == PROFILE_NONE || builder->options->profile_all) {
        return false;
    }
    const char *path;
    memcpy(&path, key_table_at(&builder->files, file), sizeof path);
    return code_scope_is_toolchain(path);
}

static void build_code(struct profile_builder *builder, struct built_profile *built)
{
    const struct profile_scope *scope = &builder->options->scope;
    struct profile *profile = &built->profile;
    profile->function_count = builder->functions.count;
    profile->file_count = builder->files.count;
    profile->frame_count = builder->frames.count;
    built->functions = require_array(profile->function_count, sizeof built->functions[0]);
    built->files = require_array(profile->file_count, sizeof built->files[0]);
    built->frames = require_array(profile->frame_count, sizeof built->frames[0]);
    for (uint32_t i = 0; i < profile->function_count; i++) {
        const struct function_key *key = key_table_at(&builder->functions, i);
        built->functions[i] = (struct profile_function){
            .name = key->name, .file = key->file, .line = builder->function_lines[i], .module = key->module};
        built->functions[i].left_out = !code_scope_lists(scope, key->file ? key->file : built->modules[key->module].path);
    }
    for (uint32_t i = 0; i < profile->file_count; i++) {
        memcpy(&built->files[i].path, key_table_at(&builder->files, i), sizeof built->files[i].path);
        built->files[i].left_out = !code_scope_lists(scope, built->files[i].path);
    }
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        const struct frame_key *key = key_table_at(&builder->frames, i);
        bool own = builder->module_is_own[key->module] && !is_system_header(builder, key->file) &&
                   !built->functions[key->function].left_out;
        built->frames[i] = (struct profile_frame){.function = key->function,
                                                  .file = key->file,
                                                  .line = key->line,
                                                  .module = key->module,
                                                  .own = own,
                                                  .inlined = key->inlined != 0};
        if (own && key->file != PROFILE_NONE) {
            built->files[key->file].own = true;
        }
    }
    for (uint32_t i = 0; i < profile->file_count; i++) {
        code_scope_find_text(scope, builder->sources, &built->files[i]);
    }
    profile->functions = built->functions;
    profile->files = built->files;
    profile->frames = built->frames;
}

struct profile *profile_build(struct profile_builder *builder, const struct snapshot *snapshot)
{
    struct built_profile *built = require_array(1, sizeof *built);
    meet_modules(builder, snapshot);
    bool *in_kernel;
    uint32_t *node_map = build_nodes(builder, snapshot, built, &in_kernel);
    uint32_t *tag_map = profile_build_tags(snapshot, built);
    build_spans(builder, snapshot, tag_map, built);
    build_cells(snapshot, node_map, in_kernel, tag_map, built);
    build_locks(builder, snapshot, node_map, built);
    build_modules(builder, snapshot, built);
    build_code(builder, built);
    profile_build_threads(snapshot, built);
    profile_build_describe(builder->options, builder->program_path, snapshot, built);
    free(node_map);
    free(in_kernel);
    free(tag_map);
    return &built->profile;
}
