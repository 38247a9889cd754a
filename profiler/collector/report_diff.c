/* struct profile_diff -> text and JSON. See report_diff.h. */
#include "profiler/collector/report_diff.h"

#include "profiler/collector/findings.h"
#include "profiler/collector/output_file.h"
#include "profiler/collector/selection_text.h"
#include "profiler/collector/text_out.h"
#include "profiler/collector/version.h"

enum { NOISE_ROWS = 10, COLUMN_BYTES = 10, SIGNED_COLUMN_BYTES = 11 };

/* Right-aligned: "      1.23", with a sign "     +0.40". */
static void put_column(struct text_out *out, double value, unsigned decimals, bool sign, size_t width)
{
    struct text_out number;
    text_out_init(&number, NULL, NULL);
    text_out_string(&number, sign && value > 0 ? "+" : "");
    text_out_fixed(&number, value, decimals);
    for (size_t i = number.count; i < width; i++) {
        text_out_char(out, ' ');
    }
    text_out_bytes(out, number.bytes, number.count);
    out->failed |= number.failed;
    text_out_deinit(&number);
}

static double cost_of(const struct profile_diff *diff, const struct diff_row *row, enum diff_side side)
{
    return diff->normalized ? row->cost[side].percent : row->cost[side].seconds;
}

static void put_place(struct text_out *out, const struct profile_diff *diff, const struct diff_row *row)
{
    const struct profile *profile = diff->merged;
    findings_function_name(out, profile->functions[row->function].name);
    if (row->line == PROFILE_NONE) {
        return;
    }
    const struct summary_line *line = &diff->summary->lines[row->line];
    text_out_char(out, ' ');
    if (line->file == PROFILE_NONE) {
        text_out_string(out, "in ");
        text_out_plain(out, profile->modules[profile->functions[row->function].module].path);
    } else {
        text_out_plain(out, summary_short_path(diff->summary, profile->files[line->file].path));
        if (line->line > 0) {
            text_out_format(out, ":%u", line->line);
        }
    }
}

static const char *kind_of(const struct diff_row *row)
{
    return row->cost[DIFF_BEFORE].samples == 0 ? "new" : row->cost[DIFF_AFTER].samples == 0 ? "gone" : "changed";
}

static void put_row(struct text_out *out, const struct profile_diff *diff, const struct diff_row *row)
{
    unsigned decimals = diff->normalized ? 1 : 2;
    put_column(out, cost_of(diff, row, DIFF_BEFORE), decimals, false, COLUMN_BYTES);
    put_column(out, cost_of(diff, row, DIFF_AFTER), decimals, false, COLUMN_BYTES);
    put_column(out, row->change, decimals, true, SIGNED_COLUMN_BYTES);
    if (row->judged) {
        put_column(out, (row->high - row->low) / 2, decimals, false, COLUMN_BYTES);
    } else {
        text_out_string(out, "         -");
    }
    text_out_string(out, "  ");
    put_place(out, diff, row);
    const char *kind = kind_of(row);
    text_out_format(out, "%s%s\n", kind[0] == 'c' ? "" : "  ", kind[0] == 'c' ? "" : kind);
}

static void put_rows(struct text_out *out, const struct profile_diff *diff, const char *what, const struct diff_row *rows, uint32_t count,
                     uint32_t significant)
{
    if (count == 0) {
        return;
    }
    text_out_format(out, "\n    before     after     change    +- 95%%  %s", what);
    text_out_string(out, diff->normalized ? ", percent of the run's CPU time\n" : ", CPU seconds\n");
    for (uint32_t i = 0; i < significant; i++) {
        put_row(out, diff, &rows[i]);
    }
    uint32_t shown = count - significant < NOISE_ROWS ? count : significant + NOISE_ROWS;
    if (shown > significant) {
        text_out_string(out, diff->unjudged ? "  not judged:\n" : "  no more than chance:\n");
    }
    for (uint32_t i = significant; i < shown; i++) {
        put_row(out, diff, &rows[i]);
    }
    if (shown < count) {
        text_out_format(out, "  and %u more\n", count - shown);
    }
}

static void put_side(struct text_out *out, const struct report_diff *report, enum diff_side side)
{
    const struct diff_cost *total = &report->diff->total[side];
    text_out_string(out, side == DIFF_BEFORE ? "before  " : "after   ");
    put_column(out, total->seconds, 2, false, COLUMN_BYTES);
    text_out_format(out, " CPU s  %llu samples  ", (unsigned long long)total->samples);
    text_out_plain(out, report->names[side]);
    text_out_char(out, '\n');
}

static void put_verdict(struct text_out *out, const struct profile_diff *diff)
{
    if (diff->unjudged) {
        text_out_string(out, "No verdict: ");
        text_out_string(out, diff->unjudged);
    } else if (diff->significant_functions + diff->significant_lines == 0) {
        text_out_format(out, "No difference that is more than chance, in %u functions and lines", diff->compared);
    } else {
        text_out_format(out, "%u functions and %u lines differ by more than chance, of %u functions and lines", diff->significant_functions,
                        diff->significant_lines, diff->compared);
    }
    text_out_string(out, ".\n");
    if (diff->other_build) {
        text_out_string(out, "note: the program was built anew in between: its lines may have moved.\n");
    }
}

