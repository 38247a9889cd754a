/* The static source views: of the hottest files, the hottest lines with a little context. The script replaces them by
 * whole files. */
#include "profiler/collector/html_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_LINE_BYTES = 400,
    MOST_LINES = 1 << 20, /* of a file without text, whose line numbers nothing else bounds */
};

/* One file's view: which of its lines are shown, and what each cost. */
struct view {
    const struct source_file *source;
    const size_t *starts;              /* of the text's lines; NULL without text */
    uint32_t line_count;               /* of the text, or up to the last sampled line */
    const struct summary_line **lines; /* by number - 1; NULL: not sampled */
    bool *shown;
    uint32_t beyond; /* sampled lines past the end of the text */
};

static int compare_hot(const void *left, const void *right)
{
    const struct summary_line *a = *(const struct summary_line *const *)left,
                              *b = *(const struct summary_line *const *)right;
    if (a->cpu.cpu_ns != b->cpu.cpu_ns) {
        return a->cpu.cpu_ns > b->cpu.cpu_ns ? -1 : 1;
    }
    if (a->total.cpu_ns != b->total.cpu_ns) {
        return a->total.cpu_ns > b->total.cpu_ns ? -1 : 1;
    }
    return a->line < b->line ? -1 : a->line > b->line;
}

/* Mark the hottest lines and what is around them. false: out of memory. */
static bool choose_lines(struct view *view, const struct summary *summary)
{
    const struct summary_file *cost = &summary->files[view->source->file];
    const struct summary_line **hot = malloc((cost->line_count + 1) * sizeof *hot);
    if (!hot) {
        return false;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < cost->line_count; i++) {
        const struct summary_line *line = &summary->lines[cost->first_line + i];
        if (!summary_lists_line(summary, line)) {
            continue;
        }
        if (line->line > 0 && line->line <= view->line_count) {
            hot[count++] = view->lines[line->line - 1] = line;
        } else if (line->line > view->line_count) {
            view->beyond++;
        }
    }
    qsort(hot, count, sizeof *hot, compare_hot);
    for (uint32_t i = 0; i < count && i < HTML_SOURCE_HOT_LINES; i++) {
        uint32_t at = hot[i]->line - 1,
                 around = view->starts && !summary->profile->scope.reduced ? HTML_SOURCE_AROUND : 0;
        uint32_t from = at > around ? at - around : 0;
        for (uint32_t j = from; j <= at + around && j < view->line_count; j++) {
            view->shown[j] = true;
        }
    }
    free(hot);
    return true;
}

static void put_code(struct text_out *out, const struct view *view, const char *text, uint32_t index)
{
    size_t bytes = view->starts[index + 1] - view->starts[index] - 1;
    const char *line = text + view->starts[index];
    bytes -= bytes > 0 && line[bytes - 1] == '\r';
    text_out_html_bytes(out, line, bytes < LONGEST_LINE_BYTES ? bytes : LONGEST_LINE_BYTES);
    text_out_string(out, bytes > LONGEST_LINE_BYTES ? " …" : "");
}

static void put_row(struct text_out *out, const struct html_report *report, const struct view *view, uint32_t index)
{
    static const struct summary_share nothing;
    const struct profile_file *file = &report->summary->profile->files[view->source->file];
    const struct summary_line *line = view->lines[index];
    unsigned heat = line ? html_heat(report->summary, line->cpu.cpu_ns) : 0;
    text_out_format(out, heat > 0 ? "<tr id=\"F%uL%u\" class=\"h%u\">" : "<tr id=\"F%uL%u\">", view->source->file,
                    index + 1, heat);
    text_out_format(out, "<th scope=\"row\">%u</th>", index + 1);
    html_put_share_cell(out, report, line ? line->own_code : nothing, "");
    html_put_share_cell(out, report, line ? line->library : nothing, "");
    html_put_share_cell(out, report, line ? line->system : nothing, "");
    html_put_share_cell(out, report, line ? line->total : nothing, "t");
    text_out_string(out, "<td><code>");
    if (view->starts) {
        put_code(out, view, file->text, index);
    }
    text_out_string(out, "</code></td></tr>\n");
}

