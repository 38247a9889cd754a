/* Selections of a made profile: which cells stay, what the totals become, what is refused in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/latency_scale.h"
#include "profiler/collector/profile_select.h"
#include "profiler/collector/report_json.h"
#include "profiler/collector/report_text.h"
#include "profiler/collector/selection_text.h"
#include "profiler/collector/text_out.h"
#include "tests/unit/made_profile.h"

#define TEST(name)  static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

static const struct profile_tag BLUR[] = {{"format", "png"}, {"operation", "blur"}};
static const struct profile_tag EDGE[] = {{"operation", "edge"}};
static const struct profile_tag REGION[] = {{"region", "oregon"}};

/* One function; six cells of 1, 2, 4, 8, 16, 32 samples, so that a sum says which cells are in it. */
struct fixture {
    struct made made;
    struct profile_span spans[3];
    struct profile_latency latencies[3];
    struct profile_cell waits[1];
    uint32_t blur, edge;
};

static void set_up(struct fixture *f)
{
    struct made *m = &f->made;
    made_init(m);
    uint32_t app = made_module(m, "/srv/app/app", true);
    uint32_t file = made_file(m, "/src/app.c", true, "text\n");
    uint32_t node = made_call(m, 0, made_function(m, "main", file, 1, app), file, 12);
    f->blur = made_tag_set(m, BLUR, 2);
    f->edge = made_tag_set(m, EDGE, 1);
    uint32_t main_thread = made_thread(m, 4242, "main"), worker = made_thread(m, 4243, "worker");
    made_cell(m, node, 0, main_thread, 0, 1, false);
    made_cell(m, node, f->blur, main_thread, 0, 2, false);
    made_cell(m, node, f->edge, main_thread, 1, 4, false);
    made_cell(m, node, f->blur, worker, 1, 8, false);
    made_cell(m, node, f->edge, worker, 2, 16, true);
    made_cell(m, node, 0, worker, 3, 32, false);
    m->cells[3].span = 1;
    m->cells[4].span = 2;
    f->spans[0] = (struct profile_span){0};
    f->spans[1] = (struct profile_span){.id = 0xa1, .name = "blur", .tag_set = f->blur, .thread = main_thread, .begin_ns = 1000000000, .wall_ns = 500000000};
    f->spans[2] = (struct profile_span){.id = 0xa2, .name = "edge", .tag_set = f->edge, .thread = worker, .begin_ns = 2000000000, .wall_ns = 900000000};
    m->profile.spans = f->spans;
    m->profile.span_count = 3;
    f->latencies[0] = (struct profile_latency){"blur", f->blur, latency_step(500000000), 7};
    f->latencies[1] = (struct profile_latency){"edge", f->edge, latency_step(900000000), 5};
    f->latencies[2] = (struct profile_latency){"health", 0, latency_step(1000), 90};
    m->profile.latencies = f->latencies;
    m->profile.latency_count = 3;
    f->waits[0] = (struct profile_cell){.node = node, .tag_set = f->edge, .thread = worker, .bucket = 2, .samples = 3, .cpu_ns = 77};
    m->profile.wall = true;
    m->profile.wait_cells = f->waits;
    m->profile.wait_cell_count = 1;
    m->profile.wait_ns_total = 77;
    m->profile.static_tags = REGION;
    m->profile.static_tag_count = 1;
    m->profile.cpu_s_measured = 0.63;
}

/* The sum of the samples that a selection leaves; the profile's totals must say the same. */
static uint64_t selected_samples(const struct fixture *f, const struct profile_selection *selection)
{
    char error[200] = "";
    struct profile *part = profile_select(&f->made.profile, selection, error, sizeof error);
    assert_non_null(part);
    uint64_t samples = 0, cpu_ns = 0;
    double threads_s = 0;
    for (uint32_t i = 0; i < part->cell_count; i++) {
        samples += part->cells[i].samples;
        cpu_ns += part->cells[i].cpu_ns;
    }
    for (uint32_t i = 0; i < part->thread_count; i++) {
        threads_s += part->threads[i].cpu_s_sampled;
        assert_true(part->threads[i].cpu_s_measured < 0);
    }
    assert_int_equal(part->samples, samples);
    assert_int_equal(part->complete_stacks, samples);
    assert_int_equal(part->cpu_ns_total, cpu_ns);
    assert_int_equal(part->unselected_cpu_ns, 63 * MADE_PERIOD_NS);
    assert_ptr_equal(part->unselected_cells, f->made.profile.cells);
    assert_int_equal(part->unselected_cell_count, f->made.profile.cell_count);
    assert_true(fabs(threads_s - (double)cpu_ns * 1e-9) < 1e-9);
    assert_true(part->cpu_s_measured < 0);
    profile_select_release(part);
    return samples;
}

