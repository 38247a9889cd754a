/* Where the profile is from, what is missing in it, and how to read its numbers: the end of the page. */
#include "profiler/collector/html_parts.h"
#include "profiler/collector/version.h"
#include "profiler/unwind/unwind_walk.h"

static void row(struct text_out *out, const char *name, const char *text)
{
    if (text && text[0]) {
        text_out_format(out, "<tr><th scope=\"row\">%s</th><td>", name);
        text_out_html(out, text);
        text_out_string(out, "</td></tr>\n");
    }
}

static void words_row(struct text_out *out, const char *name, const char *const *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        row(out, i == 0 ? name : "", words[i]);
    }
}

/* Of the program's own modules: the first is the program. */
static const char *build_id(const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->module_count; i++) {
        if (profile->modules[i].own) {
            return profile->modules[i].build_id;
        }
    }
    return NULL;
}

static void put_provenance(struct text_out *out, const struct profile *profile)
{
    static const char *const sources[PROFILE_SOURCES] = {"of every file", "of own code", "none"};
    text_out_string(out, "<h2>Provenance</h2>\n<table id=\"provenance\"><tbody>\n");
    row(out, "Command line", profile->command_line);
    row(out, "Own code", profile->program_path);
    row(out, "Build id", build_id(profile));
    row(out, "Host", profile->host);
    row(out, "Machine", profile->machine);
    row(out, "hotline", HOTLINE_VERSION);
    words_row(out, "Only paths with", profile->scope.only, profile->scope.only_count);
    words_row(out, "No paths with", profile->scope.exclude, profile->scope.exclude_count);
    row(out, "Sources", sources[profile->scope.source]);
    text_out_string(out, "<tr><th scope=\"row\">Sampling was on</th><td>");
    text_out_fixed(out, profile->seconds_on, 1);
    text_out_string(out, " of ");
    text_out_fixed(out, profile->duration_s, 1);
    text_out_string(out, profile->wall ? " s, waiting, too</td></tr>\n" : " s</td></tr>\n");
    text_out_string(out, "</tbody></table>\n");
}

static uint64_t files_without_text(const struct profile *profile)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < profile->file_count; i++) {
        count += !profile->files[i].text;
    }
    return count;
}

static uint64_t modules_without_lines(const struct profile *profile)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < profile->module_count; i++) {
        count += profile->modules[i].problem != NULL;
    }
    return count;
}

/* ret: something is missing. */
static bool put_missing_rows(struct text_out *out, const struct profile *profile)
{
    const struct {
        uint64_t count;
        const char *what, *why;
    } rows[] = {
        {profile->dropped, "samples", "their ring was full"},
        {profile->waits_dropped, "samples of waiting", "their ring was full"},
        {profile->processes_not_joined, "processes", "static, set-uid, or of another machine"},
        {profile->processes_withdrawn, "processes, from some time on", "a seccomp filter of theirs forbids sampling"},
        {profile->threads_without_slot, "threads", "too many at once"},
        {profile->threads_without_timer, "threads", "the system had no timer for them"},
        {profile->tag_sets_dropped, "tags", "too many different ones"},
        {profile->spans_lost, "requests", "too many at once"},
        {profile->nodes_pruned_ns / 1000000, "ms of CPU time stand at a caller", "the call tree was full"},
        {profile->report_pruned_nodes, "places in the call tree", "this report would be too large with them: --max-nodes"},
        {modules_without_lines(profile), "modules without lines", "they have no debug info here: see Modules"},
        {files_without_text(profile), "files without text", "not found, or --source leaves it out: Source says which"},
    };
    bool any = false;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows + UNWIND_STOP_COUNT; i++) {
        unsigned stop = i - (unsigned)(sizeof rows / sizeof *rows);
        bool of_stop = i >= sizeof rows / sizeof *rows;
        uint64_t count = !of_stop ? rows[i].count : stop == UNWIND_STOP_COMPLETE ? 0 : profile->stops[stop];
        if (count > 0) {
            text_out_string(out, "<tr><td class=\"n\">");
            html_put_count(out, count);
            text_out_format(out, "</td><td>%s</td><td>%s</td></tr>\n", of_stop ? "stacks’ callers" : rows[i].what,
                            of_stop ? unwind_stop_text((enum unwind_stop)stop) : rows[i].why);
            any = true;
        }
    }
    return any;
}

static void put_missing(struct text_out *out, const struct profile *profile)
{
    text_out_string(out, "<h2>What is missing</h2>\n<table id=\"missing\"><tbody>\n");
    if (!put_missing_rows(out, profile)) {
        text_out_string(out, "<tr><td>Nothing that hotline knows of.</td></tr>\n");
    }
    text_out_string(out, "</tbody></table>\n");
}

static const char READING[] =
    "<h2>How the numbers are made</h2>\n"
    "<p>A thread is interrupted each time it has used 1 / rate of CPU time; a sample is its stack, its tags and its request. A share is samples’ CPU "
    "time of all samples’ CPU time. ± is half of the 95 % interval (Wilson’s): a share of 10 % from 100 samples may be 5 or 17 %. Four times the samples "
    "halve it. What runs shorter than the rate is seen as often as it takes time, not each time it runs.</p>\n"
    "<h2>Glossary</h2>\n<dl class=\"glossary\">"
    "<dt>own</dt><dd>the processor was on this line of the program’s own code</dd>"
    "<dt>library</dt><dd>in a library that this line called</dd>"
    "<dt>system, kernel</dt><dd>in a system call that this line made</dd>"
    "<dt>elsewhere</dt><dd>on a stack without own code</dd>"
    "<dt>self</dt><dd>the processor was there itself</dd>"
    "<dt>total</dt><dd>it was there or in what it called; recursion counts once</dd>"
    "<dt>waits, blocked</dt><dd>seconds off the processor in calls that block, all threads together</dd>"
    "<dt>tag</dt><dd>what the program said it was doing</dd>"
    "<dt>request</dt><dd>from begin to end, as the program marked it</dd></dl>\n"
    "<p class=\"dim\">hotline is free software under the MIT license. The sources shown are the program’s.</p>\n";

void html_put_about(struct text_out *out, const struct html_report *report)
{
    text_out_string(out, "<section id=\"about\" aria-label=\"About\">\n");
    put_provenance(out, report->summary->profile);
    put_missing(out, report->summary->profile);
    text_out_string(out, READING);
    text_out_string(out, "</section>\n");
}
