/* Profiles cut into parts and put together again: whole, whatever the order; labels, buckets, starts, runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_merge.h"
#include "profiler/collector/profile_select.h"
#include "profiler/collector/report_json.h"
#include "profiler/collector/text_out.h"
#include "tests/unit/made_profile.h"

#define TEST(name)  static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

enum { PARTS = 4, FUNCTIONS = 12, SECONDS = 40 };

static const struct profile_merge_options BY_CLOCK = {0};

static char *json_of(const struct profile *profile)
{
    struct text_out out;
    struct summary *summary = summary_create(profile, NULL);
    assert_non_null(summary);
    text_out_init(&out, NULL, NULL);
    report_json_text(&out, summary);
    summary_destroy(summary);
    char *text = text_out_take(&out);
    assert_non_null(text);
    return text;
}

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525 + 1013904223;
    return *random >> 8;
}

static const struct profile_tag BLUR[] = {{"operation", "blur"}};
static const struct profile_tag EDGE[] = {{"format", "png"}, {"operation", "edge"}};

/* A run of 40 s: 12 functions in 3 files and 2 modules, a tree of 60 nodes, 2,000 cells, waits, spans. */
struct long_run {
    struct made made;
    char names[FUNCTIONS][16];
    struct profile_span spans[4];
    struct profile_cell waits[3];
};

static void make_long_run(struct long_run *run)
{
    struct made *m = &run->made;
    made_init(m);
    m->profile.pid = 77;
    uint32_t app = made_module(m, "/srv/app/app", true), libc = made_module(m, "/lib/libc.so.6", false);
    uint32_t a_c = made_file(m, "/src/a.c", true, "int a;\n"), b_c = made_file(m, "/src/b.c", true, NULL);
    m->files[b_c].missing = "not there";
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        snprintf(run->names[i], sizeof run->names[i], "f%u", i);
        made_function(m, run->names[i], i % 3 == 2 ? PROFILE_NONE : i % 3 ? b_c : a_c, 10 * i, i % 3 == 2 ? libc : app);
        made_frame(m, i, i % 3 == 2 ? PROFILE_NONE : i % 3 ? b_c : a_c, i % 3 == 2 ? 0 : 10 * i + 3, false);
    }
    uint32_t random = 5;
    for (uint32_t i = 1; i < 60; i++) { /* unlike siblings: 60 different paths */
        made_node(m, (i - 1) / 3, (i * 5 + i / 3) % FUNCTIONS);
    }
    made_tag_set(m, BLUR, 1);
    made_tag_set(m, EDGE, 2);
    made_thread(m, 77, "main");
    made_thread(m, 78, "worker");
    run->spans[0] = (struct profile_span){0};
    for (uint32_t i = 1; i < 4; i++) {
        run->spans[i] = (struct profile_span){.id = 100 + i, .name = "request", .tag_set = i % 3, .thread = 1, .begin_ns = i * UINT64_C(9000000000), .wall_ns = 3000000000};
    }
    m->profile.spans = run->spans;
    m->profile.span_count = 4;
    for (uint32_t i = 0; i < 2000; i++) {
        uint32_t bucket = next_random(&random) % SECONDS;
        made_cell(m, 1 + next_random(&random) % 59, next_random(&random) % 3, next_random(&random) % 2, bucket, 1 + next_random(&random) % 5,
                  next_random(&random) % 4 == 0);
        m->cells[i].span = bucket % 9 < 3 ? bucket / 9 % 4 : 0;
    }
    for (uint32_t i = 0; i < 3; i++) {
        run->waits[i] = (struct profile_cell){.node = 7 + i, .thread = 1, .bucket = 12 * i, .samples = i + 1, .cpu_ns = 1000000 * (i + 1)};
    }
    m->profile.wall = true;
    m->profile.wait_cells = run->waits;
    m->profile.wait_cell_count = 3;
    m->profile.wait_ns_total = 6000000;
    m->profile.duration_s = m->profile.seconds_on = SECONDS;
    m->profile.dropped = 9;
}

