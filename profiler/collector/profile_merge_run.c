/* What ran and how it was measured, of several profiles: texts joined where they differ, totals added up, what a run counts about itself
 * once per run, however many parts of it there are. See profile_merge.h. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_merge_parts.h"
#include "profiler/collector/require_memory.h"
#include "profiler/collector/text_out.h"

/* Profiles of different weeks have a wide gap between them: their buckets become as wide as it takes to stay below this. */
enum { MOST_BUCKETS = 100000 };

static bool is_same_run(const struct profile *a, const struct profile *b)
{
    return a->started_unix_ns == b->started_unix_ns && a->pid == b->pid && strcmp(a->host ? a->host : "", b->host ? b->host : "") == 0;
}

/* Profiles stand in order of their start and host: the parts of a run are neighbours. ret: behind the run that begins at `from`. */
static uint32_t run_end(const struct merge *merge, uint32_t from)
{
    uint32_t end = from + 1;
    while (end < merge->count && is_same_run(merge->profiles[from], merge->profiles[end])) {
        end++;
    }
    return end;
}

/* The largest value of a run's parts, added up over the runs: of the field at `offset`. */
static uint64_t add_runs(const struct merge *merge, size_t offset, size_t bytes)
{
    uint64_t sum = 0;
    for (uint32_t from = 0, end; from < merge->count; from = end) {
        uint64_t most = 0;
        end = run_end(merge, from);
        for (uint32_t i = from; i < end; i++) {
            uint64_t value = 0; /* little-endian: a shorter field is its low bytes */
            memcpy(&value, (const char *)merge->profiles[i] + offset, bytes);
            most = value > most ? value : most;
        }
        sum += most;
    }
    return sum;
}

/* The same for seconds, whose negative values mean "unknown": any_unknown decides whether one such run makes the sum unknown. */
static double add_seconds(const struct merge *merge, size_t offset, bool any_unknown)
{
    uint64_t sum_ns = 0;
    bool unknown = any_unknown ? false : true;
    for (uint32_t from = 0, end; from < merge->count; from = end) {
        double most = -1;
        end = run_end(merge, from);
        for (uint32_t i = from; i < end; i++) {
            double value;
            memcpy(&value, (const char *)merge->profiles[i] + offset, sizeof value);
            most = value > most ? value : most;
        }
        sum_ns += merge_nanoseconds(most);
        unknown = any_unknown ? unknown || most < 0 : unknown && most < 0;
    }
    return unknown ? -1 : (double)sum_ns * 1e-9;
}

#define ADD_RUNS(field)                                                                                                                      \
    do {                                                                                                                                     \
        uint64_t sum_of_runs = add_runs(merge, offsetof(struct profile, field), sizeof to->field);                                          \
        to->field = (__typeof__(to->field))sum_of_runs;                                                                                      \
    } while (0)

static int compare_listed(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The one text that all have, or all of them: "us-1, us-2". */
static const char *join(const struct merge *merge, struct merged_profile *ret, size_t offset)
{
    const char **texts = require_array(merge->count, sizeof texts[0]);
    uint32_t count = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        const char *text;
        memcpy(&text, (const char *)merge->profiles[i] + offset, sizeof text);
        if (text) {
            texts[count++] = text;
        }
    }
    qsort(texts, count, sizeof texts[0], compare_listed);
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    const char *only = count > 0 ? texts[0] : NULL;
    bool different = false;
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(texts[i], texts[i - 1]) != 0) {
            text_out_string(&out, i > 0 ? ", " : "");
            text_out_string(&out, texts[i]);
            different |= i > 0;
        }
    }
    char *joined = different ? text_out_take(&out) : NULL;
    text_out_deinit(&out);
    free(texts);
    if (joined && ret->text_count < MERGED_TEXTS) {
        ret->texts[ret->text_count++] = joined;
    }
    return joined ? joined : only;
}

#define JOIN(field) to->field = join(merge, ret, offsetof(struct profile, field))

static double end_s(const struct merge *merge, uint32_t i)
{
    return (double)merge->offsets_ns[i] * 1e-9 + merge->profiles[i]->duration_s;
}

/* The worst end of all. */
static int badness(const struct profile *profile)
{
    static const int of_ended[] = {[PROFILE_EXITED] = 0, [PROFILE_RUNNING] = 1, [PROFILE_SIGNALLED] = 2};
    return of_ended[profile->ended] * 1000 + profile->ended_code;
}

