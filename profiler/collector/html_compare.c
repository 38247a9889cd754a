/* What changed between the two profiles of `hotline diff`: the sentence, and tables of functions and lines, significant ones first. Words
 * and columns are those of the script (assets/compare_words.js, compare_tables.js). */
#include <math.h>

#include "profiler/collector/html_parts.h"
#include "profiler/collector/profile_diff.h"

enum { MOST_ROWS = 25 };

static const char *verdict_of(const struct diff_row *row)
{
    return !row->judged                          ? "too few samples"
           : !row->significant                   ? "within noise"
           : row->cost[DIFF_BEFORE].samples == 0 ? "new"
           : row->cost[DIFF_AFTER].samples == 0  ? "gone"
           : row->change > 0                     ? "more"
                                                 : "less";
}

static void put_signed(struct text_out *out, double value, bool normalized)
{
    double least = normalized ? 0.05 : 0.005;
    text_out_string(out, value >= least ? "+" : value <= -least ? "\u2212" : "");
    text_out_fixed(out, fabs(value), normalized ? 1 : 2);
}

static void put_cost(struct text_out *out, const struct profile_diff *diff, const struct diff_row *row, enum diff_side side)
{
    const struct diff_cost *cost = &row->cost[side];
    text_out_string(out, "<td class=\"n\" title=\"");
    html_put_count(out, cost->samples);
    text_out_string(out, " of ");
    html_put_count(out, diff->total[side].samples);
    text_out_string(out, " samples, ");
    text_out_fixed(out, cost->seconds, 2);
    text_out_string(out, " s\">");
    if (!diff->normalized) {
        text_out_fixed(out, cost->seconds, 2);
    } else if (cost->percent > 0) {
        html_put_percent(out, cost->percent);
    } else {
        text_out_char(out, '0');
    }
    text_out_string(out, "</td>");
}

/* The hottest line of a function on both sides; PROFILE_NONE: none of its lines decided anything. */
static uint32_t hottest_line(const struct profile_diff *diff, uint32_t function)
{
    uint32_t best = PROFILE_NONE;
    double most = 0;
    for (uint32_t i = 0; i < diff->line_count; i++) {
        const struct diff_row *row = &diff->lines[i];
        double seconds = row->cost[DIFF_BEFORE].seconds + row->cost[DIFF_AFTER].seconds;
        if (row->function == function && seconds > most) {
            most = seconds;
            best = row->line;
        }
    }
    return best;
}

static void put_row(struct text_out *out, const struct html_report *report, const struct profile_diff *diff, const struct diff_row *row)
{
    text_out_string(out, "<tr>");
    put_cost(out, diff, row, DIFF_BEFORE);
    put_cost(out, diff, row, DIFF_AFTER);
    text_out_string(out, "<td class=\"n change\">");
    put_signed(out, row->change, diff->normalized);
    text_out_string(out, "</td><td class=\"n dim\">");
    if (row->judged) {
        text_out_fixed(out, (row->high - row->low) / 2, diff->normalized ? 1 : 2);
    }
    text_out_format(out, "</td><td class=\"verdict\">%s</td><td class=\"name\">", verdict_of(row));
    html_put_function(out, diff->merged->functions[row->function].name);
    text_out_string(out, "</td><td class=\"name\">");
    uint32_t line = row->line == PROFILE_NONE ? hottest_line(diff, row->function) : row->line;
    if (line != PROFILE_NONE) {
        html_put_place(out, report, line);
    }
    text_out_string(out, "</td></tr>\n");
}

static void put_rows(struct text_out *out, const struct html_report *report, const struct profile_diff *diff, bool of_lines)
{
    const struct diff_row *rows = of_lines ? diff->lines : diff->functions;
    uint32_t count = of_lines ? diff->line_count : diff->function_count, shown = 0;
    const char *unit = diff->normalized ? "%" : "s";
    text_out_format(out,
                    "<div id=\"compare-%s\"><h3 class=\"compare-title\">%s</h3><div class=\"body\"><table><thead><tr><th scope=\"col\" class=\"n\">A %s</th>"
                    "<th scope=\"col\" class=\"n\">B %s</th><th scope=\"col\" class=\"n\">change</th>"
                    "<th scope=\"col\" class=\"n\" title=\"half of the change’s 95 %% interval, all rows together\">± 95 %%</th>"
                    "<th scope=\"col\">verdict</th><th scope=\"col\">function</th><th scope=\"col\">%s</th></tr></thead><tbody>\n",
                    of_lines ? "lines" : "functions", of_lines ? "Lines" : "Functions", unit, unit, of_lines ? "line" : "its hottest line");
    for (uint32_t i = 0; i < count && shown < MOST_ROWS; i++) {
        if (!diff->merged->functions[rows[i].function].left_out) {
            put_row(out, report, diff, &rows[i]);
            shown++;
        }
    }
    text_out_string(out, "</tbody></table></div></div>\n");
}

