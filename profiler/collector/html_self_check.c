/* How the profile was measured and how far it can be trusted: a grid of small facts, each with its unit. */
#include "profiler/collector/html_parts.h"

#include <stdio.h>
#include <string.h>

static void begin(struct text_out *out, const char *term)
{
    text_out_format(out, "<div><dt>%s</dt><dd>", term);
}

static void detail(struct text_out *out)
{
    text_out_string(out, "<small>");
}

static void end(struct text_out *out)
{
    text_out_string(out, "</small></dd></div>\n");
}

static void put_seconds(struct text_out *out, double seconds)
{
    if (seconds < 0) {
        text_out_string(out, "unknown");
    } else {
        text_out_fixed(out, seconds, seconds < 10 ? 2 : 1);
        text_out_string(out, "\u00a0s");
    }
}

/* Nanoseconds as microseconds. */
static void put_micro(struct text_out *out, uint32_t ns)
{
    text_out_fixed(out, (double)ns / 1e3, 1);
    text_out_string(out, "\u00a0µs");
}

static void put_samples(struct text_out *out, const struct profile *profile)
{
    begin(out, "Samples");
    html_put_count(out, profile->samples);
    detail(out);
    html_put_count(out, profile->dropped);
    text_out_string(out, " lost");
    end(out);
}

static void put_engine(struct text_out *out, const struct profile *profile)
{
    begin(out, "Rate");
    text_out_fixed(out, profile->achieved_hz, 1);
    text_out_string(out, "\u00a0Hz");
    detail(out);
    text_out_string(out, "asked ");
    text_out_fixed(out, profile->asked_hz, profile->asked_hz < 10 ? 2 : 0);
    text_out_string(out, " per CPU second");
    end(out);
    begin(out, "Engine");
    text_out_html(out, profile->engine ? profile->engine : "");
    detail(out);
    text_out_html(out, profile->engine_why ? profile->engine_why : "");
    end(out);
}

static void put_stacks(struct text_out *out, const struct profile *profile)
{
    begin(out, "Complete stacks");
    if (profile->samples > 0) {
        /* Rounded down: 100 % means all of them. */
        double percent = 100 * (double)profile->complete_stacks / (double)profile->samples;
        text_out_fixed(out, (double)(uint64_t)(percent * 10 + 1e-9) / 10, percent < 100 ? 1 : 0);
        text_out_string(out, "\u00a0%");
    } else {
        text_out_string(out, "–");
    }
    detail(out);
    html_put_count(out, profile->samples - profile->complete_stacks);
    text_out_string(out, " cut short");
    end(out);
}

static void put_cpu(struct text_out *out, const struct html_report *report)
{
    const struct profile *profile = report->summary->profile;
    begin(out, "CPU sampled");
    put_seconds(out, (double)report->summary->all.cpu_ns / 1e9);
    detail(out);
    if (profile->cpu_s_measured >= 0) {
        text_out_string(out, "of ");
        put_seconds(out, profile->cpu_s_measured);
        text_out_string(out, " the kernel counted");
    } else {
        text_out_string(out, "the kernel’s count is unknown");
    }
    end(out);
    begin(out, "User + system");
    put_seconds(out, profile->user_s);
    if (profile->user_s >= 0) {
        text_out_string(out, " + ");
        put_seconds(out, profile->system_s);
    }
    detail(out);
    text_out_string(out, "by the kernel’s count");
    end(out);
}

static void put_costs(struct text_out *out, const struct html_report *report)
{
    const struct profile *profile = report->summary->profile;
    begin(out, "One sample costs");
    put_micro(out, profile->handler_ns_p50);
    detail(out);
    put_micro(out, profile->handler_ns_p99);
    text_out_string(out, " in 1 of 100");
    end(out);
    begin(out, "hotline itself");
    put_seconds(out, profile->collector_cpu_s);
    detail(out);
    double sampled_s = (double)report->summary->all.cpu_ns / 1e9;
    if (sampled_s > 0) {
        text_out_fixed(out, 100 * profile->collector_cpu_s / sampled_s, 1);
        text_out_string(out, " % of the program’s CPU");
    } else {
        text_out_string(out, "of CPU, beside the program");
    }
    end(out);
}

