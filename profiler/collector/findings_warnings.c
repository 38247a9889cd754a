/* struct summary -> what is wrong or uncertain about the measurement, with the cure. See findings.h. */
#include "profiler/collector/findings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/text_out.h"
#include "profiler/unwind/unwind_arch.h"

enum { MOST_NAMED = 5 }; /* threads, modules, files listed one by one; the rest are counted */

/* Thresholds below which a deviation is what sampling does anyway. */
static const double COMPLETE_PERCENT = 99.5;
static const double ACHIEVED_RATIO = 0.9;
static const double CPU_RATIO = 0.9;
static const double CPU_LEAST_S = 0.25, CPU_LEAST_SAMPLES = 20;
static const double LIBRARY_MATTERS_PERCENT = 5;
static const double UNSEEN_S = 0.5;
static const double UNSEEN_RATIO = 0.25;

struct draft {
    struct text_out text, cure;
};

static void draft_init(struct draft *draft)
{
    text_out_init(&draft->text, NULL, NULL);
    text_out_init(&draft->cure, NULL, NULL);
}

static void keep(struct warnings *warnings, enum severity severity, struct draft *draft)
{
    bool has_cure = draft->cure.count > 0;
    struct warning warning = {severity, text_out_take(&draft->text), has_cure ? text_out_take(&draft->cure) : NULL};
    text_out_deinit(&draft->cure);
    if (warnings->count == warnings->capacity) {
        uint32_t capacity = warnings->capacity > 0 ? 2 * warnings->capacity : 8;
        struct warning *items = realloc(warnings->items, capacity * sizeof *items);
        if (items) {
            warnings->items = items;
            warnings->capacity = capacity;
        }
    }
    if (!warning.text || (has_cure && !warning.cure) || warnings->count == warnings->capacity) {
        free(warning.text);
        free(warning.cure);
        warnings->failed = true;
        return;
    }
    warnings->items[warnings->count++] = warning;
}

/* A finding whose texts are fixed but for a number. */
static void count_warning(struct warnings *warnings, enum severity severity, uint64_t count, const char *one,
                          const char *many, const char *cure)
{
    if (count == 0) {
        return;
    }
    struct draft draft;
    draft_init(&draft);
    text_out_unsigned(&draft.text, count);
    text_out_string(&draft.text, count == 1 ? one : many);
    text_out_string(&draft.cure, cure);
    keep(warnings, severity, &draft);
}

static void few_samples(const struct summary *summary, struct warnings *warnings)
{
    const struct profile *profile = summary->profile;
    uint64_t samples = summary->all.samples;
    if (samples >= FINDINGS_FEW_SAMPLES) {
        return;
    }
    double rate = profile->achieved_hz > 0 ? profile->achieved_hz : profile->asked_hz;
    struct draft draft;
    draft_init(&draft);
    if (samples == 0) {
        text_out_string(&draft.text,
                        "There are no samples: the program used next to no CPU time while sampling was on.");
    } else {
        struct summary_share half = {summary->all.cpu_ns / 2, samples / 2};
        text_out_format(&draft.text, "Only %llu sample%s: a percentage may be off by up to ",
                        (unsigned long long)samples, samples == 1 ? "" : "s");
        text_out_fixed(&draft.text, ceil(summary_error_percent(summary, half)), 0);
        text_out_string(&draft.text, " points.");
    }
    text_out_string(&draft.cure, "Give it a longer load");
    if (rate > 0) {
        text_out_string(&draft.cure, " (");
        text_out_fixed(&draft.cure, ceil(FINDINGS_FEW_SAMPLES / rate), 0);
        text_out_format(&draft.cure, " s of CPU time make %d samples at this rate)", FINDINGS_FEW_SAMPLES);
    }
    if (profile->asked_hz < FINDINGS_USEFUL_HZ) {
        text_out_format(&draft.cure, ", or a higher rate: -F %d", FINDINGS_USEFUL_HZ);
    }
    text_out_char(&draft.cure, '.');
    keep(warnings, SEVERITY_WARNING, &draft);
}

/* The kernel's count of the program and its children is higher than that of the processes that joined. */
static void unseen_processes(const struct profile *profile, struct warnings *warnings)
{
    double used_s = profile->user_s + profile->system_s, unseen_s = used_s - profile->cpu_s_measured;
    bool comparable = profile->user_s >= 0 && profile->cpu_s_measured >= 0 && profile->seconds_on >= 0.95 * profile->duration_s;
    if (profile->scope.no_children || !comparable || unseen_s < UNSEEN_S || unseen_s < UNSEEN_RATIO * used_s) {
        return;
    }
    struct draft draft;
    draft_init(&draft);
    text_out_fixed(&draft.text, unseen_s, 1);
    text_out_string(&draft.text, " s of CPU time were used by processes that hotline could not see.");
    text_out_string(&draft.cure, "They are linked statically or set-uid, or were started without their parent's environment "
                                 "(env -i, sudo): put hotline right in front of them.");
    keep(warnings, SEVERITY_WARNING, &draft);
}