/* "12.3 points more in denoise_row()" */
static void put_change_words(struct text_out *out, const struct profile_diff *diff, const struct html_report *report, const struct diff_row *row)
{
    text_out_format(out, "<strong class=\"%s\">", row->change > 0 ? "rise" : "fall");
    text_out_fixed(out, fabs(row->change), diff->normalized ? 1 : 2);
    text_out_format(out, "\u00a0%s %s</strong> in ", diff->normalized ? "points" : "s", row->change > 0 ? "more" : "less");
    html_put_function(out, diff->merged->functions[row->function].name);
    if (row->line != PROFILE_NONE) {
        text_out_string(out, " at ");
        html_put_place(out, report, row->line);
    }
}

static void put_number_of(struct text_out *out, uint32_t count, const char *what)
{
    html_put_count(out, count);
    text_out_format(out, " %s%s", what, count == 1 ? "" : "s");
}

static void put_differences(struct text_out *out, const struct html_report *report, const struct profile_diff *diff)
{
    uint32_t functions = diff->significant_functions, lines = diff->significant_lines;
    const struct diff_row *rows = functions > 0 ? diff->functions : diff->lines, *other = NULL;
    for (uint32_t i = functions > 0 ? functions : lines; i > 0; i--) {
        other = (rows[i - 1].change > 0) != (rows[0].change > 0) ? &rows[i - 1] : other;
    }
    text_out_string(out, "B spends ");
    put_change_words(out, diff, report, &rows[0]);
    if (other) {
        text_out_string(out, " and ");
        put_change_words(out, diff, report, other);
    }
    text_out_string(out, "; ");
    if (functions > 0) {
        put_number_of(out, functions, "function");
        text_out_string(out, lines > 0 ? " and " : "");
    }
    if (lines > 0) {
        put_number_of(out, lines, "line");
    }
    text_out_format(out, " %s significantly, the rest is within noise", functions + lines == 1 ? "differs" : "differ");
}

static void put_headline(struct text_out *out, const struct html_report *report, const struct profile_diff *diff)
{
    text_out_string(out, "<p class=\"compare-headline\">");
    if (diff->unjudged) {
        text_out_format(out, "No verdict: %s", diff->unjudged);
    } else if (diff->significant_functions + diff->significant_lines == 0) {
        text_out_string(out, "No difference that is more than chance, in ");
        put_number_of(out, diff->compared, "function");
        text_out_string(out, " and lines");
    } else {
        put_differences(out, report, diff);
    }
    text_out_string(out, ".</p>\n");
}

static void put_side(struct text_out *out, const struct profile_diff *diff, enum diff_side side, const char *letter)
{
    text_out_format(out, "<p class=\"dim\"><b>%s</b>, %s: ", letter, side == DIFF_BEFORE ? "before" : "after");
    if (diff->merged->compare_names[side]) {
        text_out_html(out, diff->merged->compare_names[side]);
        text_out_string(out, ", ");
    }
    text_out_fixed(out, diff->total[side].seconds, 2);
    text_out_string(out, " s of CPU time, ");
    html_put_count(out, diff->total[side].samples);
    text_out_string(out, " samples</p>\n");
}

void html_put_compare(struct text_out *out, const struct html_report *report)
{
    if (!report->summary->profile->compare_key) {
        return;
    }
    struct profile_diff *diff = profile_diff_of_merged(report->summary);
    text_out_string(out, "<section id=\"compare\" aria-labelledby=\"compare-title\">\n<h2 id=\"compare-title\">Compare</h2>\n");
    put_headline(out, report, diff);
    put_side(out, diff, DIFF_BEFORE, "A");
    put_side(out, diff, DIFF_AFTER, "B");
    if (diff->other_build) {
        text_out_string(out, "<p class=\"dim\">The program was built anew between the two runs: its lines may have moved.</p>\n");
    }
    put_rows(out, report, diff, false);
    put_rows(out, report, diff, true);
    text_out_string(out, "<p class=\"dim\">What follows is of both runs together.</p>\n");
    text_out_string(out, "</section>\n");
    profile_diff_destroy(diff);
}
