/* snapshot -> what a profile says about the run beside its code: tags, threads, counters. See profile_build.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/profile_build_parts.h"
#include "profiler/collector/machine_text.h"
#include "profiler/collector/require_memory.h"

uint32_t *profile_build_tags(const struct snapshot *snapshot, struct built_profile *built)
{
    uint32_t *map = require_array(SESSION_TAG_SETS, sizeof map[0]);
    bool *used = require_array(SESSION_TAG_SETS, sizeof used[0]);
    profile_spans_mark_tags(snapshot, used);
    for (uint32_t i = 0; i < snapshot->tree.cell_count; i++) {
        used[snapshot->tree.cells[i].place.tag_set] = true;
    }
    used[0] = true;
    uint32_t used_count = 0;
    for (uint32_t i = 0; i < SESSION_TAG_SETS; i++) {
        used_count += used[i];
    }
    built->tag_text = require_array(used_count, TAG_SET_TEXT_BYTES + 1);
    built->tag_sets = require_array(used_count, sizeof built->tag_sets[0]);
    built->tags = require_array((size_t)used_count * TAG_SET_MAX_TAGS, sizeof built->tags[0]);
    struct key_table texts;
    key_table_init(&texts, TAG_SET_TEXT_BYTES);
    char text[TAG_SET_TEXT_BYTES] = {0};
    key_table_add(&texts, text, NULL); /* set 0: no tags */
    uint32_t tag_count = 0;
    for (uint32_t i = 1; i < SESSION_TAG_SETS; i++) {
        const struct tag_set *set = &snapshot->tag_sets[i];
        if (!used[i] || set->text_bytes == 0) {
            continue;
        }
        memset(text, 0, sizeof text);
        memcpy(text, set->text, set->text_bytes);
        bool is_new;
        map[i] = key_table_add(&texts, text, &is_new);
        if (!is_new) {
            continue;
        }
        char *copy = built->tag_text + (size_t)map[i] * (TAG_SET_TEXT_BYTES + 1);
        memcpy(copy, text, sizeof text);
        built->tag_sets[map[i]].tags = &built->tags[tag_count];
        for (uint32_t at = 0; at < set->text_bytes && built->tag_sets[map[i]].count < TAG_SET_MAX_TAGS;) {
            const char *key = copy + at, *value = key + strlen(key) + 1;
            if (value > copy + set->text_bytes) {
                break;
            }
            built->tags[tag_count++] = (struct profile_tag){.key = key, .value = value};
            built->tag_sets[map[i]].count++;
            at += (uint32_t)(strlen(key) + strlen(value) + 2);
        }
    }
    built->profile.tag_sets = built->tag_sets;
    built->profile.tag_set_count = texts.count;
    key_table_deinit(&texts);
    free(used);
    return map;
}

void profile_build_threads(const struct snapshot *snapshot, struct built_profile *built)
{
    uint32_t count = snapshot->thread_count ? snapshot->thread_count : 1; /* cells need one to point to */
    built->threads = require_array(count, sizeof built->threads[0]);
    built->thread_names = require_array(count, sizeof built->thread_names[0]);
    for (uint32_t i = 0; i < snapshot->thread_count; i++) {
        const struct thread_row *row = &snapshot->threads[i];
        memcpy(built->thread_names[i], row->name, sizeof built->thread_names[i]);
        built->thread_names[i][15] = '\0';
        /* A measure that also counts the time with sampling off would not compare. */
        uint64_t measured_ns = row->measured_ns + (row->sampled_ns - row->measured_at_ns);
        bool comparable = row->measured_ns > 0 && !snapshot->was_off && row->tid != 0;
        built->threads[i] =
            (struct profile_thread){.pid = row->pid,
                                    .tid = row->tid,
                                    .name = built->thread_names[i],
                                    .cpu_s_sampled = (double)row->sampled_ns * 1e-9,
                                    .cpu_s_measured = comparable ? (double)measured_ns * 1e-9 : -1.0};
    }
    if (!snapshot->thread_count) {
        built->threads[0] = (struct profile_thread){.name = "", .cpu_s_measured = -1.0};
    }
    built->profile.threads = built->threads;
    built->profile.thread_count = count;
}

static char *join_arguments(char *const *argv)
{
    size_t bytes = 1;
    for (char *const *word = argv; *word; word++) {
        bytes += strlen(*word) + 1;
    }
    char *joined = require_array(bytes, 1);
    for (char *const *word = argv; *word; word++) {
        strcat(joined, *word);
        strcat(joined, word[1] ? " " : "");
    }
    return joined;
}

void profile_build_describe(const struct collector_options *options, const char *program_path, const struct snapshot *snapshot,
                            struct built_profile *built)
{
    const struct drain_counts *counts = &snapshot->counts;
    struct profile *profile = &built->profile;
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    built->host = strdup(host);
    built->command_line = join_arguments(options->argv);
    profile->program = options->program;
    profile->command_line = built->command_line;
    profile->program_path = program_path;
    profile->host = built->host;
    built->machine = machine_text("/proc/cpuinfo");
    profile->machine = built->machine;
    profile->pid = snapshot->pid;
    profile->started_unix_ns = snapshot->started_unix_ns;
    profile->duration_s = (double)snapshot->elapsed_ns * 1e-9;
    profile->ended = snapshot->ended;
    profile->ended_code = snapshot->ended_code;
    profile->processes = snapshot->processes;
    profile->processes_not_joined = snapshot->unjoined + snapshot->processes_without_row;
    profile->engine = engine_name(&snapshot->engine);
    engine_why(&snapshot->engine, engine_paranoid(), built->engine_why, sizeof built->engine_why);
    profile->engine_why = built->engine_why;
    profile->asked_hz = 1.0 / options->sampling_period_s;
    profile->cpu_s_measured = (double)snapshot->cpu_on_ns * 1e-9;
    profile->achieved_hz = snapshot->cpu_on_ns ? (double)counts->samples / profile->cpu_s_measured : 0.0;
    profile->user_s = snapshot->user_s;
    profile->system_s = snapshot->system_s;
    profile->samples = counts->samples;
    profile->dropped = snapshot->slot_drops + counts->corrupt;
    profile->complete_stacks = counts->complete;
    for (unsigned i = 0; i < UNWIND_STOP_COUNT && i < sizeof profile->stops / sizeof profile->stops[0]; i++) {
        profile->stops[i] = counts->stops[i];
    }
    profile->handler_ns_p50 = (uint32_t)(drain_handler_quantile(counts, 0.5) / snapshot->cycles_per_ns);
    profile->handler_ns_p99 = (uint32_t)(drain_handler_quantile(counts, 0.99) / snapshot->cycles_per_ns);
    profile->collector_cpu_s = snapshot->collector_cpu_s;
    profile->throttled_s = snapshot->throttled_s;
    profile->wall = options->wall;
    profile->waits_dropped = snapshot->waits_dropped;
    profile->seconds_on = (double)snapshot->on_ns * 1e-9;
    profile->tag_sets_dropped = snapshot->tag_sets_dropped;
    profile->processes_withdrawn = snapshot->withdrawn;
    memcpy(profile->left_out, snapshot->left_out, sizeof profile->left_out);
    profile->threads_without_slot = snapshot->threads_without_slot;
    profile->threads_without_timer = snapshot->threads_without_timer;
    profile->nodes_pruned_ns = snapshot->tree.pruned_ns;
    profile->bucket_ns = snapshot->tree.bucket_ns;
    profile->scope = options->scope;
    profile->static_tags = options->static_tags;
    profile->static_tag_count = options->static_tag_count;
}
