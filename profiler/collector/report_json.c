/* struct summary -> JSON. See report_json.h. */
#include "profiler/collector/report_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "profiler/collector/findings.h"
#include "profiler/collector/output_file.h"
#include "profiler/collector/report_json_findings.h"
#include "profiler/collector/report_json_requests.h"
#include "profiler/collector/selection_text.h"
#include "profiler/collector/text_out.h"
#include "profiler/collector/version.h"
#include "profiler/collector/wait_summary.h"
#include "profiler/unwind/unwind_walk.h"

enum { PERCENT_DECIMALS = 6 }; /* one sample of a million is still seen */

/* A member's name, with the comma that separates it from the one before. */
static void name(struct text_out *out, const char *key, bool first)
{
    text_out_string(out, first ? "\"" : ",\"");
    text_out_string(out, key);
    text_out_string(out, "\":");
}

static void put_string(struct text_out *out, const char *key, const char *value)
{
    name(out, key, false);
    text_out_json(out, value);
}

static void put_unsigned(struct text_out *out, const char *key, uint64_t value)
{
    name(out, key, false);
    text_out_unsigned(out, value);
}

static void put_number(struct text_out *out, const char *key, double value, unsigned decimals)
{
    name(out, key, false);
    text_out_fixed(out, value, decimals);
}

/* Seconds, null when unknown (negative). */
static void put_seconds(struct text_out *out, const char *key, double seconds)
{
    name(out, key, false);
    if (seconds < 0) {
        text_out_string(out, "null");
    } else {
        text_out_fixed(out, seconds, 6);
    }
}

/* "self" -> "self_percent" and "self_error_percent". */
static void put_share(struct text_out *out, const char *what, const struct summary *summary, struct summary_share share)
{
    text_out_format(out, ",\"%s_percent\":", what);
    text_out_fixed(out, summary_percent(summary, share), PERCENT_DECIMALS);
    text_out_format(out, ",\"%s_error_percent\":", what);
    text_out_fixed(out, summary_error_percent(summary, share), PERCENT_DECIMALS);
}

static void put_tags(struct text_out *out, const struct profile_tag *tags, uint32_t count)
{
    text_out_char(out, '{');
    for (uint32_t i = 0; i < count; i++) {
        text_out_string(out, i > 0 ? "," : "");
        text_out_json(out, tags[i].key);
        text_out_char(out, ':');
        text_out_json(out, tags[i].value);
    }
    text_out_char(out, '}');
}

/* RFC 3339 in UTC, milliseconds. */
static void put_started(struct text_out *out, int64_t unix_ns)
{
    static const int64_t SECOND_NS = 1000000000;
    time_t seconds = (time_t)(unix_ns / SECOND_NS);
    struct tm parts;
    name(out, "started", false);
    if (!gmtime_r(&seconds, &parts)) {
        text_out_string(out, "null");
        return;
    }
    text_out_format(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", parts.tm_year + 1900, parts.tm_mon + 1,
                    parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(unix_ns % SECOND_NS / 1000000));
}

static void put_program(struct text_out *out, const struct profile *profile)
{
    static const char *const how[] = {"running", "exit", "signal"};
    name(out, "hotline", true);
    text_out_json(out, HOTLINE_VERSION);
    put_string(out, "program", profile->program);
    put_string(out, "command_line", profile->command_line);
    put_string(out, "host", profile->host);
    put_string(out, "machine", profile->machine);
    name(out, "pid", false);
    text_out_signed(out, profile->pid);
    put_started(out, profile->started_unix_ns);
    put_number(out, "duration_s", profile->duration_s, 6);
    text_out_format(out, ",\"ended\":{\"how\":\"%s\",\"code\":%d}", how[profile->ended],
                    profile->ended == PROFILE_RUNNING ? 0 : profile->ended_code);
}