static void how_it_ended(const struct profile *profile, struct warnings *warnings)
{
    if (profile->ended != PROFILE_SIGNALLED) {
        return;
    }
    struct draft draft;
    draft_init(&draft);
    const char *signal_name = sigabbrev_np(profile->ended_code);
    text_out_format(&draft.text,
                    "The program was ended by signal %d (SIG%s); everything sampled until then is in this report.",
                    profile->ended_code, signal_name ? signal_name : "?");
    keep(warnings, SEVERITY_WARNING, &draft);
}

static bool is_timer(const struct profile *profile)
{
    return !profile->engine || strcmp(profile->engine, "timer") == 0;
}

static void achieved_rate(const struct summary *summary, struct warnings *warnings)
{
    const struct profile *profile = summary->profile;
    bool enough = summary->all.samples >= FINDINGS_FEW_SAMPLES;
    if (!enough || profile->achieved_hz <= 0 || profile->achieved_hz >= ACHIEVED_RATIO * profile->asked_hz) {
        return;
    }
    struct draft draft;
    draft_init(&draft);
    text_out_string(&draft.text, "Asked for ");
    text_out_fixed(&draft.text, profile->asked_hz, 0);
    text_out_string(&draft.text, " samples per CPU second, got ");
    text_out_fixed(&draft.text, profile->achieved_hz, 0);
    text_out_string(&draft.text, is_timer(profile)
                                     ? ": the kernel's tick limits this engine. Percentages are right, there are only fewer samples."
                                     : ": a long system call makes one sample that counts for all, and time in the kernel makes none "
                                       "where the kernel does not allow it.");
    keep(warnings, SEVERITY_NOTE, &draft);
}

static void incomplete_stacks(const struct profile *profile, struct warnings *warnings)
{
    if (profile->samples == 0 ||
        100 * (double)profile->complete_stacks >= COMPLETE_PERCENT * (double)profile->samples) {
        return;
    }
    struct draft draft;
    draft_init(&draft);
    text_out_fixed(&draft.text, 100 - 100 * (double)profile->complete_stacks / (double)profile->samples, 1);
    text_out_string(
        &draft.text,
        " % of the stacks do not reach the start of their thread, so totals of outer functions are too small (");
    bool first = true;
    for (unsigned i = 0; i < UNWIND_STOP_COUNT; i++) {
        if (i != UNWIND_STOP_COMPLETE && profile->stops[i] > 0) {
            text_out_format(&draft.text, "%s%s: %llu", first ? "" : ", ", unwind_stop_text((enum unwind_stop)i),
                            (unsigned long long)profile->stops[i]);
            first = false;
        }
    }
    text_out_string(&draft.text, first ? "reason unknown)." : ").");
    keep(warnings, SEVERITY_WARNING, &draft);
}

static bool is_missed(const struct profile *profile, double sampled_s, double measured_s)
{
    double few_s = profile->asked_hz > 0 ? CPU_LEAST_SAMPLES / profile->asked_hz : 0;
    return measured_s >= CPU_LEAST_S && measured_s >= few_s && sampled_s < CPU_RATIO * measured_s;
}

static void missed_cpu(const struct summary *summary, struct warnings *warnings)
{
    const struct profile *profile = summary->profile;
    double sampled_s = (double)summary->all.cpu_ns / 1e9;
    bool whole_time = profile->seconds_on >= 0.98 * profile->duration_s;
    if (!whole_time || !is_missed(profile, sampled_s, profile->cpu_s_measured)) {
        return;
    }
    struct draft draft;
    draft_init(&draft);
    text_out_string(&draft.text, "The samples stand for ");
    text_out_fixed(&draft.text, sampled_s, 1);
    text_out_string(&draft.text, " s of CPU time, but the program used ");
    text_out_fixed(&draft.text, profile->cpu_s_measured, 1);
    text_out_string(&draft.text, " s: some of its work is not in this report.");
    if (is_timer(profile)) {
        text_out_string(&draft.cure, "What runs in step with the kernel's tick is missed: --engine=perf sees it.");
    }
    keep(warnings, SEVERITY_WARNING, &draft);
}

