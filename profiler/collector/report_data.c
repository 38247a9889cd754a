/* What of a profile goes into which column. See report_data.h. */
#include "profiler/collector/report_data.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/report_data_parts.h"

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Every path once, sorted. ret: malloc'ed; NULL: out of memory. */
static const char **collect_paths(const struct profile *profile, uint32_t *ret_count)
{
    const char **paths = malloc(((size_t)profile->file_count + profile->function_count + 1) * sizeof *paths);
    if (!paths) {
        return NULL;
    }
    size_t count = 0;
    for (uint32_t i = 0; i < profile->file_count; i++) {
        paths[count++] = profile->files[i].path;
    }
    for (uint32_t i = 0; i < profile->function_count; i++) {
        if (profile->functions[i].file) {
            paths[count++] = profile->functions[i].file;
        }
    }
    qsort(paths, count, sizeof *paths, compare_paths);
    uint32_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(paths[kept - 1], paths[i]) != 0) {
            paths[kept++] = paths[i];
        }
    }
    *ret_count = kept;
    return paths;
}

static uint32_t path_number(const struct report_data *data, const char *path)
{
    const char **found = path ? bsearch(&path, data->paths, data->path_count, sizeof *data->paths, compare_paths) : NULL;
    return found ? (uint32_t)(found - data->paths) : PROFILE_NONE;
}

static void put_code(struct report_columns *to, const struct report_data *data)
{
    const struct profile *profile = data->profile;
    const struct profile_function *functions = profile->functions;
    const struct profile_frame *frames = profile->frames;
    const struct profile_node *nodes = profile->nodes;
    uint32_t count = profile->function_count, node_count = profile->node_count > 0 ? profile->node_count - 1 : 0;
    REPORT_COLUMN(to, "modules.own", COLUMN_NUMBERS, profile->module_count, profile->modules[i].own);
    REPORT_COLUMN(to, "functions.path", COLUMN_IDS, count, path_number(data, functions[i].file));
    REPORT_COLUMN(to, "functions.line", COLUMN_NUMBERS, count, functions[i].line);
    REPORT_COLUMN(to, "functions.module", COLUMN_NUMBERS, count, functions[i].module);
    REPORT_COLUMN(to, "functions.left_out", COLUMN_NUMBERS, count, functions[i].left_out);
    count = profile->frame_count;
    REPORT_COLUMN(to, "frames.function", COLUMN_NUMBERS, count, frames[i].function);
    REPORT_COLUMN(to, "frames.file", COLUMN_IDS, count, frames[i].file);
    REPORT_COLUMN(to, "frames.line", COLUMN_NUMBERS, count, frames[i].line);
    REPORT_COLUMN(to, "frames.flags", COLUMN_NUMBERS, count, (frames[i].own ? 1U : 0U) | (frames[i].inlined ? 2U : 0U));
    REPORT_COLUMN(to, "nodes.up", COLUMN_NUMBERS, node_count, i + 1 - nodes[i + 1].parent);
    REPORT_COLUMN(to, "nodes.frame", COLUMN_NUMBERS, node_count, nodes[i + 1].frame);
}

static void put_files(struct report_columns *to, const struct report_data *data)
{
    const struct profile_file *files = data->profile->files;
    uint32_t count = data->profile->file_count;
    REPORT_COLUMN(to, "files.path", COLUMN_NUMBERS, count, path_number(data, files[i].path));
    REPORT_COLUMN(to, "files.own", COLUMN_NUMBERS, count, files[i].own);
    REPORT_COLUMN(to, "files.left_out", COLUMN_NUMBERS, count, files[i].left_out);
    uint64_t *lines = report_columns_begin(to, count);
    if (lines) {
        memset(lines, 0, count * sizeof *lines);
        for (uint32_t i = 0; i < data->sources->count; i++) {
            lines[data->sources->files[i].file] = data->sources->files[i].line_count;
        }
    }
    report_columns_end(to, "files.lines", COLUMN_NUMBERS, count);
}

static void put_threads(struct report_columns *to, const struct profile *profile)
{
    REPORT_COLUMN(to, "threads.pid", COLUMN_NUMBERS, profile->thread_count, profile->threads[i].pid);
    REPORT_COLUMN(to, "threads.tid", COLUMN_NUMBERS, profile->thread_count, profile->threads[i].tid);
}

static void put_spans(struct report_columns *to, const struct profile *profile)
{
    const struct profile_span *spans = profile->spans;
    const struct profile_latency *latencies = profile->latencies;
    uint32_t count = profile->span_count;
    REPORT_COLUMN(to, "spans.tag_set", COLUMN_NUMBERS, count, spans[i].tag_set);
    REPORT_COLUMN(to, "spans.thread", COLUMN_IDS, count, spans[i].thread);
    REPORT_COLUMN(to, "spans.begin_us", COLUMN_NUMBERS, count, (spans[i].begin_ns + 500) / 1000);
    REPORT_COLUMN(to, "spans.wall_ns", COLUMN_NUMBERS, count, spans[i].wall_ns);
    REPORT_COLUMN(to, "spans.running", COLUMN_NUMBERS, count, spans[i].running);
    count = profile->latency_count;
    REPORT_COLUMN(to, "latencies.tag_set", COLUMN_NUMBERS, count, latencies[i].tag_set);
    REPORT_COLUMN(to, "latencies.step", COLUMN_NUMBERS, count, latencies[i].step);
    REPORT_COLUMN(to, "latencies.count", COLUMN_NUMBERS, count, latencies[i].count);
}

