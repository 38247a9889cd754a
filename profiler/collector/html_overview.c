/* The top of the report: the headline, how the CPU time splits, warnings, and the facts about the measurement. */
#include "profiler/collector/html_parts.h"

void html_put_strong_percent(struct text_out *out, double percent)
{
    text_out_string(out, "<strong>");
    if (percent > 0 && percent < 0.05) {
        text_out_string(out, "less than 0.1");
    } else {
        text_out_fixed(out, percent, percent < 9.95 ? 1 : 0);
    }
    text_out_string(out, "\u00a0%</strong>");
}

void html_put_base_place(struct text_out *out, const struct html_report *report, uint32_t index)
{
    const struct summary_line *line = &report->summary->lines[index];
    if (line->file == PROFILE_NONE) {
        text_out_string(out, "at an unknown line");
        return;
    }
    const char *name = findings_base_name(report->summary->profile->files[line->file].path);
    if (line->line == 0) {
        text_out_html(out, name);
        return;
    }
    bool link = html_has_row(report, index);
    if (link) {
        text_out_format(out, "<a href=\"#F%uL%u\">", line->file, line->line);
    }
    text_out_html(out, name);
    text_out_format(out, link ? ":%u</a>" : ":%u", line->line);
}

/* The words are those of findings_headline_text(). */
static void put_headline(struct text_out *out, const struct html_report *report)
{
    const struct headline *headline = &report->headline;
    const struct summary *summary = report->summary;
    text_out_string(out, "<h1 id=\"headline\">");
    if (headline->kind == HEADLINE_NOTHING) {
        text_out_string(out, "No samples: the program used no CPU time while hotline was on</h1>");
        return;
    }
    if (headline->kind == HEADLINE_FLAT) {
        text_out_string(out, "No line stands out: the hottest takes ");
    }
    html_put_strong_percent(out, summary_percent(summary, headline->share));
    if (headline->kind == HEADLINE_OUTSIDE) {
        text_out_string(out, " of CPU outside the program’s own code");
        if (headline->function != PROFILE_NONE) {
            text_out_string(out, ", most in ");
            html_put_function(out, summary->profile->functions[headline->function].name);
        }
        text_out_string(out, "</h1>");
        return;
    }
    text_out_string(out, " of CPU in ");
    html_put_function(out, summary->profile->functions[headline->function].name);
    text_out_string(out, headline->kind == HEADLINE_FUNCTION ? ", spread over its lines, the hottest " : ", ");
    html_put_base_place(out, report, headline->line);
    if (headline->tag != PROFILE_NONE) {
        text_out_string(out, ", while ");
        html_put_tag(out, summary->tags[headline->tag].key, summary->tags[headline->tag].value);
    }
    text_out_string(out, "</h1>");
}

/* "± 2.7 points, from 1 234 samples of 12.3 s CPU time" */
static void put_certainty(struct text_out *out, const struct html_report *report)
{
    const struct summary *summary = report->summary;
    text_out_string(out, "<p id=\"certainty\">");
    if (summary->all.samples > 0) {
        text_out_string(out, "± ");
        text_out_fixed(out, summary_error_percent(summary, report->headline.share), 1);
        text_out_string(out, " points (95 % interval): ");
        html_put_count(out, report->headline.share.samples);
        text_out_string(out, " of ");
        html_put_count(out, summary->all.samples);
        text_out_string(out, " samples, which stand for ");
        text_out_fixed(out, (double)summary->all.cpu_ns / 1e9, 2);
        text_out_string(out, " s of CPU time.");
    }
    text_out_string(out, "</p>");
}

struct split_part {
    const char *class, *label, *explanation;
    struct summary_share share;
};

/* Beside CPU time, where waiting was sampled: how all threads' time splits. "9.6 s blocked" */
static void put_blocked(struct text_out *out, const struct html_report *report)
{
    double cpu_s = (double)report->summary->all.cpu_ns / 1e9, wait_s = report->waits ? (double)report->waits->summary->all.cpu_ns / 1e9 : 0;
    if (wait_s <= 0) {
        return;
    }
    text_out_string(out, "<svg class=\"bar\" aria-hidden=\"true\">");
    double at = html_put_segment(out, "run", 0, 100 * cpu_s / (cpu_s + wait_s));
    html_put_segment(out, "wait", at, 100 - at);
    text_out_string(out, "</svg><ul><li title=\"all threads together\"><i class=\"run\"></i>on a CPU <b>");
    text_out_fixed(out, cpu_s, 1);
    text_out_string(out, "\u00a0s</b></li><li title=\"all threads together\"><i class=\"wait\"></i>blocked <b>");
    text_out_fixed(out, wait_s, 1);
    text_out_string(out, "\u00a0s</b></li></ul>");
}

static void put_split(struct text_out *out, const struct html_report *report)
{
    const struct summary *summary = report->summary;
    const struct split_part parts[] = {
        {"own", "own code", "the program counter was in the program’s own code", summary->own_code},
        {"lib", "libraries", "in a library that own code had called", summary->library},
        {"sys", "kernel", "in a system call that own code had made", summary->system},
        {"out", "elsewhere", "on a stack without own code", summary->outside},
    };
    text_out_string(out, "<div id=\"split\">");
    if (summary->all.samples > 0) {
        text_out_string(out, "<svg class=\"bar\" aria-hidden=\"true\">");
        double at = 0;
        for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
            at = html_put_segment(out, parts[i].class, at, summary_percent(summary, parts[i].share));
        }
        text_out_string(out, "</svg><ul>");
        for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
            if (parts[i].share.samples > 0) {
                text_out_format(out, "<li title=\"%s\"><i class=\"%s\"></i>%s <b>", parts[i].explanation,
                                parts[i].class, parts[i].label);
                html_put_percent(out, summary_percent(summary, parts[i].share));
                text_out_string(out, "\u00a0%</b></li>");
            }
        }
        text_out_string(out, "</ul>");
    }
    put_blocked(out, report);
    text_out_string(out, "</div>");
}

static void put_warnings(struct text_out *out, const struct html_report *report)
{
    const struct warnings *warnings = &report->warnings;
    if (warnings->count == 0) {
        return;
    }
    text_out_string(out, "<ul id=\"warnings\" aria-label=\"Warnings\">");
    for (uint32_t i = 0; i < warnings->count; i++) {
        bool serious = warnings->items[i].severity == SEVERITY_WARNING;
        text_out_format(out, "<li class=\"%s\"><b>%s</b> ", serious ? "warning" : "note", serious ? "Warning" : "Note");
        text_out_html(out, warnings->items[i].text);
        if (warnings->items[i].cure) {
            text_out_string(out, " <em>");
            text_out_html(out, warnings->items[i].cure);
            text_out_string(out, "</em>");
        }
        text_out_string(out, "</li>");
    }
    text_out_string(out, "</ul>");
}

void html_put_overview(struct text_out *out, const struct html_report *report)
{
    text_out_string(out, "<section id=\"overview\" aria-label=\"Overview\">\n");
    put_headline(out, report);
    text_out_char(out, '\n');
    put_certainty(out, report);
    text_out_char(out, '\n');
    put_split(out, report);
    text_out_char(out, '\n');
    html_put_findings(out, report);
    put_warnings(out, report);
    text_out_string(out, "</section>\n");
}
