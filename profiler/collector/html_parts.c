/* Numbers and names -> small pieces of markup. See html_parts.h. */
#include "profiler/collector/html_parts.h"

#include <math.h>
#include <string.h>

#define NARROW_SPACE "\u202f"

void html_put_percent(struct text_out *out, double percent)
{
    if (percent > 0 && percent < 0.05) {
        text_out_string(out, "&lt;0.1");
    } else if (percent > 0) {
        text_out_fixed(out, percent, 1);
    }
}

void html_put_count(struct text_out *out, uint64_t count)
{
    if (count >= 1000) {
        html_put_count(out, count / 1000);
        text_out_format(out, NARROW_SPACE "%03u", (unsigned)(count % 1000));
    } else {
        text_out_unsigned(out, count);
    }
}

void html_put_function(struct text_out *out, const char *name)
{
    text_out_string(out, "<code>");
    text_out_html(out, name);
    text_out_string(out, strchr(name, '(') || strstr(name, "+0x") ? "</code>" : "()</code>");
}

bool html_has_row(const struct html_report *report, uint32_t index)
{
    const struct summary_line *line = &report->summary->lines[index];
    for (uint32_t i = 0; i < report->sources->count && i < HTML_SOURCE_FILES; i++) {
        if (report->sources->files[i].file == line->file) {
            return line->line > 0 && summary_lists_line(report->summary, line);
        }
    }
    return false;
}

void html_put_place(struct text_out *out, const struct html_report *report, uint32_t index)
{
    const struct summary_line *line = &report->summary->lines[index];
    const struct profile *profile = report->summary->profile;
    if (line->file == PROFILE_NONE) {
        text_out_string(out, "<span class=\"place\">");
        text_out_html(out, profile->modules[profile->functions[line->function].module].path);
        text_out_string(out, "</span>");
        return;
    }
    bool link = html_has_row(report, index);
    if (link) {
        text_out_format(out, "<a class=\"place\" href=\"#F%uL%u\">", line->file, line->line);
    } else {
        text_out_string(out, "<span class=\"place\">");
    }
    text_out_html(out, summary_short_path(report->summary, profile->files[line->file].path));
    if (line->line > 0) {
        text_out_format(out, ":%u", line->line);
    }
    text_out_string(out, link ? "</a>" : "</span>");
}

void html_put_tag(struct text_out *out, const char *key, const char *value)
{
    text_out_string(out, "<span class=\"tag\"><bdi>");
    text_out_html(out, key);
    text_out_string(out, "</bdi> = <bdi>");
    text_out_html(out, value);
    text_out_string(out, "</bdi></span>");
}

void html_put_share_cell(struct text_out *out, const struct html_report *report, struct summary_share share,
                         const char *class)
{
    text_out_format(out, "<td class=\"n%s%s\"", class[0] ? " " : "", class);
    if (share.samples > 0) {
        text_out_string(out, " title=\"");
        html_put_count(out, share.samples);
        text_out_string(out, " of ");
        html_put_count(out, report->summary->all.samples);
        text_out_string(out, " samples, ± ");
        text_out_fixed(out, summary_error_percent(report->summary, share), 1);
        text_out_char(out, '"');
    }
    text_out_char(out, '>');
    html_put_percent(out, summary_percent(report->summary, share));
    text_out_string(out, "</td>");
}

double html_put_segment(struct text_out *out, const char *class, double from, double width)
{
    if (width > 0) {
        text_out_format(out, "<rect class=\"%s\" height=\"100%%\" x=\"", class);
        text_out_fixed(out, from, 2);
        text_out_string(out, "%\" width=\"");
        text_out_fixed(out, width, 2);
        text_out_string(out, "%\"/>");
    }
    return from + width;
}

void html_put_bar(struct text_out *out, const struct html_report *report, const struct summary_line *line, double scale)
{
    const struct summary *summary = report->summary;
    double stretch = scale > 0 ? 100 / scale : 0;
    text_out_string(out, "<svg class=\"bar\" aria-hidden=\"true\">");
    double at = html_put_segment(out, "own", 0, stretch * summary_percent(summary, line->own_code));
    at = html_put_segment(out, "lib", at, stretch * summary_percent(summary, line->library));
    html_put_segment(out, "sys", at, stretch * summary_percent(summary, line->system));
    text_out_string(out, "</svg>");
}

unsigned html_heat(const struct summary *summary, uint64_t cpu_ns)
{
    static const double LEAST_HOT = 0.05;
    if (cpu_ns == 0) {
        return 0;
    }
    double hottest = (double)summary->lines[summary->hottest_line].cpu.cpu_ns,
           floor_ns = LEAST_HOT * (double)summary->all.cpu_ns;
    /* The square root spreads the many small shares over the ramp; the numbers beside it stay the truth. */
    return (unsigned)ceil(HTML_HEAT_STEPS * sqrt((double)cpu_ns / fmax(hottest, floor_ns)));
}
