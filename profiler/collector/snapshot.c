/* See snapshot.h. */
#include "profiler/collector/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profiler/collector/require_memory.h"

void snapshot_deinit(struct snapshot *snapshot)
{
    aggregate_deinit(&snapshot->tree);
    free(snapshot->modules);
    free(snapshot->threads);
    free(snapshot->tag_sets);
    free(snapshot->locks);
    free(snapshot->spans);
    free(snapshot->span_groups);
    free(snapshot->latencies);
}

static void copy_tag_sets(const struct session *session, struct snapshot *ret)
{
    ret->tag_sets = require_array(SESSION_TAG_SETS, sizeof ret->tag_sets[0]);
    for (uint32_t i = 1; i < SESSION_TAG_SETS; i++) {
        if (atomic_load_explicit(&session->tag_sets[i].state, memory_order_acquire) != TAG_SET_READY) {
            continue;
        }
        struct tag_set *copy = &ret->tag_sets[i];
        memcpy(copy->text, session->tag_sets[i].text, sizeof copy->text);
        uint32_t bytes = session->tag_sets[i].text_bytes;
        copy->text_bytes = bytes < sizeof copy->text ? bytes : sizeof copy->text - 1;
        copy->text[copy->text_bytes] = '\0';
        if (copy->text_bytes) {
            copy->text[copy->text_bytes - 1] = '\0';
        }
    }
}

static void copy_modules(const struct modules *modules, struct snapshot *ret)
{
    ret->module_count = modules->count;
    ret->modules = require_array(modules->count + (size_t)1, sizeof ret->modules[0]);
    for (uint32_t i = 0; i < modules->count; i++) {
        const struct module *module = &modules->all[i];
        ret->modules[i] = (struct snapshot_module){.path = module->path,
                                                   .open_path = module->open_path,
                                                   .why = module->why,
                                                   .build_id_bytes = module->build_id_bytes,
                                                   .kind = module->kind,
                                                   .pid = module->pid,
                                                   .owner = module->owner};
        memcpy(ret->modules[i].build_id, module->build_id, sizeof module->build_id);
    }
}

static void copy_spans(struct drain_spans *spans, uint64_t now_ns, struct snapshot *ret)
{
    const struct span_table *table = &spans->table;
    ret->spans = require_array(2 * SPANS_KEPT, sizeof ret->spans[0]);
    for (uint32_t i = 0; i < table->kept_count; i++) {
        uint32_t number = table->kept[i].number;
        ret->spans[ret->span_count++] = (struct running_span){.facts = table->spans[number].facts, .number = number};
    }
    ret->span_count += drain_spans_running(spans, now_ns, ret->spans + ret->span_count, SPANS_KEPT);
    ret->started_ns = spans->started_ns;
    ret->spans_ended = table->ended;
    ret->spans_lost = atomic_load(&spans->owner->session->header.spans_lost);
    ret->slower_than_ns = table->slower_than_ns;
    ret->span_groups = require_array(table->groups.count, sizeof ret->span_groups[0]);
    memcpy(ret->span_groups, table->groups.keys, table->groups.count * sizeof ret->span_groups[0]);
    ret->latency_count = table->latencies.count;
    ret->latencies = require_array(ret->latency_count + (size_t)1, sizeof ret->latencies[0]);
    for (uint32_t i = 0; i < ret->latency_count; i++) {
        const struct span_latency *latency = key_table_at(&table->latencies, i);
        ret->latencies[i] =
            (struct snapshot_latency){.group = latency->group, .step = latency->step, .count = table->latency_counts[i]};
    }
}

uint64_t snapshot_drops(const struct session *session)
{
    uint64_t drops = atomic_load(&session->header.samples_without_chunk);
    return drops + atomic_load(&session->header.samples_dropped);
}

bool snapshot_copy(struct snapshot *ret, struct drain *drain)
{
    *ret = (struct snapshot){0};
    const struct session_header *header = &drain->owner->session->header;
    if (!aggregate_copy(drain->aggregate, &ret->tree)) {
        return false;
    }
    copy_spans(&drain->spans, drain->looked_ns, ret); /* may meet a thread */
    thread_table_refresh(drain->threads);
    copy_modules(drain->modules, ret);
    ret->thread_count = drain->threads->count;
    ret->threads = require_array(ret->thread_count + (size_t)1, sizeof ret->threads[0]);
    if (ret->thread_count) {
        memcpy(ret->threads, drain->threads->rows, ret->thread_count * sizeof ret->threads[0]);
    }
    copy_tag_sets(drain->owner->session, ret);
    ret->counts = drain->counts;
    ret->engine = engine_facts_of(header);
    ret->lock_count = drain->locks.count;
    ret->locks = require_array(ret->lock_count + (size_t)1, sizeof ret->locks[0]);
    memcpy(ret->locks, drain->locks.rows, ret->lock_count * sizeof ret->locks[0]);
    ret->waits_dropped = atomic_load(&header->waits_dropped);
    ret->processes = drain->processes->joined;
    ret->cpu_on_ns = drain->processes->cpu_on_ns;
    ret->tag_sets_dropped = atomic_load(&header->tag_sets_dropped);
    ret->threads_without_slot = atomic_load(&header->threads_without_slot);
    ret->threads_without_timer = atomic_load(&header->threads_without_timer);
    ret->processes_without_row = atomic_load(&header->processes_without_row);
    ret->withdrawn = atomic_load(&header->processes_withdrawn);
    for (unsigned i = 0; i < LEFT_OUT_REASONS; i++) {
        ret->left_out[i] = atomic_load(&header->programs_left_out[i]);
    }
    ret->slot_drops = snapshot_drops(drain->owner->session);
    return true;
}

void snapshot_read_split(struct snapshot *ret)
{
    ret->user_s = ret->system_s = -1.0;
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)ret->pid);
    FILE *file = ret->pid > 0 ? fopen(path, "re") : NULL;
    if (!file) {
        return;
    }
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *behind_name = strrchr(text, ')');
    unsigned long user, system, child_user, child_system;
    if (behind_name && sscanf(behind_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &user,
                              &system, &child_user, &child_system) == 4) {
        double tick = (double)sysconf(_SC_CLK_TCK);
        ret->user_s = (double)(user + child_user) / tick;
        ret->system_s = (double)(system + child_system) / tick;
    }
}
