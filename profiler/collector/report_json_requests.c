/* See report_json_requests.h. */
#include "profiler/collector/report_json_requests.h"

#include <inttypes.h>

#include "profiler/collector/request_summary.h"

static void put_ms(struct text_out *out, const char *member, uint64_t ns)
{
    text_out_format(out, ",\"%s\":", member);
    text_out_fixed(out, (double)ns * 1e-6, 3);
}

static void put_string(struct text_out *out, const char *member, const char *value)
{
    text_out_format(out, ",\"%s\":", member);
    text_out_json(out, value);
}

static void put_tags(struct text_out *out, const struct profile_tag_set *set)
{
    text_out_string(out, ",\"tags\":{");
    for (uint32_t i = 0; i < set->count; i++) {
        text_out_string(out, i > 0 ? "," : "");
        text_out_json(out, set->tags[i].key);
        text_out_char(out, ':');
        text_out_json(out, set->tags[i].value);
    }
    text_out_char(out, '}');
}

static void put_row(struct text_out *out, const struct request_row *row)
{
    text_out_format(out, ",\"count\":%" PRIu64, row->count);
    put_ms(out, "p50_ms", row->p50_ns);
    put_ms(out, "p95_ms", row->p95_ns);
    put_ms(out, "p99_ms", row->p99_ns);
    put_ms(out, "max_ms", row->max_ns);
}

static void put_totals(struct text_out *out, const struct request_summary *requests)
{
    const struct profile *profile = requests->profile;
    uint32_t running = 0;
    for (uint32_t i = 1; i < profile->span_count; i++) {
        running += profile->spans[i].running;
    }
    text_out_format(out, ",\"requests\":{\"ended\":%" PRIu64 ",\"running\":%u,\"kept\":%u,\"lost\":%" PRIu64, profile->spans_ended, running,
                    requests->slowest_count - running, profile->spans_lost);
    put_ms(out, "cut_ms", profile->spans_cut_ns);
    put_ms(out, "slower_than_ms", profile->slower_than_ns);
    put_row(out, &requests->all);
    text_out_string(out, ",\"sets\":[");
    for (uint32_t i = 0; i < requests->set_count; i++) {
        text_out_string(out, i > 0 ? ",{\"name\":" : "{\"name\":");
        text_out_json(out, requests->sets[i].name);
        put_tags(out, &profile->tag_sets[requests->sets[i].tag_set]);
        put_row(out, &requests->sets[i]);
        text_out_char(out, '}');
    }
    text_out_string(out, "],\"values\":[");
    for (uint32_t i = 0; i < requests->value_count; i++) {
        text_out_string(out, i > 0 ? ",{\"key\":" : "{\"key\":");
        text_out_json(out, requests->values[i].key);
        put_string(out, "value", requests->values[i].value);
        put_row(out, &requests->values[i]);
        text_out_char(out, '}');
    }
    text_out_string(out, "]}");
}

static void put_span(struct text_out *out, const struct request_summary *requests, uint32_t index)
{
    const struct profile *profile = requests->profile;
    const struct profile_span *span = &profile->spans[index];
    const struct request_cost *cost = &requests->costs[index];
    const struct profile_thread *thread = &profile->threads[span->thread];
    text_out_format(out, "{\"id\":\"%016" PRIx64 "\"", span->id);
    put_string(out, "name", span->name);
    put_string(out, "method", span->method);
    put_string(out, "path", span->path);
    put_string(out, "request_id", span->request_id);
    put_tags(out, &profile->tag_sets[span->tag_set]);
    text_out_string(out, ",\"begin_s\":");
    text_out_fixed(out, (double)span->begin_ns * 1e-9, 6);
    put_ms(out, "wall_ms", span->wall_ns);
    put_ms(out, "cpu_ms", cost->cpu_ns);
    put_ms(out, "wait_ms", cost->wait_ns);
    text_out_format(out, ",\"samples\":%" PRIu64 ",\"running\":%s,\"pid\":%d,\"tid\":%d", cost->samples, span->running ? "true" : "false",
                    (int)thread->pid, (int)thread->tid);
    put_string(out, "thread", thread->name);
    text_out_char(out, '}');
}

void report_json_requests(struct text_out *out, const struct profile *profile)
{
    struct request_summary *requests = request_summary_create(profile);
    if (!requests) {
        return;
    }
    put_totals(out, requests);
    text_out_string(out, ",\"spans\":[");
    for (uint32_t i = 0; i < requests->slowest_count; i++) {
        text_out_string(out, i > 0 ? "," : "");
        put_span(out, requests, requests->slowest[i]);
    }
    text_out_char(out, ']');
    request_summary_destroy(requests);
}
