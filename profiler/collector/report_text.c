/* struct summary -> plain text. See report_text.h. */
#include "profiler/collector/report_text.h"

#include <stdio.h>

#include "profiler/collector/findings.h"
#include "profiler/collector/output_file.h"
#include "profiler/collector/request_summary.h"
#include "profiler/collector/selection_text.h"
#include "profiler/collector/text_out.h"
#include "profiler/collector/wait_summary.h"

enum { LAST_LINES = 3, HOT_LINES = 20, HOT_FUNCTIONS = 20, SLOW_REQUESTS = 10, HOT_SETS = 10 };

/* "  62.1 %": aligned up to 100.0. */
static void put_percent(struct text_out *out, double percent)
{
    text_out_string(out, percent < 9.95 ? "   " : percent < 99.95 ? "  " : " ");
    text_out_fixed(out, percent, 1);
    text_out_string(out, " %");
}

static void put_line(struct text_out *out, const struct summary *summary, const struct summary_line *line)
{
    const struct profile *profile = summary->profile;
    text_out_string(out, "  ");
    findings_function_name(out, profile->functions[line->function].name);
    text_out_char(out, ' ');
    if (line->file == PROFILE_NONE) {
        text_out_string(out, "in ");
        text_out_plain(out, profile->modules[profile->functions[line->function].module].path);
    } else {
        text_out_plain(out, summary_short_path(summary, profile->files[line->file].path));
        if (line->line > 0) {
            text_out_format(out, ":%u", line->line);
        }
    }
    if (line->tag != PROFILE_NONE) {
        text_out_string(out, "  ");
        text_out_plain(out, summary->tags[line->tag].key);
        text_out_char(out, '=');
        text_out_plain(out, summary->tags[line->tag].value);
    }
    text_out_char(out, '\n');
}

static void put_lines(struct text_out *out, const struct summary *summary, uint32_t most)
{
    for (uint32_t i = 0; i < summary->hot_line_count && i < most; i++) {
        const struct summary_line *line = &summary->lines[summary->hot_lines[i]];
        put_percent(out, summary_percent(summary, line->cpu));
        put_line(out, summary, line);
    }
}

static void put_functions(struct text_out *out, const struct summary *summary)
{
    text_out_string(out, "\n   self    total  function\n");
    for (uint32_t i = 0; i < summary->hot_function_count && i < HOT_FUNCTIONS; i++) {
        const struct summary_function *function = &summary->functions[summary->hot_functions[i]];
        put_percent(out, summary_percent(summary, function->self));
        put_percent(out, summary_percent(summary, function->total));
        text_out_string(out, "  ");
        findings_function_name(out, summary->profile->functions[summary->hot_functions[i]].name);
        text_out_char(out, '\n');
    }
}

static void put_tags(struct text_out *out, const struct summary *summary)
{
    text_out_string(out, summary->tag_count > 0 ? "\n    cpu   tag\n" : "");
    for (uint32_t i = 0; i < summary->tag_count; i++) {
        const struct summary_tag *tag = &summary->tags[summary->hot_tags[i]];
        if (tag->share.samples == 0) { /* of spans only */
            continue;
        }
        put_percent(out, summary_percent(summary, tag->share));
        text_out_string(out, "  ");
        text_out_plain(out, tag->key);
        text_out_char(out, '=');
        text_out_plain(out, tag->value);
        text_out_char(out, '\n');
    }
}

/* "  38.5 %    4.00 s  usleep() called by worker() queue.c:88" */
static void put_waits(struct text_out *out, const struct profile *profile)
{
    struct wait_summary *waits = wait_summary_create(profile);
    text_out_string(out, waits ? "\n   wait              blocked in, called by\n" : "");
    for (uint32_t i = 0; waits && i < waits->row_count && i < HOT_LINES; i++) {
        const struct wait_row *row = &waits->rows[i];
        char called[WAIT_CALL_BYTES];
        wait_call_name(profile->functions[row->function].name, called);
        put_percent(out, summary_percent(waits->summary, row->share));
        double seconds = (double)row->share.cpu_ns * 1e-9;
        text_out_string(out, seconds < 9.995 ? "      " : seconds < 99.995 ? "     " : "    ");
        text_out_fixed(out, seconds, 2);
        text_out_string(out, " s  ");
        findings_function_name(out, called);
        if (row->line != PROFILE_NONE) {
            put_line(out, waits->summary, &waits->summary->lines[row->line]);
        } else {
            text_out_char(out, '\n');
        }
    }
    for (uint32_t i = 0; waits && i < waits->lock_count && i < HOT_LINES; i++) {
        text_out_string(out, i == 0 ? "\ncontended locks:\n  " : "  ");
        if (waits->locks[i].name) {
            text_out_plain(out, waits->locks[i].name);
        } else {
            text_out_format(out, "0x%llx", (unsigned long long)waits->locks[i].address);
        }
        text_out_string(out, "  ");
        text_out_fixed(out, (double)waits->locks[i].share.cpu_ns * 1e-9, 2);
        text_out_string(out, " s");
        if (waits->locks[i].worst.line != PROFILE_NONE) {
            put_line(out, waits->summary, &waits->summary->lines[waits->locks[i].worst.line]);
        } else {
            text_out_char(out, '\n');
        }
    }
    wait_summary_destroy(waits);
}