TEST(a_range_is_of_buckets_that_begin_in_it)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.from_s = 1, .to_s = 2}), 4 + 8);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.to_s = 1}), 1 + 2);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.from_s = 2}), 16 + 32);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.from_s = 0.5, .to_s = 2.5}), 4 + 8 + 16);
    f.made.profile.bucket_ns = 100000000; /* 0.1 and 0.3 have no exact binary form */
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.from_s = 0.1, .to_s = 0.3}), 4 + 8 + 16);
    made_deinit(&f.made);
}

TEST(consecutive_ranges_take_every_sample_once)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    uint64_t samples = 0;
    for (int i = 0; i < 4; i++) {
        samples += selected_samples(&f, &(struct profile_selection){.from_s = i, .to_s = i + 1.0});
    }
    assert_int_equal(samples, 63);
    made_deinit(&f.made);
}

static uint64_t with_tags(const struct fixture *f, const struct profile_tag *tags, uint32_t count)
{
    return selected_samples(f, &(struct profile_selection){.tags = tags, .tag_count = count});
}

TEST(values_of_a_key_are_alternatives_keys_narrow_each_other)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    assert_int_equal(with_tags(&f, EDGE, 1), 4 + 16);
    assert_int_equal(with_tags(&f, (const struct profile_tag[]){{"operation", "blur"}, {"operation", "edge"}}, 2), 2 + 4 + 8 + 16);
    assert_int_equal(with_tags(&f, BLUR, 2), 2 + 8);
    assert_int_equal(with_tags(&f, (const struct profile_tag[]){{"operation", ""}}, 1), 1 + 32);
    assert_int_equal(with_tags(&f, (const struct profile_tag[]){{"format", ""}, {"operation", "edge"}, {"operation", "blur"}}, 3), 4 + 16);
    assert_int_equal(with_tags(&f, REGION, 1), 63); /* the whole profile has it */
    made_deinit(&f.made);
}

TEST(threads_go_by_name_or_id_and_spans_by_id)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.threads = (const char *const[]){"worker"}, .thread_count = 1}), 8 + 16 + 32);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.threads = (const char *const[]){"4242"}, .thread_count = 1}), 1 + 2 + 4);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.threads = (const char *const[]){"4242", "worker"}, .thread_count = 2}), 63);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.spans = (const uint64_t[]){0xa1}, .span_count = 1}), 8);
    assert_int_equal(selected_samples(&f, &(struct profile_selection){.spans = (const uint64_t[]){0xa1, 0xa2}, .span_count = 2, .tags = EDGE, .tag_count = 1}), 16);
    made_deinit(&f.made);
}

TEST(spans_durations_and_waits_follow)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    char error[200];
    struct profile_selection edges = {.tags = EDGE, .tag_count = 1};
    struct profile *part = profile_select(&f.made.profile, &edges, error, sizeof error);
    assert_non_null(part);
    assert_int_equal(part->span_count, 2);
    assert_int_equal(part->spans[1].id, 0xa2);
    assert_int_equal(part->cells[1].span, 1); /* renumbered */
    assert_int_equal(part->latency_count, 1);
    assert_int_equal(part->latencies[0].count, 5);
    assert_int_equal(part->wait_ns_total, 77);
    profile_select_release(part);
    /* A span of the main thread, whose work a helper did: it is the helper's span too. */
    struct profile_selection helper = {.threads = (const char *const[]){"worker"}, .thread_count = 1, .to_s = 2};
    part = profile_select(&f.made.profile, &helper, error, sizeof error);
    assert_non_null(part);
    assert_int_equal(part->span_count, 2);
    assert_int_equal(part->spans[1].id, 0xa1);
    assert_int_equal(part->latency_count, 0); /* nobody knows which of them were in the time */
    assert_int_equal(part->wait_cell_count, 0);
    profile_select_release(part);
    made_deinit(&f.made);
}

