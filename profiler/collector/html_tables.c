/* The hottest lines, the functions and the tags, as tables. */
#include "profiler/collector/html_parts.h"

enum { MOST_LINES = 15, MOST_FUNCTIONS = 25, MOST_TAGS = 100 };

/* <th> with an explanation. */
static void column(struct text_out *out, const char *class, const char *title, const char *text)
{
    text_out_format(out, "<th scope=\"col\"%s%s%s title=\"%s\">%s</th>", class[0] ? " class=\"" : "", class,
                    class[0] ? "\"" : "", title, text);
}

static void put_error_cell(struct text_out *out, const struct html_report *report, struct summary_share share)
{
    text_out_string(out, "<td class=\"n dim wide\">");
    if (share.samples > 0) {
        text_out_fixed(out, summary_error_percent(report->summary, share), 1);
    }
    text_out_string(out, "</td>");
}

static void put_samples_cell(struct text_out *out, uint64_t samples)
{
    text_out_string(out, "<td class=\"n dim\">");
    html_put_count(out, samples);
    text_out_string(out, "</td>");
}

static void put_tag_cell(struct text_out *out, const struct summary *summary, uint32_t tag)
{
    text_out_string(out, "<td class=\"wide\">");
    if (tag != PROFILE_NONE) {
        html_put_tag(out, summary->tags[tag].key, summary->tags[tag].value);
    }
    text_out_string(out, "</td>");
}

void html_put_lines(struct text_out *out, const struct html_report *report)
{
    const struct summary *summary = report->summary;
    text_out_string(
        out, "<section id=\"lines\" aria-labelledby=\"lines-title\">\n<h2 id=\"lines-title\">Hottest lines</h2>\n"
             "<div class=\"body\">\n");
    if (summary->hot_line_count == 0) {
        text_out_string(out, summary->hottest_line == PROFILE_NONE
                                 ? "<p class=\"empty\">No samples in the program’s own code.</p></div></section>\n"
                                 : "<p class=\"empty\">No line reaches the threshold.</p></div></section>\n");
        return;
    }
    text_out_string(out, "<table class=\"hot\"><thead><tr>");
    column(out, "n", "share of the CPU time whose innermost frame in own code is this line", "CPU %");
    column(out, "n wide", "half of the 95 % confidence interval, in percentage points", "±");
    column(out, "n", "samples the share rests on", "samples");
    column(out, "split", "own code, libraries called from here, kernel", "own, library, system");
    column(out, "", "the function the line is in", "function");
    column(out, "", "file and line", "line");
    if (summary->tag_count > 0) {
        column(out, "wide", "the tag that at least 80 % of the line’s samples carry", "while");
    }
    text_out_string(out, "</tr></thead><tbody>\n");
    double hottest = summary_percent(summary, summary->lines[summary->hottest_line].cpu);
    for (uint32_t i = 0; i < summary->hot_line_count && i < MOST_LINES; i++) {
        const struct summary_line *line = &summary->lines[summary->hot_lines[i]];
        text_out_string(out, "<tr>");
        html_put_share_cell(out, report, line->cpu, "");
        put_error_cell(out, report, line->cpu);
        put_samples_cell(out, line->cpu.samples);
        text_out_string(out, "<td class=\"split\">");
        html_put_bar(out, report, line, hottest);
        text_out_string(out, "</td><td class=\"name\">");
        html_put_function(out, summary->profile->functions[line->function].name);
        text_out_string(out, "</td><td class=\"name\">");
        html_put_place(out, report, summary->hot_lines[i]);
        text_out_string(out, "</td>");
        if (summary->tag_count > 0) {
            put_tag_cell(out, summary, line->tag);
        }
        text_out_string(out, "</tr>\n");
    }
    text_out_string(out, "</tbody></table></div>\n</section>\n");
}

static void put_declaration(struct text_out *out, const struct summary *summary,
                            const struct profile_function *function)
{
    if (!function->file) {
        text_out_html(out, summary->profile->modules[function->module].path);
        return;
    }
    text_out_html(out, summary_short_path(summary, function->file));
    if (function->line > 0) {
        text_out_format(out, ":%u", function->line);
    }
}

