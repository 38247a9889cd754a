/* What of a profile goes into the report's data as JSON: its texts, and the numbers that are of the whole. See report_data.h. */
#include "profiler/collector/report_data_parts.h"

/* `"key":[` texts `]`. */
#define TEXTS(out, key, count, text)                                                                                                       \
    do {                                                                                                                                   \
        text_out_string(out, "\"" key "\":[");                                                                                             \
        for (uint32_t i = 0; i < (count); i++) {                                                                                           \
            text_out_string(out, i > 0 ? "," : "");                                                                                        \
            text;                                                                                                                          \
        }                                                                                                                                  \
        text_out_char(out, ']');                                                                                                           \
    } while (0)

static void put_code_texts(struct text_out *out, const struct report_data *data)
{
    const struct profile *profile = data->profile;
    TEXTS(out, "paths", data->path_count, text_out_json(out, data->paths[i]));
    text_out_string(out, ",\"modules\":{");
    TEXTS(out, "path", profile->module_count, text_out_json(out, profile->modules[i].path));
    text_out_string(out, "},\"functions\":{");
    TEXTS(out, "name", profile->function_count, text_out_json(out, profile->functions[i].name));
    text_out_string(out, "},\"files\":{");
    TEXTS(out, "missing", profile->file_count, text_out_json(out, profile->files[i].text ? NULL : profile->files[i].missing));
    text_out_string(out, "},");
}

static void put_tags(struct text_out *out, const struct profile_tag *tags, uint32_t count)
{
    text_out_char(out, '[');
    for (uint32_t i = 0; i < count; i++) {
        text_out_string(out, i > 0 ? "," : "");
        text_out_json(out, tags[i].key);
        text_out_char(out, ',');
        text_out_json(out, tags[i].value);
    }
    text_out_char(out, ']');
}

static void put_label_texts(struct text_out *out, const struct profile *profile)
{
    const struct profile_span *spans = profile->spans;
    uint32_t count = profile->span_count;
    TEXTS(out, "tag_sets", profile->tag_set_count, put_tags(out, profile->tag_sets[i].tags, profile->tag_sets[i].count));
    text_out_string(out, ",\"static_tags\":");
    put_tags(out, profile->static_tags, profile->static_tag_count);
    text_out_string(out, ",\"threads\":{");
    TEXTS(out, "name", profile->thread_count, text_out_json(out, profile->threads[i].name));
    text_out_string(out, "},\"spans\":{");
    TEXTS(out, "id", count, text_out_format(out, "\"%016llx\"", (unsigned long long)spans[i].id));
    text_out_char(out, ',');
    TEXTS(out, "name", count, text_out_json(out, spans[i].name));
    text_out_char(out, ',');
    TEXTS(out, "method", count, text_out_json(out, spans[i].method));
    text_out_char(out, ',');
    TEXTS(out, "path", count, text_out_json(out, spans[i].path));
    text_out_char(out, ',');
    TEXTS(out, "request_id", count, text_out_json(out, spans[i].request_id));
    text_out_string(out, "},\"latencies\":{");
    TEXTS(out, "name", profile->latency_count, text_out_json(out, profile->latencies[i].name));
    text_out_string(out, "},");
}

/* What is known of all requests beside their durations. */
static void put_requests(struct text_out *out, const struct profile *profile)
{
    text_out_string(out, "\"requests\":[");
    text_out_unsigned(out, profile->spans_ended);
    text_out_char(out, ',');
    text_out_unsigned(out, profile->spans_lost);
    text_out_char(out, ',');
    text_out_unsigned(out, profile->spans_cut_ns);
    text_out_char(out, ',');
    text_out_unsigned(out, profile->slower_than_ns);
    text_out_string(out, "],");
}

/* What `hotline diff` compares; null in any other report. */
static void put_compare(struct text_out *out, const struct profile *profile)
{
    text_out_string(out, "\"compare\":");
    if (!profile->compare_key) {
        text_out_string(out, "null,");
        return;
    }
    text_out_string(out, "{\"key\":");
    text_out_json(out, profile->compare_key);
    text_out_format(out, ",\"normalized\":%s,\"otherBuild\":%s,", profile->compare_normalized ? "true" : "false",
                    profile->compare_other_build ? "true" : "false");
    TEXTS(out, "names", 2U, text_out_json(out, profile->compare_names[i]));
    text_out_string(out, "},");
}

void report_data_put_texts(struct text_out *out, const void *context)
{
    const struct report_data *data = context;
    const struct profile *profile = data->profile;
    struct cell_list cpu = report_data_cpu(profile), waits = report_data_waits(profile);
    text_out_string(out, "\"v\":2,\"unit_ns\":");
    text_out_unsigned(out, report_data_unit(&cpu));
    text_out_string(out, ",\"waits_unit_ns\":");
    text_out_unsigned(out, report_data_unit(&waits));
    text_out_string(out, ",\"bucket_ns\":");
    text_out_unsigned(out, profile->bucket_ns);
    text_out_string(out, ",\"started_unix_s\":");
    text_out_fixed(out, (double)profile->started_unix_ns / 1e9, 3);
    text_out_string(out, ",\"duration_s\":");
    text_out_fixed(out, profile->duration_s, 6);
    text_out_string(out, ",\"threshold\":");
    text_out_fixed(out, profile->scope.cpu_percent_threshold, 6);
    text_out_string(out, profile->scope.reduced ? ",\"reduced\":1" : ",\"reduced\":0");
    text_out_string(out, ",\"prefix\":");
    text_out_json_bytes(out, data->summary->path_prefix ? data->summary->path_prefix : "", data->summary->path_prefix_bytes);
    text_out_char(out, ',');
    put_requests(out, profile);
    put_compare(out, profile);
    put_code_texts(out, data);
    put_label_texts(out, profile);
}
