/* See selection_text.h. */
#include "profiler/collector/selection_text.h"

#include <inttypes.h>
#include <string.h>

#include "profiler/collector/findings.h"
#include "profiler/collector/text_out.h"

/* 10, 0.5, 12.25: as it was typed. */
static void put_seconds(struct text_out *out, double seconds)
{
    double thousandths = seconds * 1000;
    unsigned decimals = 0;
    for (double unit = 1000; decimals < 3 && thousandths / unit != (double)(int64_t)(thousandths / unit); unit /= 10) {
        decimals++;
    }
    text_out_fixed(out, seconds, decimals);
}

static double selected_percent(const struct profile *profile)
{
    return profile->unselected_cpu_ns > 0 ? 100 * (double)profile->cpu_ns_total / (double)profile->unselected_cpu_ns : 0;
}

static void put_range(struct text_out *out, const struct profile_selection *selection)
{
    if (selection->from_s <= 0 && selection->to_s <= 0) {
        return;
    }
    text_out_string(out, " from ");
    put_seconds(out, selection->from_s);
    if (selection->to_s > 0) {
        text_out_string(out, " to ");
        put_seconds(out, selection->to_s);
        text_out_string(out, " s,");
    } else {
        text_out_string(out, " s on,");
    }
}

/* Each key once, with its values, in the order in which they were given. */
static void put_tags(struct text_out *out, const struct profile_selection *selection)
{
    for (uint32_t i = 0; i < selection->tag_count; i++) {
        bool said = false;
        for (uint32_t k = 0; k < i; k++) {
            said |= strcmp(selection->tags[k].key, selection->tags[i].key) == 0;
        }
        for (uint32_t k = i, values = 0; !said && k < selection->tag_count; k++) {
            if (strcmp(selection->tags[k].key, selection->tags[i].key) != 0) {
                continue;
            }
            text_out_string(out, values > 0 ? " or " : " ");
            if (values++ == 0) {
                text_out_plain(out, selection->tags[i].key);
                text_out_string(out, " = ");
            }
            text_out_plain(out, selection->tags[k].value[0] ? selection->tags[k].value : "(none)");
        }
        text_out_string(out, said ? "" : ",");
    }
}

static void put_threads_and_spans(struct text_out *out, const struct profile_selection *selection)
{
    for (uint32_t i = 0; i < selection->thread_count; i++) {
        text_out_string(out, i > 0 ? " or " : selection->thread_count > 1 ? " threads " : " thread ");
        text_out_plain(out, selection->threads[i]);
    }
    text_out_string(out, selection->thread_count > 0 ? "," : "");
    for (uint32_t i = 0; i < selection->span_count; i++) {
        text_out_string(out, i > 0 ? " or" : selection->span_count > 1 ? " spans" : " span");
        text_out_format(out, " %016" PRIx64, selection->spans[i]);
    }
    text_out_string(out, selection->span_count > 0 ? "," : "");
}

void selection_text(struct text_out *out, const struct profile *profile)
{
    if (!profile->selection) {
        return;
    }
    text_out_string(out, "A selection:");
    put_range(out, profile->selection);
    put_tags(out, profile->selection);
    put_threads_and_spans(out, profile->selection);
    text_out_char(out, ' ');
    findings_percent_text(out, selected_percent(profile));
    text_out_string(out, " of the CPU time (");
    text_out_fixed(out, (double)profile->cpu_ns_total * 1e-9, 2);
    text_out_string(out, " of ");
    text_out_fixed(out, (double)profile->unselected_cpu_ns * 1e-9, 2);
    text_out_string(out, " s). Every percentage is of the selection");
}

void selection_json(struct text_out *out, const struct profile *profile)
{
    const struct profile_selection *selection = profile->selection;
    if (!selection) {
        text_out_string(out, "null");
        return;
    }
    text_out_string(out, "{\"from_s\":");
    text_out_fixed(out, selection->from_s, 6);
    text_out_string(out, ",\"to_s\":");
    if (selection->to_s > 0) {
        text_out_fixed(out, selection->to_s, 6);
    } else {
        text_out_string(out, "null");
    }
    text_out_string(out, ",\"tags\":[");
    for (uint32_t i = 0; i < selection->tag_count; i++) {
        text_out_string(out, i > 0 ? ",{\"key\":" : "{\"key\":");
        text_out_json(out, selection->tags[i].key);
        text_out_string(out, ",\"value\":");
        text_out_json(out, selection->tags[i].value);
        text_out_char(out, '}');
    }
    text_out_string(out, "],\"threads\":[");
    for (uint32_t i = 0; i < selection->thread_count; i++) {
        text_out_string(out, i > 0 ? "," : "");
        text_out_json(out, selection->threads[i]);
    }
    text_out_string(out, "],\"spans\":[");
    for (uint32_t i = 0; i < selection->span_count; i++) {
        text_out_format(out, "%s\"%016" PRIx64 "\"", i > 0 ? "," : "", selection->spans[i]);
    }
    text_out_string(out, "],\"cpu_percent\":");
    text_out_fixed(out, selected_percent(profile), 6);
    text_out_char(out, '}');
}