double findings_missed_s(const struct profile *profile, const struct profile_thread *thread)
{
    return is_missed(profile, thread->cpu_s_sampled, thread->cpu_s_measured) ? thread->cpu_s_measured - thread->cpu_s_sampled : 0;
}

static void missed_threads(const struct profile *profile, struct warnings *warnings)
{
    unsigned missed = 0;
    struct draft draft;
    draft_init(&draft);
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        if (findings_missed_s(profile, thread) <= 0 || ++missed > MOST_NAMED) {
            continue;
        }
        text_out_string(&draft.text, missed == 1 ? "Sampled less than their CPU clocks say: " : ", ");
        text_out_plain(&draft.text, thread->name ? thread->name : "thread");
        text_out_format(&draft.text, " (%d) ", (int)thread->tid);
        text_out_fixed(&draft.text, thread->cpu_s_sampled, 1);
        text_out_string(&draft.text, " of ");
        text_out_fixed(&draft.text, thread->cpu_s_measured, 1);
        text_out_string(&draft.text, " s");
    }
    if (missed == 0) {
        text_out_deinit(&draft.text);
        return;
    }
    if (missed > MOST_NAMED) {
        text_out_format(&draft.text, " and %u more", missed - MOST_NAMED);
    }
    text_out_char(&draft.text, '.');
    if (is_timer(profile)) {
        text_out_string(&draft.cure, "Work in step with the kernel's tick is invisible to this engine: --engine=perf sees it.");
    }
    keep(warnings, SEVERITY_WARNING, &draft);
}

/* Libraries that hardly matter are only in the list of modules. */
static void modules_without_lines(const struct summary *summary, struct warnings *warnings)
{
    for (uint32_t i = 0; i < summary->profile->module_count; i++) {
        const struct profile_module *module = &summary->profile->modules[i];
        double percent = summary_percent(summary, summary->modules[i]);
        if (!module->problem || percent <= (module->own ? 0 : LIBRARY_MATTERS_PERCENT)) {
            continue;
        }
        struct draft draft;
        draft_init(&draft);
        text_out_string(&draft.text, "No lines for ");
        findings_percent_text(&draft.text, percent);
        text_out_string(&draft.text, " of CPU.");
        text_out_plain(&draft.cure, module->problem);
        text_out_char(&draft.cure, '.');
        keep(warnings, module->own ? SEVERITY_WARNING : SEVERITY_NOTE, &draft);
    }
}

/* Processors for which there are no unwind tables yet. */
static void frame_pointers_only(struct warnings *warnings)
{
    if (UNWIND_HAS_TABLES) {
        return;
    }
    struct draft draft;
    draft_init(&draft);
    text_out_string(&draft.text,
                    "On this processor stacks are followed by frame pointers only: callers are missing where "
                    "code keeps none, and a function that calls nothing may lack its own.");
    text_out_string(&draft.cure, "Build with -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer.");
    keep(warnings, SEVERITY_NOTE, &draft);
}

static void missing_sources(const struct summary *summary, struct warnings *warnings)
{
    unsigned missing = 0;
    struct draft draft;
    draft_init(&draft);
    for (uint32_t i = 0; i < summary->hot_file_count; i++) {
        const struct profile_file *file = &summary->profile->files[summary->hot_files[i]];
        if (!file->own || file->text || file->withheld || summary->files[summary->hot_files[i]].cpu.samples == 0 ||
            ++missing > MOST_NAMED) {
            continue;
        }
        text_out_string(&draft.text, missing == 1 ? "Source not found: " : ", ");
        text_out_plain(&draft.text, file->path);
    }
    if (missing == 0) {
        text_out_deinit(&draft.text);
        return;
    }
    if (missing > MOST_NAMED) {
        text_out_format(&draft.text, " and %u more", missing - MOST_NAMED);
    }
    text_out_char(&draft.text, '.');
    text_out_string(&draft.cure, "Keep the sources at that path, or say where they are: --source-root=DIR.");
    keep(warnings, SEVERITY_WARNING, &draft);
}

static void partly_off(const struct profile *profile, struct warnings *warnings)
{
    if (profile->duration_s <= 0 || profile->seconds_on >= 0.98 * profile->duration_s) {
        return;
    }
    struct draft draft;
    draft_init(&draft);
    text_out_string(&draft.text, "Sampling was on for ");
    text_out_fixed(&draft.text, profile->seconds_on, 1);
    text_out_string(&draft.text, " of ");
    text_out_fixed(&draft.text, profile->duration_s, 1);
    text_out_string(&draft.text, " s.");
    keep(warnings, SEVERITY_NOTE, &draft);
}