static void put_view(struct text_out *out, const struct html_report *report, const struct view *view, bool open)
{
    const struct summary *summary = report->summary;
    const struct profile_file *file = &summary->profile->files[view->source->file];
    text_out_format(out, "<details class=\"file\"%s><summary><b class=\"n\">", open ? " open" : "");
    double percent = summary_percent(summary, summary->files[view->source->file].cpu);
    html_put_percent(out, percent);
    text_out_string(out, percent > 0 ? "\u00a0%</b> <span class=\"path\">" : "–</b> <span class=\"path\">");
    text_out_html(out, summary_short_path(summary, file->path));
    text_out_string(out, "</span></summary>\n");
    if (!file->text) {
        text_out_string(out, "<p class=\"missing\">");
        text_out_html(out, file->missing
                               ? file->missing
                               : "Source not found: keep it at that path, or say where it is with --source-root=DIR.");
        text_out_string(out, "</p>\n");
    }
    if (file->text && view->beyond > 0) {
        text_out_format(
            out,
            "<p class=\"missing\">Sampled lines beyond its end: %u. This is not the version that was compiled.</p>\n",
            view->beyond);
    }
    text_out_string(out,
                    "<div class=\"scroll\"><table class=\"source\"><thead><tr><th scope=\"col\">line</th><th "
                    "scope=\"col\" class=\"n\">own %</th>"
                    "<th scope=\"col\" class=\"n\">library %</th><th scope=\"col\" class=\"n\">system %</th>"
                    "<th scope=\"col\" class=\"n t\">total %</th><th scope=\"col\">code</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < view->line_count; i++) {
        if (view->shown[i]) {
            put_row(out, report, view, i);
        } else if (i == 0 || view->shown[i - 1]) {
            text_out_string(out, "<tr class=\"gap\"><td colspan=\"6\">⋯</td></tr>\n");
        }
    }
    text_out_string(out, "</tbody></table></div></details>\n");
}

static bool put_file(struct text_out *out, const struct html_report *report, const struct source_file *source,
                     bool open)
{
    const struct summary *summary = report->summary;
    const struct profile_file *file = &summary->profile->files[source->file];
    const struct summary_file *cost = &summary->files[source->file];
    struct view view = {.source = source};
    size_t *starts = file->text ? source_line_starts(file->text, file->text_bytes, &view.line_count) : NULL;
    if (!file->text && cost->line_count > 0) {
        uint32_t last = summary->lines[cost->first_line + cost->line_count - 1].line;
        view.line_count = last < MOST_LINES ? last : MOST_LINES;
    }
    view.starts = starts;
    view.lines = calloc((size_t)view.line_count + 1, sizeof *view.lines);
    view.shown = calloc((size_t)view.line_count + 1, sizeof *view.shown);
    bool fine = (starts || !file->text) && view.lines && view.shown && choose_lines(&view, summary);
    if (fine) {
        put_view(out, report, &view, open);
    }
    free(starts);
    free(view.lines);
    free(view.shown);
    return fine;
}

void html_put_sources(struct text_out *out, const struct html_report *report)
{
    enum { OPEN_FILES = 3 };
    const struct report_sources *sources = report->sources;
    text_out_string(out, "<section id=\"source\" aria-labelledby=\"source-title\">\n<h2 "
                         "id=\"source-title\">Source</h2>\n<div class=\"body\">\n");
    bool fine = true;
    bool has_own = report->summary->hottest_line != PROFILE_NONE;
    if (!has_own) {
        text_out_string(out, "<p class=\"empty\">No samples in the program’s own code.</p>");
    } else if (sources->count == 0) {
        text_out_string(out, "<p class=\"empty\">No file is listed.</p>");
    }
    for (uint32_t i = 0; fine && has_own && i < sources->count && i < HTML_SOURCE_FILES; i++) {
        bool open = i < OPEN_FILES && report->summary->files[sources->files[i].file].cpu.samples > 0;
        fine = put_file(out, report, &sources->files[i], open);
    }
    if (sources->count > HTML_SOURCE_FILES) {
        text_out_string(out, "<p class=\"more\">");
        html_put_count(out, sources->count - HTML_SOURCE_FILES);
        text_out_string(out, " more files with fewer samples.</p>");
    }
    text_out_string(out, "</div>\n</section>\n");
    out->failed |= !fine;
}