/* Cells by node, so that columns repeat and their differences are small: a counting sort. NULL: out of memory. */
static uint32_t *order_cells(const struct cell_list *list)
{
    uint32_t *first = calloc((size_t)list->node_count + 1, sizeof *first);
    uint32_t *order = malloc(((size_t)list->count + 1) * sizeof *order);
    if (first && order) {
        for (uint32_t i = 0; i < list->count; i++) {
            first[list->cells[i].node + 1]++;
        }
        for (uint32_t i = 0; i < list->node_count; i++) {
            first[i + 1] += first[i];
        }
        for (uint32_t i = 0; i < list->count; i++) {
            order[first[list->cells[i].node]++] = i;
        }
        free(first);
        return order;
    }
    free(first);
    free(order);
    return NULL;
}

/* names: of the eight columns. */
static void put_cells(struct report_columns *to, const struct cell_list *list, const char *const names[8])
{
    uint32_t *order = order_cells(list), count = list->count;
    uint64_t unit = report_data_unit(list);
    const struct profile_cell *cells = list->cells;
    if (!order) {
        to->failed = true;
        return;
    }
    REPORT_COLUMN(to, names[0], COLUMN_RISES, count, cells[order[i]].node);
    REPORT_COLUMN(to, names[1], COLUMN_NUMBERS, count, cells[order[i]].tag_set);
    REPORT_COLUMN(to, names[2], COLUMN_NUMBERS, count, cells[order[i]].span);
    REPORT_COLUMN(to, names[3], COLUMN_NUMBERS, count, cells[order[i]].thread);
    REPORT_COLUMN(to, names[4], COLUMN_NUMBERS, count, cells[order[i]].bucket);
    REPORT_COLUMN(to, names[5], COLUMN_NUMBERS, count, cells[order[i]].samples);
    REPORT_COLUMN(to, names[6], COLUMN_NUMBERS, count, cells[order[i]].in_kernel);
    REPORT_COLUMN(to, names[7], COLUMN_NUMBERS, count, cells[order[i]].cpu_ns / unit);
    free(order);
}

#define CELL_NAMES(of)                                                                                                                     \
    (const char *const[])                                                                                                                  \
    {                                                                                                                                      \
        of ".node", of ".tag_set", of ".span", of ".thread", of ".bucket", of ".samples", of ".kernel", of ".weight"                        \
    }

static void put_numbers(struct report_columns *to, const struct report_data *data)
{
    const struct profile *profile = data->profile;
    struct cell_list cpu = report_data_cpu(profile), waits = report_data_waits(profile);
    put_code(to, data);
    put_files(to, data);
    put_threads(to, profile);
    put_spans(to, profile);
    put_cells(to, &cpu, CELL_NAMES("cells"));
    if (profile->wall) {
        put_cells(to, &waits, CELL_NAMES("waits"));
    }
}

/* The pieces of all files one behind the other, and where each is from. */
static void put_sources(struct report_columns *to, const struct report_data *data)
{
    const struct report_sources *sources = data->sources;
    uint32_t count = 0;
    size_t bytes = 0;
    for (uint32_t i = 0; i < sources->count; i++) {
        for (uint32_t j = 0; j < sources->files[i].piece_count; j++, count++) {
            bytes += sources->files[i].pieces[j].bytes;
        }
    }
    const struct source_piece **pieces = malloc((count + 1) * sizeof *pieces);
    uint32_t *files = malloc((count + 1) * sizeof *files);
    to->failed |= !pieces || !files;
    count = 0;
    for (uint32_t i = 0; !to->failed && i < sources->count; i++) {
        for (uint32_t j = 0; j < sources->files[i].piece_count; j++, count++) {
            pieces[count] = &sources->files[i].pieces[j];
            files[count] = sources->files[i].file;
        }
    }
    REPORT_COLUMN(to, "pieces.file", COLUMN_NUMBERS, count, files[i]);
    REPORT_COLUMN(to, "pieces.line", COLUMN_NUMBERS, count, pieces[i]->first_line);
    REPORT_COLUMN(to, "pieces.bytes", COLUMN_NUMBERS, count, pieces[i]->bytes);
    to->failed = to->failed || !packed_out_expect(to->packed, PACKED_TEXT);
    report_columns_announce(to, "pieces.text", (uint32_t)bytes);
    for (uint32_t i = 0; !to->failed && i < count; i++) {
        report_columns_bytes(to, data->profile->files[files[i]].text + pieces[i]->offset, pieces[i]->bytes);
    }
    free(pieces);
    free(files);
}

void report_data_write(struct text_out *out, const struct summary *summary, const struct report_sources *sources)
{
    struct report_data data = {.summary = summary, .profile = summary->profile, .sources = sources};
    struct packed_out *packed = packed_out_create(out);
    struct report_columns columns;
    report_columns_init(&columns, packed);
    data.paths = collect_paths(data.profile, &data.path_count);
    if (!columns.failed && data.paths) {
        put_numbers(&columns, &data);
        put_sources(&columns, &data);
        report_columns_texts(&columns, report_data_put_texts, &data);
        out->failed |= columns.failed || !packed_out_finish(packed);
    } else {
        out->failed = true;
    }
    report_columns_deinit(&columns);
    packed_out_destroy(packed);
    free(data.paths);
}
