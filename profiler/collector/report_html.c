/* The page: head, policy, the static parts in order, the data, the script. See report_html.h. */
#include "profiler/collector/report_html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "profiler/collector/html_parts.h"
#include "profiler/collector/output_file.h"
#include "profiler/collector/profile_prune.h"
#include "profiler/collector/report_assets.h"
#include "profiler/collector/report_data.h"
#include "profiler/collector/selection_text.h"
#include "profiler/collector/version.h"

/* Three lines of code, the middle one hot. */
static const char MARK[] = "<svg class=\"mark\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><rect x=\"2\" y=\"4\" width=\"13\" height=\"3.4\" rx=\"1.7\"/>"
                           "<rect class=\"own\" x=\"2\" y=\"10.3\" width=\"20\" height=\"3.4\" rx=\"1.7\"/>"
                           "<rect x=\"2\" y=\"16.6\" width=\"9\" height=\"3.4\" rx=\"1.7\"/></svg>";

/* Hatching, so that kernel time is told from library time without colour. */
static const char PATTERNS[] = "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs><pattern id=\"hatch\" width=\"4\" height=\"4\" "
                               "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"4\" height=\"4\"/>"
                               "<rect class=\"hatch-line\" width=\"1.6\" height=\"4\"/></pattern></defs></svg>\n";

static const char *program_name(const struct profile *profile)
{
    const char *program = profile->program ? profile->program : "program";
    const char *slash = strrchr(program, '/');
    return slash && slash[1] ? slash + 1 : program;
}

static void put_title(struct text_out *out, const struct html_report *report)
{
    struct text_out text;
    text_out_init(&text, NULL, NULL);
    const struct profile *profile = report->summary->profile;
    if (profile->compare_key) {
        text_out_plain(&text, profile->compare_names[0] ? profile->compare_names[0] : "before");
        text_out_string(&text, " compared with ");
        text_out_plain(&text, profile->compare_names[1] ? profile->compare_names[1] : "after");
    } else {
        findings_headline_text(&text, report->summary);
    }
    char *headline = text_out_take(&text);
    text_out_string(out, "<title>");
    text_out_html(out, headline ? headline : "profile");
    text_out_string(out, " – ");
    text_out_html(out, program_name(report->summary->profile));
    text_out_string(out, "</title>\n");
    out->failed |= !headline;
    free(headline);
}

static void put_head(struct text_out *out, const struct html_report *report)
{
    struct report_asset style = report_asset_style(), view_style = report_asset_view_style();
    struct report_asset loader = report_asset_loader(), script = report_asset_script();
    text_out_format(out,
                    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s' '%s'; script-src '%s' '%s'; "
                    "base-uri 'none'; form-action 'none'\">\n",
                    style.hash, view_style.hash, loader.hash, script.hash);
    text_out_string(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                         "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
                         "<meta name=\"generator\" content=\"hotline " HOTLINE_VERSION "\">\n");
    put_title(out, report);
    text_out_string(out, "<style>");
    text_out_bytes(out, style.bytes, style.count);
    text_out_string(out, "</style>\n</head>\n");
}

/* "20 Nov 2026, 22:00:05 UTC" */
static void put_start(struct text_out *out, int64_t unix_ns)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(unix_ns / 1000000000);
    struct tm parts;
    if (gmtime_r(&seconds, &parts)) {
        text_out_format(out, "<time datetime=\"%04d-%02d-%02dT%02d:%02d:%02dZ\">%d %.3s %d, %02d:%02d:%02d UTC</time>", parts.tm_year + 1900,
                        parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_mday,
                        months + 3 * parts.tm_mon, parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
    }
}

static void put_header(struct text_out *out, const struct html_report *report)
{
    const struct profile *profile = report->summary->profile;
    text_out_string(out, "<header id=\"top\"><div class=\"brand\">");
    text_out_string(out, MARK);
    text_out_string(out, "<span>hotline</span></div>\n<div class=\"what\"><b title=\"");
    text_out_html(out, profile->command_line ? profile->command_line : "");
    text_out_string(out, "\">");
    text_out_html(out, program_name(profile));
    text_out_string(out, "</b> <span>");
    if (profile->pid != 0) { /* 0: several, in a merged profile */
        text_out_format(out, "pid %d", (int)profile->pid);
    }
    if (profile->host) {
        text_out_string(out, profile->pid != 0 ? " on " : "on ");
        text_out_html(out, profile->host);
    }
    text_out_string(out, "</span> <span>");
    put_start(out, profile->started_unix_ns);
    text_out_string(out, ", ");
    text_out_fixed(out, profile->duration_s, profile->duration_s < 100 ? 1 : 0);
    text_out_string(out, "\u00a0s</span></div>\n"
                         "<nav id=\"sections\" aria-label=\"Sections\">");
    text_out_string(out, profile->compare_key ? "<a href=\"#compare\">Compare</a> " : "");
    text_out_string(out, "<a href=\"#lines\">Lines</a> <a href=\"#flame\">Call tree</a> <a href=\"#functions\">Functions</a> ");
    text_out_string(out, report->requests ? "<a href=\"#requests\">Requests</a> " : "");
    text_out_string(out, "<a href=\"#tags\">Tags</a> ");
    text_out_string(out, report->waits ? "<a href=\"#waits\">Waiting</a> " : "");
    text_out_string(out, "<a href=\"#source\">Source</a> <a href=\"#self-check\">Self-check</a></nav>\n"
                         "<div id=\"tools\" hidden></div></header>\n");
}