static void assert_same_cells(const struct profile *a, const struct profile *b)
{
    assert_int_equal(a->cell_count, b->cell_count);
    for (uint32_t i = 0; i < a->cell_count; i++) {
        const struct profile_cell *x = &a->cells[i], *y = &b->cells[i];
        assert_true(x->node == y->node && x->tag_set == y->tag_set && x->span == y->span && x->thread == y->thread && x->bucket == y->bucket &&
                    x->samples == y->samples && x->in_kernel == y->in_kernel && x->cpu_ns == y->cpu_ns);
    }
}

static void assert_same(const char *a, const char *b)
{
    size_t at = 0;
    while (a[at] && a[at] == b[at]) {
        at++;
    }
    if (a[at] || b[at]) {
        fail_msg("differ at %zu: ...%.60s | ...%.60s", at, a + (at > 30 ? at - 30 : 0), b + (at > 30 ? at - 30 : 0));
    }
}

TEST(parts_in_any_order_are_the_whole)
{
    (void)state;
    static const unsigned orders[][PARTS] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}};
    struct long_run run;
    make_long_run(&run);
    const struct profile *whole[] = {&run.made.profile};
    struct profile *alone = profile_merge(whole, 1, &BY_CLOCK);
    char *expected = json_of(alone);
    struct profile_selection ranges[PARTS];
    struct profile *parts[PARTS];
    char error[200];
    for (unsigned i = 0; i < PARTS; i++) {
        ranges[i] = (struct profile_selection){.from_s = i * 10.0, .to_s = i * 10 + 10.0};
        parts[i] = profile_select(&run.made.profile, &ranges[i], error, sizeof error);
        assert_non_null(parts[i]);
    }
    for (unsigned i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        const struct profile *list[PARTS] = {parts[orders[i][0]], parts[orders[i][1]], parts[orders[i][2]], parts[orders[i][3]]};
        struct profile *merged = profile_merge(list, PARTS, &BY_CLOCK);
        char *json = json_of(merged);
        assert_same(json, expected);
        assert_same_cells(merged, alone);
        assert_memory_equal(merged->nodes, alone->nodes, merged->node_count * sizeof merged->nodes[0]);
        assert_int_equal(merged->span_count, 4);
        assert_int_equal(merged->spans[3].id, 103);
        free(json);
        profile_merge_release(merged);
    }
    for (unsigned i = 0; i < PARTS; i++) {
        profile_select_release(parts[i]);
    }
    free(expected);
    profile_merge_release(alone);
    made_deinit(&run.made);
}

TEST(merging_one_profile_changes_no_number)
{
    (void)state;
    struct long_run run;
    make_long_run(&run);
    const struct profile *whole[] = {&run.made.profile};
    struct profile *merged = profile_merge(whole, 1, &BY_CLOCK);
    struct summary *before = summary_create(&run.made.profile, NULL), *after = summary_create(merged, NULL);
    assert_int_equal(merged->cpu_ns_total, run.made.profile.cpu_ns_total);
    assert_int_equal(after->all.samples, before->all.samples);
    assert_int_equal(after->line_count, before->line_count);
    assert_int_equal(after->system.samples, before->system.samples);
    for (uint32_t i = 0; i < merged->function_count; i++) {
        uint32_t old = (uint32_t)atoi(merged->functions[i].name + 1);
        assert_int_equal(after->functions[i].self.samples, before->functions[old].self.samples);
        assert_int_equal(after->functions[i].total.cpu_ns, before->functions[old].total.cpu_ns);
    }
    summary_destroy(before);
    summary_destroy(after);
    profile_merge_release(merged);
    made_deinit(&run.made);
}