static void put_ending(struct text_out *out, const struct profile *profile)
{
    begin(out, "Program");
    if (profile->ended == PROFILE_RUNNING) {
        text_out_string(out, "running");
    } else if (profile->ended == PROFILE_EXITED) {
        text_out_format(out, "exit %d", profile->ended_code);
    } else {
        const char *name = sigabbrev_np(profile->ended_code);
        text_out_format(out, "SIG%s", name ? name : "?");
    }
    detail(out);
    text_out_string(out, profile->ended == PROFILE_RUNNING ? "at the time of this report" : "is how it ended");
    end(out);
    /* Beside CPU time, so that slow is not mistaken for hot. */
    begin(out, "Wall time");
    put_seconds(out, profile->duration_s);
    detail(out);
    if (profile->throttled_s >= 0) {
        put_seconds(out, profile->throttled_s);
        text_out_string(out, " held up by the container’s CPU limit");
    } else {
        text_out_string(out, "no CPU limit on its control group");
    }
    end(out);
    begin(out, "Processes");
    html_put_count(out, profile->processes);
    detail(out);
    html_put_count(out, profile->processes_not_joined);
    text_out_string(out, " could not be joined, ");
    html_put_count(out, profile->thread_count);
    text_out_string(out, profile->thread_count == 1 ? " thread" : " threads");
    end(out);
}

static void put_modules(struct text_out *out, const struct html_report *report)
{
    const struct summary *summary = report->summary;
    text_out_string(out, "<details><summary>Modules</summary><div class=\"scroll\"><table><thead><tr><th scope=\"col\">module</th>"
                         "<th scope=\"col\" class=\"n\">self %</th><th scope=\"col\">build id</th><th scope=\"col\">lines of code</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < summary->profile->module_count; i++) {
        const struct profile_module *module = &summary->profile->modules[i];
        text_out_string(out, "<tr><td>");
        text_out_html(out, module->path);
        text_out_string(out, module->own ? " <small>own code</small></td>" : "</td>");
        html_put_share_cell(out, report, summary->modules[i], "");
        text_out_format(out, "<td><code>%s</code></td><td>", module->build_id); /* hex */
        text_out_html(out, module->problem ? module->problem : "yes");
        text_out_string(out, "</td></tr>\n");
    }
    text_out_string(out, "</tbody></table></div></details>\n");
}

static void put_threads(struct text_out *out, const struct profile *profile)
{
    enum { MOST_THREADS = 200 };
    text_out_string(out, "<details><summary>Threads</summary><table><thead><tr><th scope=\"col\">thread</th>"
                         "<th scope=\"col\" class=\"n\">pid</th><th scope=\"col\" class=\"n\">tid</th>"
                         "<th scope=\"col\" class=\"n\">CPU sampled</th><th scope=\"col\" class=\"n\">CPU clock</th><th scope=\"col\" class=\"n\">missed</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < profile->thread_count && i < MOST_THREADS; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        text_out_string(out, "<tr><td>");
        text_out_html(out, thread->name ? thread->name : "");
        text_out_format(out, "</td><td class=\"n\">%d</td><td class=\"n\">%d</td><td class=\"n\">", (int)thread->pid, (int)thread->tid);
        put_seconds(out, thread->cpu_s_sampled);
        text_out_string(out, "</td><td class=\"n\">");
        put_seconds(out, thread->cpu_s_measured);
        text_out_string(out, "</td><td class=\"n\">");
        if (findings_missed_s(profile, thread) > 0) {
            put_seconds(out, findings_missed_s(profile, thread));
        }
        text_out_string(out, "</td></tr>\n");
    }
    text_out_string(out, "</tbody></table>");
    if (profile->thread_count > MOST_THREADS) {
        text_out_format(out, "<p>%u more threads are not listed.</p>", profile->thread_count - MOST_THREADS);
    }
    text_out_string(out, "</details>\n");
}

void html_put_self_check(struct text_out *out, const struct html_report *report)
{
    const struct profile *profile = report->summary->profile;
    text_out_string(out, "<section id=\"self-check\" aria-labelledby=\"self-check-title\">\n<h2 id=\"self-check-title\">Self-check</h2>\n"
                         "<dl class=\"facts\">\n");
    put_samples(out, profile);
    put_engine(out, profile);
    put_stacks(out, profile);
    put_cpu(out, report);
    put_costs(out, report);
    put_ending(out, profile);
    text_out_string(out, "</dl>\n");
    put_modules(out, report);
    put_threads(out, profile);
    text_out_string(out, "</section>\n");
}
