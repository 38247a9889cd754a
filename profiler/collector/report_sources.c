/* Files with samples -> the pieces of text that a report carries. See report_sources.h. */
#include "profiler/collector/report_sources.h"

#include <stdlib.h>
#include <string.h>

size_t *source_line_starts(const char *text, size_t bytes, uint32_t *ret_count)
{
    size_t count = 0;
    for (const char *at = text; at < text + bytes; count++) {
        const char *newline = memchr(at, '\n', (size_t)(text + bytes - at));
        at = newline ? newline + 1 : text + bytes;
    }
    size_t *starts = malloc((count + 1) * sizeof *starts);
    if (!starts) {
        return NULL;
    }
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        starts[i] = offset;
        const char *newline = memchr(text + offset, '\n', bytes - offset);
        offset = newline ? (size_t)(newline + 1 - text) : bytes + 1;
    }
    starts[count] = offset;
    *ret_count = (uint32_t)count;
    return starts;
}

static bool take_whole(struct source_file *file, const struct profile_file *text)
{
    file->pieces = malloc(sizeof *file->pieces);
    if (!file->pieces) {
        return false;
    }
    bool newline = text->text_bytes > 0 && text->text[text->text_bytes - 1] == '\n';
    file->pieces[0] = (struct source_piece){1, 0, text->text_bytes - newline};
    file->piece_count = 1;
    return true;
}

/* Pieces around sampled lines, merged where they touch, as long as `budget` lasts. */
static bool take_pieces(const struct summary *summary, struct source_file *file, const size_t *starts, size_t *budget)
{
    const struct summary_file *cost = &summary->files[file->file];
    file->pieces = malloc((cost->line_count > 0 ? cost->line_count : 1) * sizeof *file->pieces);
    if (!file->pieces) {
        return false;
    }
    uint32_t next = 0; /* first line, from 0, that no piece holds yet */
    for (uint32_t i = 0; i < cost->line_count; i++) {
        const struct summary_line *line = &summary->lines[cost->first_line + i];
        if (!summary_lists_line(summary, line) || line->line == 0 || line->line > file->line_count) {
            continue;
        }
        uint32_t at = line->line - 1, around = summary->profile->scope.reduced ? 0 : REPORT_SOURCES_AROUND;
        uint32_t from = at > around ? at - around : 0;
        uint32_t to = file->line_count - at > around ? at + around + 1 : file->line_count;
        bool touches = file->piece_count > 0 && from <= next;
        from = from < next ? next : from;
        size_t bytes = to > from ? starts[to] - starts[from] : 0;
        if (bytes > *budget) {
            break;
        }
        *budget -= bytes;
        if (touches) {
            struct source_piece *piece = &file->pieces[file->piece_count - 1];
            piece->bytes = starts[to > next ? to : next] - 1 - piece->offset;
        } else {
            file->pieces[file->piece_count++] =
                (struct source_piece){from + 1, starts[from], starts[to] - 1 - starts[from]};
        }
        next = to > next ? to : next;
    }
    return true;
}

struct budgets {
    size_t whole_bytes, pieces_bytes;
};

static bool take_file(const struct summary *summary, uint32_t index, struct budgets *budgets, struct source_file *file)
{
    file->file = index;
    const struct profile_file *text = &summary->profile->files[index];
    if (!text->text || text->text_bytes == 0) {
        return true;
    }
    size_t *starts = source_line_starts(text->text, text->text_bytes, &file->line_count);
    bool fine;
    if (starts && text->text_bytes <= budgets->whole_bytes && !summary->profile->scope.reduced) {
        budgets->whole_bytes -= text->text_bytes;
        fine = take_whole(file, text);
    } else {
        fine = starts && take_pieces(summary, file, starts, &budgets->pieces_bytes);
    }
    free(starts);
    return fine;
}

struct report_sources *report_sources_create(const struct summary *summary, const struct summary *waits)
{
    struct report_sources *sources = calloc(1, sizeof *sources);
    if (!sources) {
        return NULL;
    }
    uint32_t most = summary->hot_file_count + (waits ? waits->hot_file_count : 0);
    sources->files = calloc(most > 0 ? most : 1, sizeof *sources->files);
    struct budgets budgets = {REPORT_SOURCES_WHOLE_BYTES, REPORT_SOURCES_PIECES_BYTES};
    bool fine = sources->files != NULL;
    for (uint32_t i = 0; fine && i < summary->hot_file_count; i++) {
        fine = take_file(summary, summary->hot_files[i], &budgets, &sources->files[sources->count++]);
    }
    for (uint32_t i = 0; fine && waits && i < waits->hot_file_count; i++) {
        if (summary->files[waits->hot_files[i]].total.samples == 0) {
            fine = take_file(waits, waits->hot_files[i], &budgets, &sources->files[sources->count++]);
        }
    }
    if (!fine) {
        report_sources_destroy(sources);
        return NULL;
    }
    return sources;
}

void report_sources_destroy(struct report_sources *sources)
{
    if (!sources) {
        return;
    }
    for (uint32_t i = 0; i < sources->count; i++) {
        free(sources->files[i].pieces);
    }
    free(sources->files);
    free(sources);
}