/* The same 40 s as four sessions, each with its own start, tables of its own in another order, and buckets that start at 0. */
TEST(sessions_one_after_the_other_are_one)
{
    (void)state;
    struct long_run run;
    make_long_run(&run);
    run.made.profile.processes = PARTS; /* each session counts its own */
    run.made.profile.span_count = run.made.profile.wait_cell_count = 0;
    run.made.profile.wait_ns_total = 0;
    run.made.profile.wall = false;
    run.made.profile.dropped = 0;
    run.made.profile.collector_cpu_s = 0;
    const struct profile *whole[] = {&run.made.profile};
    for (uint32_t i = 0; i < run.made.profile.cell_count; i++) {
        run.made.cells[i].span = 0;
    }
    struct profile *alone = profile_merge(whole, 1, &BY_CLOCK);
    struct made sessions[PARTS];
    const struct profile *list[PARTS];
    for (uint32_t s = 0; s < PARTS; s++) {
        struct made *m = &sessions[s];
        const struct profile *from = &run.made.profile;
        made_init(m);
        m->profile.pid = 77;
        m->profile.started_unix_ns += s * INT64_C(10000000000);
        for (uint32_t i = from->module_count; i-- > 0;) {
            made_module(m, from->modules[i].path, from->modules[i].own);
        }
        for (uint32_t i = 0; i < from->file_count; i++) {
            made_file(m, from->files[i].path, true, from->files[i].text);
            m->files[i].missing = from->files[i].missing;
        }
        for (uint32_t i = from->function_count; i-- > 0;) {
            uint32_t file = from->frames[i].file;
            made_function(m, from->functions[i].name, file, from->functions[i].line, 1 - from->functions[i].module);
        }
        for (uint32_t i = 0; i < from->frame_count; i++) {
            made_frame(m, FUNCTIONS - 1 - i, from->frames[i].file, from->frames[i].line, false);
        }
        for (uint32_t i = 1; i < from->node_count; i++) {
            made_node(m, from->nodes[i].parent, from->nodes[i].frame);
        }
        made_tag_set(m, EDGE, 2);
        made_tag_set(m, BLUR, 1);
        made_thread(m, 78, "worker");
        made_thread(m, 77, "main");
        for (uint32_t i = 0; i < from->cell_count; i++) {
            const struct profile_cell *cell = &from->cells[i];
            if (cell->bucket / 10 == s) {
                made_cell(m, cell->node, (3 - cell->tag_set) % 3, 1 - cell->thread, cell->bucket - 10 * s, cell->samples, cell->in_kernel);
            }
        }
        m->profile.duration_s = m->profile.seconds_on = 10;
        m->profile.collector_cpu_s = 0;
        list[(s + 2) % PARTS] = &m->profile;
    }
    struct profile *merged = profile_merge(list, PARTS, &BY_CLOCK);
    char *expected = json_of(alone), *json = json_of(merged);
    assert_same(json, expected);
    assert_same_cells(merged, alone);
    free(expected);
    free(json);
    profile_merge_release(merged);
    profile_merge_release(alone);
    for (uint32_t s = 0; s < PARTS; s++) {
        made_deinit(&sessions[s]);
    }
    made_deinit(&run.made);
}

static const struct profile_tag EAST[] = {{"region", "us-east"}, {"service", "images"}};
static const struct profile_tag NORTH[] = {{"region", "eu-north"}, {"service", "images"}};

static void make_region(struct made *m, const struct profile_tag *tags, const char *host, int64_t after_ns, uint64_t bucket_ns)
{
    made_init(m);
    m->profile.static_tags = tags;
    m->profile.static_tag_count = 2;
    m->profile.host = host;
    m->profile.started_unix_ns += after_ns;
    m->profile.bucket_ns = bucket_ns;
    uint32_t app = made_module(m, "/srv/app/app", true), file = made_file(m, "/src/a.c", true, "int a;\n");
    uint32_t node = made_call(m, 0, made_function(m, "main", file, 1, app), file, 2);
    made_tag_set(m, BLUR, 1);
    made_thread(m, 7, "main");
    made_cell(m, node, 0, 0, 0, 10, false);
    made_cell(m, node, 1, 0, 3, 30, false);
    m->profile.duration_s = 4 * (double)bucket_ns * 1e-9;
}