static void write_text(struct text_out *out, const void *context)
{
    const struct report_diff *report = context;
    const struct profile_diff *diff = report->diff;
    put_side(out, report, DIFF_BEFORE);
    put_side(out, report, DIFF_AFTER);
    put_verdict(out, diff);
    put_rows(out, diff, "function", diff->functions, diff->function_count, diff->significant_functions);
    put_rows(out, diff, "line", diff->lines, diff->line_count, diff->significant_lines);
}

bool report_diff_text_write(const struct report_diff *report, const char *path, char *error, size_t error_bytes)
{
    return output_file_write(path, write_text, report, error, error_bytes);
}

static void put_cost(struct text_out *out, const char *key, const struct diff_cost *cost)
{
    text_out_format(out, ",\"%s\":{\"cpu_s\":", key);
    text_out_fixed(out, cost->seconds, 6);
    text_out_string(out, ",\"percent\":");
    text_out_fixed(out, cost->percent, 6);
    text_out_format(out, ",\"samples\":%llu}", (unsigned long long)cost->samples);
}

static void put_bound(struct text_out *out, const char *key, const struct diff_row *row, double value)
{
    text_out_format(out, ",\"%s\":", key);
    if (row->judged) {
        text_out_fixed(out, value, 6);
    } else {
        text_out_string(out, "null");
    }
}

static void put_change(struct text_out *out, const struct diff_row *row)
{
    put_cost(out, "before", &row->cost[DIFF_BEFORE]);
    put_cost(out, "after", &row->cost[DIFF_AFTER]);
    text_out_string(out, ",\"change\":");
    text_out_fixed(out, row->change, 6);
    put_bound(out, "low", row, row->low);
    put_bound(out, "high", row, row->high);
    text_out_format(out, ",\"significant\":%s,\"kind\":\"%s\"}", row->significant ? "true" : "false", kind_of(row));
}

static void put_function(struct text_out *out, const struct profile_diff *diff, const struct diff_row *row)
{
    const struct profile_function *function = &diff->merged->functions[row->function];
    text_out_string(out, "{\"name\":");
    text_out_json(out, function->name);
    text_out_string(out, ",\"file\":");
    text_out_json(out, function->file);
    text_out_string(out, ",\"module\":");
    text_out_json(out, diff->merged->modules[function->module].path);
    put_change(out, row);
}

static void put_line(struct text_out *out, const struct profile_diff *diff, const struct diff_row *row)
{
    const struct summary_line *line = &diff->summary->lines[row->line];
    text_out_string(out, "{\"file\":");
    text_out_json(out, line->file == PROFILE_NONE ? NULL : diff->merged->files[line->file].path);
    text_out_format(out, ",\"line\":%u,\"function\":", line->line);
    text_out_json(out, diff->merged->functions[row->function].name);
    put_change(out, row);
}

static void put_json_side(struct text_out *out, const struct report_diff *report, enum diff_side side)
{
    const struct diff_cost *total = &report->diff->total[side];
    text_out_string(out, side == DIFF_BEFORE ? ",\"before\":{\"name\":" : ",\"after\":{\"name\":");
    text_out_json(out, report->names[side]);
    text_out_string(out, ",\"program\":");
    text_out_json(out, report->diff->parts[side].program);
    text_out_string(out, ",\"selection\":");
    selection_json(out, &report->diff->parts[side]);
    text_out_string(out, ",\"cpu_s\":");
    text_out_fixed(out, total->seconds, 6);
    text_out_format(out, ",\"samples\":%llu}", (unsigned long long)total->samples);
}

static void write_json(struct text_out *out, const void *context)
{
    const struct report_diff *report = context;
    const struct profile_diff *diff = report->diff;
    const struct diff_row *worst;
    text_out_string(out, "{\"hotline\":");
    text_out_json(out, HOTLINE_VERSION);
    text_out_format(out, ",\"normalized\":%s,\"other_build\":%s,\"unjudged\":", diff->normalized ? "true" : "false",
                    diff->other_build ? "true" : "false");
    text_out_json(out, diff->unjudged);
    put_json_side(out, report, DIFF_BEFORE);
    put_json_side(out, report, DIFF_AFTER);
    text_out_format(out, ",\"compared\":%u,\"worst_percent\":", diff->compared);
    text_out_fixed(out, profile_diff_worst_percent(diff, &worst), 6);
    text_out_string(out, ",\"functions\":[");
    for (uint32_t i = 0; i < diff->function_count; i++) {
        text_out_string(out, i > 0 ? ",\n" : "\n");
        put_function(out, diff, &diff->functions[i]);
    }
    text_out_string(out, "],\n\"lines\":[");
    for (uint32_t i = 0; i < diff->line_count; i++) {
        text_out_string(out, i > 0 ? ",\n" : "\n");
        put_line(out, diff, &diff->lines[i]);
    }
    text_out_string(out, "]}\n");
}

bool report_diff_json_write(const struct report_diff *report, const char *path, char *error, size_t error_bytes)
{
    return output_file_write(path, write_json, report, error, error_bytes);
}