/* Children that hotline let go without its library. */
static void programs_left_out(const struct profile *profile, struct warnings *warnings)
{
    static const char *const why[LEFT_OUT_REASONS] = {
        [LEFT_OUT_MACHINE] = "Built for another machine, or for 32 bits.",
        [LEFT_OUT_LOADER] = "Another dynamic loader than the program's: another root directory, or another C library.",
        [LEFT_OUT_LIBRARY] = "libhotline.so cannot be read there: another root directory, or no right to. Install hotline where "
                             "everybody may read it.",
    };
    for (unsigned i = 0; i < LEFT_OUT_REASONS; i++) {
        count_warning(warnings, SEVERITY_WARNING, why[i] ? profile->left_out[i] : 0,
                      " program was started by the program without being profiled.",
                      " programs were started by the program without being profiled.", why[i] ? why[i] : "");
    }
}

static void note_seconds(struct warnings *warnings, uint64_t ns, const char *what)
{
    if (ns > 0) {
        struct draft draft;
        draft_init(&draft);
        text_out_fixed(&draft.text, (double)ns / 1e9, 2);
        text_out_string(&draft.text, what);
        keep(warnings, SEVERITY_NOTE, &draft);
    }
}

static void lost_samples(const struct profile *profile, struct warnings *warnings)
{
    static const uint64_t ONE_IN = 1000;
    enum severity severity = profile->dropped > profile->samples / ONE_IN ? SEVERITY_WARNING : SEVERITY_NOTE;
    count_warning(warnings, severity, profile->dropped, " sample was taken but lost: its ring was full.",
                  " samples were taken but lost: their rings were full.",
                  "A lower rate leaves the collector more time: -F 50.");
    count_warning(warnings, SEVERITY_WARNING, profile->processes_not_joined,
                  " process of the program is not in this report.", " processes of the program are not in this report.",
                  "It cannot be joined when it is statically linked, set-uid, or of another architecture.");
    count_warning(warnings, SEVERITY_WARNING, profile->processes_withdrawn,
                  " process installed a seccomp filter and was not sampled from then on.",
                  " processes installed a seccomp filter and were not sampled from then on.",
                  "The filter forbids what sampling needs: allow rt_sigreturn, futex, timer_create, timer_settime, timer_delete.");
    programs_left_out(profile, warnings);
    count_warning(warnings, SEVERITY_WARNING, profile->threads_without_slot,
                  " thread was not sampled: too many at once.", " threads were not sampled: too many at once.", "");
    count_warning(warnings, SEVERITY_WARNING, profile->threads_without_timer,
                  " thread got no timer and was not sampled.", " threads got no timer and were not sampled.",
                  "Raise the limit on pending signals (ulimit -i), or start fewer threads.");
    count_warning(warnings, SEVERITY_NOTE, profile->tag_sets_dropped, " tag did not fit and was left out.",
                  " tags did not fit and were left out.",
                  "Tags are for few values: an operation, a route, a tenant; not a request's id.");
    count_warning(warnings, SEVERITY_WARNING, profile->spans_lost, " request was not recorded: too many at once.",
                  " requests were not recorded: too many at once.", "Is every span ended?");
    note_seconds(warnings, profile->nodes_pruned_ns, " s of CPU time stands at a caller, because the call tree was full.");
    note_seconds(warnings, profile->spans_cut_ns, " s of requests is counted for the program only: there are too many places in them to keep.");
}

static void put_counts(struct text_out *out, const struct summary_left_out *count)
{
    const struct {
        uint32_t count;
        const char *one, *many;
    } parts[] = {
        {count->functions, "function", "functions"}, {count->lines, "line", "lines"}, {count->files, "file", "files"}};
    unsigned left = (count->functions > 0 ? 1U : 0U) + (count->lines > 0 ? 1U : 0U) + (count->files > 0 ? 1U : 0U);
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].count > 0) {
            left--;
            text_out_format(out, "%u %s%s", parts[i].count, parts[i].count == 1 ? parts[i].one : parts[i].many,
                            left > 1    ? ", "
                            : left == 1 ? " and "
                                        : "");
        }
    }
}

/* "a" or "b" */
static void put_choices(struct text_out *out, const char *const *strings, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        text_out_string(out, i == 0 ? "“" : i + 1 == count ? " or “" : ", “");
        text_out_plain(out, strings[i]);
        text_out_string(out, "”");
    }
}

static bool is_empty(const struct summary_left_out *count)
{
    return count->lines + count->functions + count->files == 0;
}