static void put_engine(struct text_out *out, const struct profile *profile)
{
    text_out_string(out, ",\"engine\":{\"name\":");
    text_out_json(out, profile->engine);
    put_number(out, "asked_hz", profile->asked_hz, 3);
    put_number(out, "achieved_hz", profile->achieved_hz, 3);
    put_string(out, "why", profile->engine_why);
    text_out_char(out, '}');
}

static void put_stops(struct text_out *out, const struct profile *profile)
{
    text_out_string(out, ",\"stops\":{");
    bool first = true;
    for (unsigned i = 0; i < UNWIND_STOP_COUNT; i++) {
        if (i != UNWIND_STOP_COMPLETE && profile->stops[i] > 0) {
            name(out, unwind_stop_text((enum unwind_stop)i), first);
            text_out_unsigned(out, profile->stops[i]);
            first = false;
        }
    }
    text_out_char(out, '}');
}

static void put_left_out(struct text_out *out, const struct profile *profile)
{
    static const char *const names[LEFT_OUT_REASONS] = {
        [LEFT_OUT_MACHINE] = "machine", [LEFT_OUT_LOADER] = "loader", [LEFT_OUT_LIBRARY] = "library"};
    bool first = true;
    text_out_string(out, ",\"programs_left_out\":{");
    for (unsigned i = 0; i < LEFT_OUT_REASONS; i++) {
        if (names[i] && profile->left_out[i]) {
            name(out, names[i], first);
            text_out_unsigned(out, profile->left_out[i]);
            first = false;
        }
    }
    text_out_char(out, '}');
}

static void put_self_check(struct text_out *out, const struct summary *summary)
{
    const struct profile *profile = summary->profile;
    double complete = profile->samples > 0 ? 100.0 * (double)profile->complete_stacks / (double)profile->samples : 100;
    text_out_string(out, ",\"self_check\":{\"samples\":");
    text_out_unsigned(out, profile->samples);
    put_unsigned(out, "dropped", profile->dropped);
    put_number(out, "complete_stacks_percent", complete, PERCENT_DECIMALS);
    put_stops(out, profile);
    put_seconds(out, "cpu_seconds_sampled", (double)summary->all.cpu_ns / 1e9);
    put_seconds(out, "cpu_seconds_measured", profile->cpu_s_measured);
    put_seconds(out, "user_seconds", profile->user_s);
    put_seconds(out, "system_seconds", profile->system_s);
    put_seconds(out, "throttled_seconds", profile->throttled_s);
    put_seconds(out, "seconds_on", profile->seconds_on);
    put_unsigned(out, "handler_ns_p50", profile->handler_ns_p50);
    put_unsigned(out, "handler_ns_p99", profile->handler_ns_p99);
    put_seconds(out, "collector_cpu_s", profile->collector_cpu_s);
    put_unsigned(out, "processes", profile->processes);
    put_unsigned(out, "processes_not_joined", profile->processes_not_joined);
    put_left_out(out, profile);
    put_unsigned(out, "processes_withdrawn", profile->processes_withdrawn);
    put_unsigned(out, "tag_sets_dropped", profile->tag_sets_dropped);
    put_unsigned(out, "threads_without_slot", profile->threads_without_slot);
    put_unsigned(out, "threads_without_timer", profile->threads_without_timer);
    put_seconds(out, "cpu_seconds_pruned", (double)profile->nodes_pruned_ns / 1e9);
    put_share(out, "own", summary, summary->own_code);
    put_share(out, "library", summary, summary->library);
    put_share(out, "system", summary, summary->system);
    put_share(out, "outside", summary, summary->outside);
    text_out_char(out, '}');
}

static void put_strings(struct text_out *out, const char *key, const char *const *strings, unsigned count)
{
    name(out, key, false);
    for (unsigned i = 0; i < count; i++) {
        text_out_char(out, i > 0 ? ',' : '[');
        text_out_json(out, strings[i]);
    }
    text_out_string(out, count > 0 ? "]" : "[]");
}