static void describe_times(const struct merge *merge, struct merged_profile *ret)
{
    struct profile *to = &ret->profile;
    uint64_t last_ns = 0;
    double on_s = 0;
    to->started_unix_ns = merge->profiles[0]->started_unix_ns;
    for (uint32_t i = 0; i < merge->count; i++) {
        const struct profile *from = merge->profiles[i];
        to->duration_s = fmax(to->duration_s, end_s(merge, i));
        to->bucket_ns = from->bucket_ns > to->bucket_ns ? from->bucket_ns : to->bucket_ns;
        on_s += from->seconds_on;
        if (badness(from) > badness(to) || i == 0) {
            to->ended = from->ended;
            to->ended_code = from->ended_code;
        }
        for (uint32_t k = 0; k < from->cell_count; k++) {
            uint64_t begin_ns = merge->offsets_ns[i] + from->cells[k].bucket * from->bucket_ns;
            last_ns = begin_ns > last_ns ? begin_ns : last_ns;
        }
    }
    while (to->bucket_ns > 0 && to->bucket_ns < UINT64_MAX / 4 && last_ns / to->bucket_ns >= MOST_BUCKETS) {
        to->bucket_ns *= 2;
    }
    to->seconds_on = fmin(on_s, to->duration_s); /* one after the other, or all at once */
}

/* Rates weigh as many samples as they made. */
static double mean_rate(const struct merge *merge, size_t offset)
{
    double samples = 0, seconds = 0, first = 0;
    bool same = true;
    for (uint32_t i = 0; i < merge->count; i++) {
        double rate;
        memcpy(&rate, (const char *)merge->profiles[i] + offset, sizeof rate);
        first = i == 0 ? rate : first;
        same = same && rate >= first && rate <= first;
        if (rate > 0) {
            samples += (double)merge->profiles[i]->samples;
            seconds += (double)merge->profiles[i]->samples / rate;
        }
    }
    return same ? first : seconds > 0 ? samples / seconds : 0;
}

static void add_totals(const struct merge *merge, struct profile *to)
{
    for (uint32_t i = 0; i < merge->count; i++) {
        const struct profile *from = merge->profiles[i];
        to->samples += from->samples;
        to->complete_stacks += from->complete_stacks;
        to->cpu_ns_total += from->cpu_ns_total;
        to->wait_ns_total += from->wait_ns_total;
        to->wall |= from->wall;
        for (unsigned k = 0; k < sizeof to->stops / sizeof to->stops[0]; k++) {
            to->stops[k] += from->stops[k];
        }
        to->handler_ns_p50 = from->handler_ns_p50 > to->handler_ns_p50 ? from->handler_ns_p50 : to->handler_ns_p50;
        to->handler_ns_p99 = from->handler_ns_p99 > to->handler_ns_p99 ? from->handler_ns_p99 : to->handler_ns_p99;
        to->slower_than_ns = from->slower_than_ns > to->slower_than_ns ? from->slower_than_ns : to->slower_than_ns;
    }
}

void merge_describe_runs(const struct merge *merge, struct merged_profile *ret)
{
    struct profile *to = &ret->profile;
    const struct profile *first = merge->profiles[0];
    JOIN(program);
    JOIN(command_line);
    JOIN(program_path);
    JOIN(host);
    JOIN(machine);
    JOIN(engine);
    JOIN(engine_why);
    to->pid = first->pid;
    for (uint32_t i = 1; i < merge->count; i++) {
        to->pid = merge->profiles[i]->pid == first->pid ? to->pid : 0; /* 0: several */
    }
    to->scope = first->scope;
    describe_times(merge, ret);
    add_totals(merge, to);
    to->asked_hz = mean_rate(merge, offsetof(struct profile, asked_hz));
    to->achieved_hz = mean_rate(merge, offsetof(struct profile, achieved_hz));
    ADD_RUNS(processes);
    ADD_RUNS(processes_not_joined);
    ADD_RUNS(processes_withdrawn);
    for (unsigned i = 0; i < LEFT_OUT_REASONS; i++) {
        ADD_RUNS(left_out[i]);
    }
    ADD_RUNS(dropped);
    ADD_RUNS(waits_dropped);
    ADD_RUNS(tag_sets_dropped);
    ADD_RUNS(threads_without_slot);
    ADD_RUNS(threads_without_timer);
    ADD_RUNS(nodes_pruned_ns);
    ADD_RUNS(spans_ended);
    ADD_RUNS(spans_lost);
    ADD_RUNS(spans_cut_ns);
    to->cpu_s_measured = add_seconds(merge, offsetof(struct profile, cpu_s_measured), true);
    to->user_s = add_seconds(merge, offsetof(struct profile, user_s), true);
    to->system_s = add_seconds(merge, offsetof(struct profile, system_s), true);
    to->throttled_s = add_seconds(merge, offsetof(struct profile, throttled_s), false);
    to->collector_cpu_s = add_seconds(merge, offsetof(struct profile, collector_cpu_s), false);
}