/* What the reader will not find, because it was asked to be so. */
static void left_out(const struct summary *summary, struct warnings *warnings)
{
    const struct profile_scope *scope = &summary->profile->scope;
    struct draft draft;
    if ((scope->only_count > 0 || scope->exclude_count > 0) && !is_empty(&summary->out_of_scope)) {
        draft_init(&draft);
        text_out_string(&draft.text, "Files count as own code and are listed only if their path ");
        if (scope->only_count > 0) {
            text_out_string(&draft.text, "holds ");
            put_choices(&draft.text, scope->only, scope->only_count);
        }
        text_out_string(&draft.text, scope->only_count > 0 && scope->exclude_count > 0 ? ", and " : "");
        if (scope->exclude_count > 0) {
            text_out_string(&draft.text, "does not hold ");
            put_choices(&draft.text, scope->exclude, scope->exclude_count);
        }
        text_out_string(&draft.text, ", as asked: ");
        put_counts(&draft.text, &summary->out_of_scope);
        text_out_string(&draft.text, " left out. Their time is library time of the line that called them.");
        bool nothing_left = summary->hottest_line == PROFILE_NONE;
        if (nothing_left) {
            text_out_string(&draft.cure,
                            "Nothing of what was sampled is own code then: compare with the paths that the report "
                            "lists without these options.");
        }
        keep(warnings, nothing_left ? SEVERITY_WARNING : SEVERITY_NOTE, &draft);
    }
    if (scope->cpu_percent_threshold > 0 && !is_empty(&summary->below_threshold)) {
        draft_init(&draft);
        text_out_string(&draft.text, "Not listed, as asked: ");
        put_counts(&draft.text, &summary->below_threshold);
        text_out_string(&draft.text, " with less than ");
        text_out_fixed(&draft.text, scope->cpu_percent_threshold,
                       scope->cpu_percent_threshold == floor(scope->cpu_percent_threshold) ? 0 : 2);
        text_out_string(&draft.text, " % of the CPU time.");
        keep(warnings, SEVERITY_NOTE, &draft);
    }
    if (summary->profile->report_pruned_nodes > 0) {
        draft_init(&draft);
        text_out_format(&draft.text, "%u places in the call tree with ", summary->profile->report_pruned_nodes);
        findings_percent_text(&draft.text, summary_percent(summary, (struct summary_share){.cpu_ns = summary->profile->report_pruned_ns}));
        text_out_string(&draft.text, " of CPU together are “(pruned)” below their callers: this report would be too large with them.");
        text_out_string(&draft.cure, "--max-nodes=N with a larger N keeps more; JSON and .pb.gz hold everything.");
        keep(warnings, SEVERITY_NOTE, &draft);
    }
    if (scope->reduced) {
        draft_init(&draft);
        text_out_string(&draft.text, "A reduced profile, as asked: source is shown only where samples are.");
        keep(warnings, SEVERITY_NOTE, &draft);
    }
    if (scope->source != PROFILE_SOURCE_ALL) {
        draft_init(&draft);
        text_out_string(&draft.text, scope->source == PROFILE_SOURCE_NONE
                                         ? "There is no source text in this report, as asked."
                                         : "Source text is of the program’s own code only, as asked.");
        keep(warnings, SEVERITY_NOTE, &draft);
    }
}

void warnings_find(const struct summary *summary, struct warnings *ret)
{
    struct warnings all = {0};
    const struct profile *profile = summary->profile;
    few_samples(summary, &all);
    unseen_processes(summary->profile, &all);
    how_it_ended(profile, &all);
    missed_cpu(summary, &all);
    missed_threads(profile, &all);
    incomplete_stacks(profile, &all);
    frame_pointers_only(&all);
    missing_sources(summary, &all);
    modules_without_lines(summary, &all);
    lost_samples(profile, &all);
    achieved_rate(summary, &all);
    partly_off(profile, &all);
    left_out(summary, &all);
    /* Stable: within a severity the order above is the order of importance. */
    uint32_t front = 0;
    for (uint32_t i = 0; i < all.count; i++) {
        if (all.items[i].severity == SEVERITY_WARNING) {
            struct warning warning = all.items[i];
            memmove(&all.items[front + 1], &all.items[front], (i - front) * sizeof warning);
            all.items[front++] = warning;
        }
    }
    *ret = all;
}

void warnings_deinit(struct warnings *warnings)
{
    for (uint32_t i = 0; i < warnings->count; i++) {
        free(warnings->items[i].text);
        free(warnings->items[i].cure);
    }
    free(warnings->items);
    *warnings = (struct warnings){0};
}