/* What was asked to be left out, and how much of what was sampled that is. */
static void put_scope(struct text_out *out, const struct summary *summary)
{
    static const char *const sources[PROFILE_SOURCES] = {"all", "project", "none"};
    const struct profile_scope *scope = &summary->profile->scope;
    const struct summary_left_out *one = &summary->out_of_scope, *other = &summary->below_threshold;
    text_out_format(out, ",\"scope\":{\"source\":\"%s\"", sources[scope->source]);
    put_strings(out, "profile_only", scope->only, scope->only_count);
    put_strings(out, "profile_exclude", scope->exclude, scope->exclude_count);
    put_number(out, "cpu_percent_threshold", scope->cpu_percent_threshold, PERCENT_DECIMALS);
    text_out_string(out, scope->reduced ? ",\"reduced_profile\":true" : ",\"reduced_profile\":false");
    text_out_format(out, ",\"left_out\":{\"lines\":%u,\"functions\":%u,\"files\":%u}}", one->lines + other->lines,
                    one->functions + other->functions, one->files + other->files);
}

/* What a reader should know before trusting a number; the sentences are those of the other outputs. */
static void put_warnings(struct text_out *out, const struct summary *summary)
{
    static const char *const severities[] = {[SEVERITY_NOTE] = "note", [SEVERITY_WARNING] = "warning"};
    struct warnings warnings;
    warnings_find(summary, &warnings);
    text_out_string(out, ",\"warnings\":[");
    for (uint32_t i = 0; i < warnings.count; i++) {
        const struct warning *warning = &warnings.items[i];
        text_out_format(out, "%s{\"severity\":\"%s\"", i > 0 ? "," : "", severities[warning->severity]);
        put_string(out, "text", warning->text);
        put_string(out, "cure", warning->cure);
        text_out_char(out, '}');
    }
    text_out_char(out, ']');
    out->failed |= warnings.failed;
    warnings_deinit(&warnings);
}

static void put_tag_sets(struct text_out *out, const struct summary *summary)
{
    const struct profile *profile = summary->profile;
    text_out_string(out, ",\"tags\":{\"static\":");
    put_tags(out, profile->static_tags, profile->static_tag_count);
    text_out_string(out, ",\"sets\":[");
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        text_out_string(out, i > 0 ? ",{\"tags\":" : "{\"tags\":");
        put_tags(out, profile->tag_sets[i].tags, profile->tag_sets[i].count);
        put_unsigned(out, "samples", summary->tag_sets[i].samples);
        put_share(out, "cpu", summary, summary->tag_sets[i]);
        text_out_char(out, '}');
    }
    text_out_string(out, "]}");
}