void html_put_functions(struct text_out *out, const struct html_report *report)
{
    const struct summary *summary = report->summary;
    text_out_string(
        out,
        "<section id=\"functions\" aria-labelledby=\"functions-title\">\n<h2 id=\"functions-title\">Functions</h2>\n"
        "<div class=\"body\">\n");
    if (summary->hot_function_count == 0) {
        text_out_string(out, summary->hottest_function == PROFILE_NONE
                                 ? "<p class=\"empty\">No samples.</p></div></section>\n"
                                 : "<p class=\"empty\">No function is listed.</p></div></section>\n");
        return;
    }
    text_out_string(out, "<table class=\"functions\"><thead><tr>");
    column(out, "n", "the program counter was in this function", "self %");
    column(out, "n wide", "half of the 95 % confidence interval of self, in percentage points", "±");
    column(out, "n", "the function was on the stack, counted once however often it recurs", "total %");
    column(out, "n", "samples of total", "samples");
    column(out, "", "", "function");
    column(out, "", "where the function is declared, or the module it is in", "declared at");
    text_out_string(out, "</tr></thead><tbody>\n");
    for (uint32_t i = 0; i < summary->hot_function_count && i < MOST_FUNCTIONS; i++) {
        const struct profile_function *function = &summary->profile->functions[summary->hot_functions[i]];
        const struct summary_function *cost = &summary->functions[summary->hot_functions[i]];
        text_out_string(out, "<tr>");
        html_put_share_cell(out, report, cost->self, "");
        put_error_cell(out, report, cost->self);
        html_put_share_cell(out, report, cost->total, "");
        put_samples_cell(out, cost->total.samples);
        text_out_string(out, "<td class=\"name\">");
        html_put_function(out, function->name);
        text_out_string(out, "</td><td class=\"name dim\">");
        put_declaration(out, summary, function);
        text_out_string(out, "</td></tr>\n");
    }
    text_out_string(out, "</tbody></table>");
    if (summary->hot_function_count > MOST_FUNCTIONS) {
        text_out_string(out, "<p class=\"more\">");
        html_put_count(out, summary->hot_function_count - MOST_FUNCTIONS);
        text_out_string(out, " more with fewer samples.</p>");
    }
    text_out_string(out, "</div>\n</section>\n");
}

void html_put_tags(struct text_out *out, const struct html_report *report)
{
    const struct summary *summary = report->summary;
    const struct profile *profile = summary->profile;
    text_out_string(out, "<section id=\"tags\" aria-labelledby=\"tags-title\">\n<h2 id=\"tags-title\">Tags</h2>\n");
    if (profile->static_tag_count > 0) {
        text_out_string(out, "<p class=\"static\">Every sample: ");
        for (uint32_t i = 0; i < profile->static_tag_count; i++) {
            text_out_string(out, i > 0 ? " " : "");
            html_put_tag(out, profile->static_tags[i].key, profile->static_tags[i].value);
        }
        text_out_string(out, "</p>\n");
    }
    text_out_string(out, "<div class=\"body\">\n");
    if (summary->tag_count == 0) {
        text_out_string(out, "<p class=\"empty\">The program sets no tags. With <code>hotline_tag(\"operation\", "
                             "name)</code> from hotline.h "
                             "the report tells what each operation costs.</p></div></section>\n");
        return;
    }
    text_out_string(out, "<table class=\"tags\"><thead><tr>");
    column(out, "", "", "tag");
    column(out, "n", "share of all CPU time", "CPU %");
    column(out, "n wide", "half of the 95 % confidence interval, in percentage points", "±");
    column(out, "n wide", "", "samples");
    column(out, "n", "seconds of CPU time", "CPU s");
    column(out, "", "the line that took most of the CPU time under this tag", "its hottest line");
    column(out, "n", "the line’s share of the CPU time under this tag", "of the tag %");
    text_out_string(out, "</tr></thead><tbody>\n");
    for (uint32_t i = 0; i < summary->tag_count && i < MOST_TAGS; i++) {
        const struct summary_tag *tag = &summary->tags[summary->hot_tags[i]];
        text_out_string(out, "<tr><td>");
        html_put_tag(out, tag->key, tag->value);
        text_out_string(out, "</td>");
        html_put_share_cell(out, report, tag->share, "");
        put_error_cell(out, report, tag->share);
        text_out_string(out, "<td class=\"n dim wide\">");
        html_put_count(out, tag->share.samples);
        text_out_string(out, "</td><td class=\"n\">");
        text_out_fixed(out, (double)tag->share.cpu_ns * 1e-9, 2);
        text_out_string(out, "</td><td class=\"name\">");
        if (tag->line != PROFILE_NONE) {
            html_put_function(out, profile->functions[summary->lines[tag->line].function].name);
            text_out_char(out, ' ');
            html_put_place(out, report, tag->line);
        }
        text_out_string(out, "</td><td class=\"n\">");
        html_put_percent(out,
                         tag->share.cpu_ns > 0 ? 100 * (double)tag->line_share.cpu_ns / (double)tag->share.cpu_ns : 0);
        text_out_string(out, "</td></tr>\n");
    }
    text_out_string(out, "</tbody></table></div>\n</section>\n");
}