static void put_ms(struct text_out *out, uint64_t ns)
{
    double ms = (double)ns * 1e-6;
    for (double limit = 99999.95; ms < limit && limit > 9; limit /= 10) {
        text_out_char(out, ' ');
    }
    text_out_fixed(out, ms, 1);
}

static void put_set(struct text_out *out, const struct profile_tag_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        text_out_char(out, ' ');
        text_out_plain(out, set->tags[i].key);
        text_out_char(out, '=');
        text_out_plain(out, set->tags[i].value);
    }
    text_out_char(out, '\n');
}

/* "   1234.5   1200.1  POST /process 4f2a..  operation=blur" */
static void put_request(struct text_out *out, const struct request_summary *requests, uint32_t index)
{
    const struct profile_span *span = &requests->profile->spans[index];
    put_ms(out, span->wall_ns);
    put_ms(out, requests->costs[index].cpu_ns);
    text_out_string(out, "  ");
    text_out_plain(out, span->method && span->path ? span->method : span->name);
    if (span->method && span->path) {
        text_out_char(out, ' ');
        text_out_plain(out, span->path);
    }
    if (span->request_id) {
        text_out_char(out, ' ');
        text_out_plain(out, span->request_id);
    }
    text_out_string(out, span->running ? " (running)" : "");
    put_set(out, &requests->profile->tag_sets[span->tag_set]);
}

static void put_requests(struct text_out *out, const struct profile *profile)
{
    struct request_summary *requests = request_summary_create(profile);
    if (!requests) {
        return;
    }
    text_out_string(out, "\n  requests      p50 ms    p95 ms    p99 ms    max ms\n");
    for (uint32_t i = 0; i < requests->set_count && i < HOT_SETS; i++) {
        const struct request_row *row = &requests->sets[i];
        text_out_format(out, "%10llu  ", (unsigned long long)row->count);
        put_ms(out, row->p50_ns);
        put_ms(out, row->p95_ns);
        put_ms(out, row->p99_ns);
        put_ms(out, row->max_ns);
        text_out_string(out, "  ");
        text_out_plain(out, row->name);
        put_set(out, &profile->tag_sets[row->tag_set]);
    }
    text_out_string(out, requests->slowest_count ? "\n   wall ms    cpu ms  the slowest requests\n" : "");
    for (uint32_t i = 0; i < requests->slowest_count && i < SLOW_REQUESTS; i++) {
        put_request(out, requests, requests->slowest[i]);
    }
    request_summary_destroy(requests);
}

void report_text_text(struct text_out *out, const struct summary *summary)
{
    selection_text(out, summary->profile);
    text_out_string(out, summary->profile->selection ? ".\n" : "");
    findings_headline_text(out, summary);
    text_out_string(out, ".\n");
    struct warnings warnings;
    warnings_find(summary, &warnings);
    for (uint32_t i = 0; i < warnings.count; i++) {
        text_out_format(out, "%s ", warnings.items[i].severity == SEVERITY_WARNING ? "warning:" : "note:");
        text_out_string(out, warnings.items[i].text);
        text_out_string(out, warnings.items[i].cure ? " " : "");
        text_out_string(out, warnings.items[i].cure ? warnings.items[i].cure : "");
        text_out_char(out, '\n');
    }
    warnings_deinit(&warnings);
    text_out_string(out, "\n    cpu   line\n");
    put_lines(out, summary, HOT_LINES);
    put_functions(out, summary);
    put_tags(out, summary);
    put_waits(out, summary->profile);
    put_requests(out, summary->profile);
}

static void write_text(struct text_out *out, const void *context)
{
    report_text_text(out, context);
}

bool report_text_write(const struct profile *profile, const char *path, char *error, size_t error_bytes)
{
    struct summary *summary = summary_create(profile, NULL);
    if (!summary) {
        snprintf(error, error_bytes, "cannot write %s: out of memory", path);
        return false;
    }
    bool written = output_file_write(path, write_text, summary, error, error_bytes);
    summary_destroy(summary);
    return written;
}

char *report_text_last_lines(const struct profile *profile)
{
    struct summary *summary = summary_create(profile, NULL);
    if (!summary) {
        return NULL;
    }
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    if (summary->hot_line_count > 0 && summary->all.samples < FINDINGS_FEW_SAMPLES) {
        text_out_format(&out, "  only %llu samples: give it a longer load", (unsigned long long)summary->all.samples);
        if (profile->asked_hz < FINDINGS_USEFUL_HZ) {
            text_out_format(&out, ", or a higher rate (-F %d)", FINDINGS_USEFUL_HZ);
        }
        text_out_char(&out, '\n');
    }
    if (findings_headline(summary).kind == HEADLINE_FUNCTION) {
        text_out_string(&out, "  ");
        findings_headline_text(&out, summary);
        text_out_char(&out, '\n');
    }
    put_lines(&out, summary, LAST_LINES);
    summary_destroy(summary);
    return text_out_take(&out);
}