static void put_functions(struct text_out *out, const struct summary *summary)
{
    const struct profile *profile = summary->profile;
    text_out_string(out, ",\"functions\":[");
    for (uint32_t i = 0; i < summary->hot_function_count; i++) {
        const struct profile_function *function = &profile->functions[summary->hot_functions[i]];
        const struct summary_function *cost = &summary->functions[summary->hot_functions[i]];
        text_out_string(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        text_out_json(out, function->name);
        put_string(out, "file", function->file);
        put_unsigned(out, "line", function->line);
        put_string(out, "module", profile->modules[function->module].path);
        put_share(out, "self", summary, cost->self);
        put_share(out, "total", summary, cost->total);
        put_share(out, "cpu", summary, cost->cpu);
        put_unsigned(out, "samples", cost->total.samples);
        put_unsigned(out, "self_samples", cost->self.samples);
        put_unsigned(out, "cpu_samples", cost->cpu.samples);
        text_out_char(out, '}');
    }
    text_out_char(out, ']');
}

/* Blocked time of a line or function, beside its CPU time. `waits` NULL: waiting was not sampled. */
static void put_wait(struct text_out *out, const struct wait_summary *waits, struct summary_share share)
{
    if (waits) {
        put_share(out, "wait", waits->summary, share);
        put_seconds(out, "wait_s", (double)share.cpu_ns * 1e-9);
        put_unsigned(out, "wait_samples", share.samples);
    }
}

static void put_line(struct text_out *out, const struct summary *summary, const struct wait_summary *waits, const struct summary_line *line)
{
    text_out_string(out, "{\"line\":");
    text_out_unsigned(out, line->line);
    put_string(out, "function", summary->profile->functions[line->function].name);
    put_share(out, "self", summary, line->self);
    put_share(out, "total", summary, line->total);
    put_share(out, "own", summary, line->own_code);
    put_share(out, "library", summary, line->library);
    put_share(out, "system", summary, line->system);
    put_unsigned(out, "samples", line->total.samples);
    put_unsigned(out, "self_samples", line->self.samples);
    put_unsigned(out, "cpu_samples", line->cpu.samples);
    put_wait(out, waits, waits ? waits->summary->lines[line - summary->lines].cpu : (struct summary_share){0, 0});
    text_out_char(out, '}');
}

/* Sampled, or waited on. */
static bool lists_line(const struct summary *summary, const struct wait_summary *waits, const struct summary_line *line)
{
    return summary_lists_line(summary, line) ||
           (waits && summary_lists_line(waits->summary, &waits->summary->lines[line - summary->lines]));
}

static void put_file(struct text_out *out, const struct summary *summary, const struct wait_summary *waits, uint32_t index)
{
    const struct profile_file *file = &summary->profile->files[index];
    const struct summary_file *cost = &summary->files[index];
    text_out_string(out, "{\"path\":");
    text_out_json(out, file->path);
    text_out_string(out, file->own ? ",\"own\":true" : ",\"own\":false");
    text_out_string(out, file->text ? ",\"source_found\":true" : ",\"source_found\":false");
    put_share(out, "cpu", summary, cost->cpu);
    put_share(out, "self", summary, cost->self);
    put_share(out, "total", summary, cost->total);
    put_unsigned(out, "samples", cost->total.samples);
    put_unsigned(out, "self_samples", cost->self.samples);
    put_unsigned(out, "cpu_samples", cost->cpu.samples);
    text_out_string(out, ",\"lines\":[");
    bool first = true;
    for (uint32_t j = 0; j < cost->line_count; j++) {
        const struct summary_line *line = &summary->lines[cost->first_line + j];
        if (lists_line(summary, waits, line)) {
            text_out_string(out, first ? "" : ",");
            put_line(out, summary, waits, line);
            first = false;
        }
    }
    text_out_string(out, "]}");
}

/* Those with CPU time, then those that were only waited in. */
static void put_files(struct text_out *out, const struct summary *summary, const struct wait_summary *waits)
{
    bool first = true;
    text_out_string(out, ",\"files\":[");
    for (uint32_t i = 0; i < summary->hot_file_count; i++) {
        text_out_string(out, first ? "" : ",");
        put_file(out, summary, waits, summary->hot_files[i]);
        first = false;
    }
    for (uint32_t i = 0; waits && i < waits->summary->hot_file_count; i++) {
        if (summary->files[waits->summary->hot_files[i]].total.samples == 0) {
            text_out_string(out, first ? "" : ",");
            put_file(out, summary, waits, waits->summary->hot_files[i]);
            first = false;
        }
    }
    text_out_char(out, ']');
}

static void put_modules(struct text_out *out, const struct summary *summary)
{
    text_out_string(out, ",\"modules\":[");
    for (uint32_t i = 0; i < summary->profile->module_count; i++) {
        const struct profile_module *module = &summary->profile->modules[i];
        text_out_string(out, i > 0 ? ",{\"path\":" : "{\"path\":");
        text_out_json(out, module->path);
        put_string(out, "build_id", module->build_id);
        text_out_string(out, module->own ? ",\"own\":true" : ",\"own\":false");
        put_string(out, "problem", module->problem);
        put_share(out, "self", summary, summary->modules[i]);
        put_unsigned(out, "samples", summary->modules[i].samples);
        text_out_char(out, '}');
    }
    text_out_char(out, ']');
}

static void put_wait_place(struct text_out *out, const struct wait_summary *waits, const struct wait_row *row)
{
    const struct profile *profile = &waits->profile;
    const struct summary_line *line = row->line != PROFILE_NONE ? &waits->summary->lines[row->line] : NULL;
    text_out_string(out, "\"waits_in\":");
    char called[WAIT_CALL_BYTES];
    wait_call_name(profile->functions[row->function].name, called);
    text_out_json(out, called);
    put_string(out, "function", line ? profile->functions[line->function].name : NULL);
    put_string(out, "file", line && line->file != PROFILE_NONE ? profile->files[line->file].path : NULL);
    put_unsigned(out, "line", line ? line->line : 0);
}

static void put_waits(struct text_out *out, const struct wait_summary *waits)
{
    if (!waits) {
        return;
    }
    text_out_string(out, ",\"wait\":{\"seconds\":");
    text_out_fixed(out, (double)waits->summary->all.cpu_ns * 1e-9, 6);
    put_unsigned(out, "samples", waits->summary->all.samples);
    put_unsigned(out, "dropped", waits->profile.waits_dropped);
    text_out_string(out, ",\"places\":[");
    for (uint32_t i = 0; i < waits->row_count; i++) {
        text_out_string(out, i > 0 ? ",{" : "{");
        put_wait_place(out, waits, &waits->rows[i]);
        put_wait(out, waits, waits->rows[i].share);
        text_out_char(out, '}');
    }
    text_out_string(out, "]},\"locks\":[");
    for (uint32_t i = 0; i < waits->lock_count; i++) {
        const struct wait_lock *lock = &waits->locks[i];
        text_out_format(out, "%s{\"pid\":%d,\"address\":\"0x%" PRIx64 "\"", i > 0 ? "," : "", (int)lock->pid, lock->address);
        put_string(out, "name", lock->name);
        text_out_char(out, ',');
        put_wait_place(out, waits, &lock->worst);
        put_unsigned(out, "places", lock->places);
        put_wait(out, waits, lock->share);
        text_out_char(out, '}');
    }
    text_out_char(out, ']');
}

static void put_threads(struct text_out *out, const struct summary *summary)
{
    text_out_string(out, ",\"threads\":[");
    for (uint32_t i = 0; i < summary->profile->thread_count; i++) {
        const struct profile_thread *thread = &summary->profile->threads[i];
        text_out_format(out, "%s{\"pid\":%d,\"tid\":%d", i > 0 ? "," : "", (int)thread->pid, (int)thread->tid);
        put_string(out, "name", thread->name);
        put_seconds(out, "cpu_seconds_sampled", thread->cpu_s_sampled);
        put_seconds(out, "cpu_seconds_measured", thread->cpu_s_measured);
        put_seconds(out, "cpu_seconds_missed", findings_missed_s(summary->profile, thread));
        put_share(out, "cpu", summary, summary->threads[i]);
        put_unsigned(out, "samples", summary->threads[i].samples);
        text_out_char(out, '}');
    }
    text_out_char(out, ']');
}

void report_json_text(struct text_out *out, const struct summary *summary)
{
    text_out_char(out, '{');
    put_program(out, summary->profile);
    put_engine(out, summary->profile);
    put_self_check(out, summary);
    struct wait_summary *waits = wait_summary_create(summary->profile);
    report_json_findings(out, summary, waits);
    put_warnings(out, summary);
    put_scope(out, summary);
    name(out, "selection", false);
    selection_json(out, summary->profile);
    put_tag_sets(out, summary);
    put_functions(out, summary);
    put_files(out, summary, waits);
    put_modules(out, summary);
    put_threads(out, summary);
    put_waits(out, waits);
    report_json_requests(out, summary->profile);
    wait_summary_destroy(waits);
    text_out_string(out, "}\n");
}

static void write_text(struct text_out *out, const void *context)
{
    report_json_text(out, context);
}

bool report_json_write(const struct profile *profile, const char *path, char *error, size_t error_bytes)
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