/* Before everything else: what follows is not the whole profile. */
static void put_selection(struct text_out *out, const struct profile *profile)
{
    struct text_out words;
    text_out_init(&words, NULL, NULL);
    selection_text(&words, profile);
    char *text = words.count > 0 ? text_out_take(&words) : NULL;
    if (text) {
        text_out_string(out, "<p class=\"selected\"><strong>");
        text_out_html(out, text);
        text_out_string(out, ".</strong></p>\n");
    }
    out->failed |= profile->selection && !text;
    free(text);
    text_out_deinit(&words);
}

/* Data that a script unpacks: base64, so nothing in it can end the element. */
static void put_packed(struct text_out *out, const char *id, struct report_asset asset)
{
    text_out_format(out, "<script type=\"application/octet-stream;base64\" id=\"%s\">", id);
    text_out_bytes(out, asset.bytes, asset.count);
    text_out_string(out, "</script>\n");
}

static void write_page(struct text_out *out, const void *context)
{
    const struct html_report *report = context;
    struct report_asset loader = report_asset_loader();
    put_head(out, report);
    text_out_string(out, "<body>\n<a class=\"skip\" href=\"#lines\">Skip to the content</a>\n");
    text_out_string(out, PATTERNS);
    put_header(out, report);
    text_out_string(out, "<main>\n<div id=\"filter\" hidden></div>\n");
    put_selection(out, report->summary->profile);
    html_put_compare(out, report);
    html_put_overview(out, report);
    html_put_self_check(out, report);
    html_put_lines(out, report);
    html_put_calls(out, report);
    html_put_functions(out, report);
    html_put_requests(out, report);
    html_put_tags(out, report);
    html_put_waits(out, report);
    html_put_sources(out, report);
    html_put_about(out, report);
    text_out_string(out, "</main>\n<footer>Made by hotline " HOTLINE_VERSION ". This file is complete: it loads nothing and sends nothing.</footer>\n"
                         "<div id=\"status\" role=\"status\" aria-live=\"polite\"></div>\n"
                         "<script type=\"application/octet-stream;base64\" id=\"profile-data\">");
    report_data_write(out, report->summary, report->sources);
    text_out_string(out, "</script>\n");
    put_packed(out, "report-style", report_asset_view_style());
    put_packed(out, "report-script", report_asset_script());
    text_out_string(out, "<script>");
    text_out_bytes(out, loader.bytes, loader.count);
    text_out_string(out, "</script>\n</body>\n</html>\n");
}

static bool write_profile(const struct profile *profile, const char *path, char *error, size_t error_bytes)
{
    struct summary *summary = summary_create(profile, NULL);
    struct wait_summary *waits = wait_summary_create(profile);
    struct request_summary *requests = request_summary_create(profile);
    struct report_sources *sources = summary ? report_sources_create(summary, waits ? waits->summary : NULL) : NULL;
    bool written = false;
    if (sources) {
        struct html_report report = {.summary = summary, .sources = sources, .waits = waits, .requests = requests, .headline = findings_headline(summary)};
        finding_list_make(summary, waits, &report.findings);
        warnings_find(summary, &report.warnings);
        written = output_file_write(path, write_page, &report, error, error_bytes);
        warnings_deinit(&report.warnings);
    } else {
        snprintf(error, error_bytes, "cannot write %s: out of memory", path);
    }
    report_sources_destroy(sources);
    request_summary_destroy(requests);
    wait_summary_destroy(waits);
    summary_destroy(summary);
    return written;
}

bool report_html_write(const struct profile *profile, const char *path, char *error, size_t error_bytes)
{
    struct profile *pruned = profile_prune(profile); /* NULL: it is small enough */
    bool written = write_profile(pruned ? pruned : profile, path, error, error_bytes);
    profile_prune_release(pruned);
    return written;
}