TEST(labels_survive_and_what_is_shared_stays_shared)
{
    (void)state;
    struct made east, north;
    make_region(&east, EAST, "a", 0, 1000000000);
    make_region(&north, NORTH, "b", 5000000000, 1000000000);
    const struct profile *list[] = {&north.profile, &east.profile};
    struct profile *merged = profile_merge(list, 2, &BY_CLOCK);
    assert_int_equal(merged->static_tag_count, 1);
    assert_string_equal(merged->static_tags[0].value, "images");
    assert_int_equal(merged->tag_set_count, 5); /* none, and each region alone and with blur */
    assert_int_equal(merged->tag_sets[0].count, 0);
    assert_int_equal(merged->thread_count, 2); /* same numbers, other host */
    assert_int_equal(merged->function_count, 1);
    assert_int_equal(merged->node_count, 2);
    assert_string_equal(merged->host, "a, b");
    struct profile_selection selection = {.tags = (const struct profile_tag[]){{"region", "eu-north"}, {"operation", "blur"}}, .tag_count = 2};
    char error[200];
    struct profile *part = profile_select(merged, &selection, error, sizeof error);
    assert_non_null(part);
    assert_int_equal(part->samples, 30);
    assert_int_equal(part->cells[0].bucket, 8); /* the third second after a start 5 s later */
    profile_select_release(part);
    profile_merge_release(merged);
    merged = profile_merge(list, 2, &(struct profile_merge_options){.align_starts = true});
    for (uint32_t i = 0; i < merged->cell_count; i++) {
        assert_int_equal(merged->cells[i].bucket, merged->cells[i].samples == 30 ? 3 : 0);
    }
    profile_merge_release(merged);
    made_deinit(&east);
    made_deinit(&north);
}

TEST(the_widest_bucket_holds_for_all)
{
    (void)state;
    struct made east, north;
    make_region(&east, EAST, "a", 0, 1000000000);
    make_region(&north, EAST, "a", 0, 4000000000);
    const struct profile *list[] = {&east.profile, &north.profile};
    struct profile *merged = profile_merge(list, 2, &BY_CLOCK);
    assert_true(merged->bucket_ns == UINT64_C(4000000000));
    assert_int_equal(merged->cell_count, 3); /* the first second and the third fall into the first four */
    assert_int_equal(merged->cells[0].samples, 20);
    assert_int_equal(merged->samples, 80);
    profile_merge_release(merged);
    made_deinit(&north);
    make_region(&north, EAST, "a", INT64_C(30) * 86400 * 1000000000, 1000000000); /* a month later */
    list[1] = &north.profile;
    merged = profile_merge(list, 2, &BY_CLOCK);
    assert_true(merged->cells[merged->cell_count - 1].bucket < 100000);
    profile_merge_release(merged);
    made_deinit(&east);
    made_deinit(&north);
}

TEST(two_builds_of_a_program_compare)
{
    (void)state;
    struct made old, new;
    make_region(&old, EAST, "a", 0, 1000000000);
    make_region(&new, EAST, "a", 9, 1000000000);
    strcpy(old.modules[0].build_id, "aaaa");
    strcpy(new.modules[0].build_id, "bbbb");
    new.files[0].text = "int b;\n";
    const struct profile *list[] = {&new.profile, &old.profile};
    struct profile *merged = profile_merge(list, 2, &BY_CLOCK);
    assert_int_equal(merged->module_count, 1);
    assert_string_equal(merged->modules[0].build_id, "");
    assert_int_equal(merged->function_count, 1);
    assert_string_equal(merged->files[0].text, "int b;\n"); /* of the later one */
    profile_merge_release(merged);
    made_deinit(&old);
    made_deinit(&new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(parts_in_any_order_are_the_whole),  NAMED(merging_one_profile_changes_no_number),
        NAMED(sessions_one_after_the_other_are_one), NAMED(labels_survive_and_what_is_shared_stays_shared),
        NAMED(the_widest_bucket_holds_for_all),   NAMED(two_builds_of_a_program_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