static void assert_refused(const struct fixture *f, const struct profile_selection *selection, const char *words)
{
    char error[200] = "";
    assert_null(profile_select(&f->made.profile, selection, error, sizeof error));
    assert_string_equal(error, words);
}

TEST(what_is_not_there_is_said)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    assert_refused(&f, &(struct profile_selection){.tags = (const struct profile_tag[]){{"operation", "sharpen"}}, .tag_count = 1},
                   "no sample of this profile has the tag operation=sharpen");
    assert_refused(&f, &(struct profile_selection){.tags = (const struct profile_tag[]){{"operatoin", ""}}, .tag_count = 1},
                   "no sample of this profile has a tag operatoin");
    assert_refused(&f, &(struct profile_selection){.threads = (const char *const[]){"wroker"}, .thread_count = 1},
                   "no thread of this profile has the name or the id wroker");
    assert_refused(&f, &(struct profile_selection){.spans = (const uint64_t[]){0xa3}, .span_count = 1},
                   "this profile keeps no span with the id 00000000000000a3");
    assert_refused(&f, &(struct profile_selection){.from_s = 4}, "no sample of this profile is in the selection");
    assert_refused(&f, &(struct profile_selection){.tags = BLUR, .tag_count = 2, .from_s = 3}, "no sample of this profile is in the selection");
    made_deinit(&f.made);
}

TEST(outputs_say_that_they_are_of_a_selection)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    static const struct profile_tag tags[] = {{"operation", "edge"}, {"format", ""}, {"operation", "blur"}};
    struct profile_selection selection = {.from_s = 0.5, .to_s = 4, .tags = tags, .tag_count = 3, .threads = (const char *const[]){"worker"}, .thread_count = 1};
    char error[200];
    struct profile *part = profile_select(&f.made.profile, &selection, error, sizeof error);
    assert_non_null(part);
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    struct summary *summary = summary_create(part, NULL);
    report_json_text(&out, summary);
    char *json = text_out_take(&out);
    assert_non_null(strstr(json, ",\"selection\":{\"from_s\":0.500000,\"to_s\":4.000000,\"tags\":[{\"key\":\"operation\",\"value\":\"edge\"},{\"key\":\"format\",\"value\":\"\"},"
                                 "{\"key\":\"operation\",\"value\":\"blur\"}],\"threads\":[\"worker\"],\"spans\":[],\"cpu_percent\":25.396825}"));
    text_out_init(&out, NULL, NULL);
    report_text_text(&out, summary);
    char *text = text_out_take(&out);
    static const char first[] = "A selection: from 0.5 to 4 s, operation = edge or blur, format = (none), thread worker, 25 % of the CPU time (0.16 of "
                                "0.63 s). Every percentage is of the selection.\n";
    assert_memory_equal(text, first, sizeof first - 1);
    free(json);
    free(text);
    summary_destroy(summary);
    profile_select_release(part);
    summary = summary_create(&f.made.profile, NULL);
    text_out_init(&out, NULL, NULL);
    report_json_text(&out, summary);
    json = text_out_take(&out);
    assert_non_null(strstr(json, ",\"selection\":null,"));
    free(json);
    summary_destroy(summary);
    made_deinit(&f.made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(a_range_is_of_buckets_that_begin_in_it),
        NAMED(consecutive_ranges_take_every_sample_once),
        NAMED(values_of_a_key_are_alternatives_keys_narrow_each_other),
        NAMED(threads_go_by_name_or_id_and_spans_by_id),
        NAMED(spans_durations_and_waits_follow),
        NAMED(what_is_not_there_is_said),
        NAMED(outputs_say_that_they_are_of_a_selection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
