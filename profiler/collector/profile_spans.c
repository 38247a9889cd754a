/* See profile_spans.h. */
#include "profiler/collector/profile_spans.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/require_memory.h"

struct latency_key { /* no padding */
    const char *name; /* interned */
    uint32_t tag_set, step;
};

void profile_spans_mark_tags(const struct snapshot *snapshot, bool *used)
{
    for (uint32_t i = 0; i < snapshot->span_count; i++) {
        used[snapshot->spans[i].facts.tag_set] = true;
    }
    for (uint32_t i = 0; i < snapshot->latency_count; i++) {
        used[snapshot->span_groups[snapshot->latencies[i].group].tag_set] = true;
    }
}

static int compare_begins(const void *left, const void *right)
{
    const struct span_facts *a = &((const struct running_span *)left)->facts, *b = &((const struct running_span *)right)->facts;
    if (a->begin_ns != b->begin_ns) {
        return a->begin_ns < b->begin_ns ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

static const char *given(const char *text)
{
    return text[0] ? text : NULL;
}

static void build_spans(const struct snapshot *snapshot, const uint32_t *tag_map, struct profile_spans *ret)
{
    size_t bytes = (snapshot->span_count + (size_t)1) * sizeof(struct running_span);
    struct running_span *sorted = require_array(1, bytes);
    memcpy(sorted, snapshot->spans, snapshot->span_count * sizeof sorted[0]);
    qsort(sorted, snapshot->span_count, sizeof sorted[0], compare_begins);
    ret->span_count = snapshot->span_count + 1;
    ret->spans = require_array(ret->span_count, sizeof ret->spans[0]);
    ret->texts = require_array(ret->span_count, sizeof ret->texts[0]);
    ret->by_number = require_array(SPAN_NUMBERS, sizeof ret->by_number[0]);
    ret->spans[0].name = ret->texts[0].name;
    for (uint32_t i = 1; i < ret->span_count; i++) {
        const struct span_facts *facts = &sorted[i - 1].facts;
        struct span_text *text = &ret->texts[i];
        *text = facts->text;
        ret->spans[i] = (struct profile_span){.id = facts->id,
                                              .name = text->name,
                                              .method = given(text->method),
                                              .path = given(text->path),
                                              .request_id = given(text->request_id),
                                              .tag_set = tag_map[facts->tag_set],
                                              .thread = facts->thread < snapshot->thread_count ? facts->thread : 0,
                                              .begin_ns = facts->begin_ns - snapshot->started_ns,
                                              .wall_ns = facts->wall_ns,
                                              .running = facts->running};
        if (sorted[i - 1].number) {
            ret->by_number[sorted[i - 1].number] = i;
        }
    }
    free(sorted);
}

/* Sets of equal text are one set here. */
static void build_latencies(const struct snapshot *snapshot, const uint32_t *tag_map, struct string_pool *strings, struct profile_spans *ret)
{
    struct key_table keys;
    key_table_init(&keys, sizeof(struct latency_key));
    ret->latencies = require_array(snapshot->latency_count + (size_t)1, sizeof ret->latencies[0]);
    for (uint32_t i = 0; i < snapshot->latency_count; i++) {
        const struct snapshot_latency *latency = &snapshot->latencies[i];
        const struct span_group *group = &snapshot->span_groups[latency->group];
        struct latency_key key = {
            .name = string_pool_intern(strings, group->name), .tag_set = tag_map[group->tag_set], .step = latency->step};
        uint32_t index = key_table_add(&keys, &key, NULL);
        ret->latencies[index].name = key.name;
        ret->latencies[index].tag_set = key.tag_set;
        ret->latencies[index].step = key.step;
        ret->latencies[index].count += latency->count;
    }
    ret->latency_count = keys.count;
    key_table_deinit(&keys);
}

void profile_spans_build(const struct snapshot *snapshot, const uint32_t *tag_map, struct string_pool *strings, struct profile_spans *ret)
{
    build_spans(snapshot, tag_map, ret);
    build_latencies(snapshot, tag_map, strings, ret);
}

void profile_spans_deinit(struct profile_spans *spans)
{
    free(spans->spans);
    free(spans->texts);
    free(spans->latencies);
    free(spans->by_number);
}
