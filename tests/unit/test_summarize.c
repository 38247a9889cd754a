/* The tables from hand-made call trees: who decides a line, recursion, inlining, tags, selections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "profiler/collector/summarize.h"
#include "tests/unit/made_profile.h"

#define TEST(name)  static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

/* main() -> work() -> [inlined] inner() and libm's cos(), write(); a recursive walk(). */
struct fixture {
    struct made made;
    uint32_t app, libc, libm;
    uint32_t app_c, cos_c;
    uint32_t main_f, work_f, inner_f, walk_f, cos_f, write_f;
    uint32_t in_main, in_work, in_inner, in_cos, in_write;
    uint32_t thread;
};

static const struct profile_tag BLUR[] = {{"format", "jpeg"}, {"operation", "blur"}};
static const struct profile_tag EDGE[] = {{"operation", "edge"}};

static void set_up(struct fixture *f)
{
    made_init(&f->made);
    struct made *m = &f->made;
    f->app = made_module(m, "/srv/app/bin/app", true);
    f->libc = made_module(m, "/lib/libc.so.6", false);
    f->libm = made_module(m, "/lib/libm.so.6", false);
    f->app_c = made_file(m, "/srv/app/src/app.c", true, "text\n");
    f->cos_c = made_file(m, "/glibc/math/cos.c", false, NULL);
    f->main_f = made_function(m, "main", f->app_c, 1, f->app);
    f->work_f = made_function(m, "work", f->app_c, 20, f->app);
    f->inner_f = made_function(m, "inner", f->app_c, 10, f->app);
    f->walk_f = made_function(m, "walk", f->app_c, 50, f->app);
    f->cos_f = made_function(m, "cos", f->cos_c, 5, f->libm);
    f->write_f = made_function(m, "write", PROFILE_NONE, 0, f->libc);
    f->in_main = made_call(m, 0, f->main_f, f->app_c, 3);
    f->in_work = made_call(m, f->in_main, f->work_f, f->app_c, 25);
    f->in_inner = made_node(m, f->in_work, made_frame(m, f->inner_f, f->app_c, 12, true));
    f->in_cos = made_call(m, f->in_work, f->cos_f, f->cos_c, 7);
    f->in_write = made_call(m, f->in_work, f->write_f, PROFILE_NONE, 0);
    f->thread = made_thread(m, 4242, "main");
}

static const struct summary_line *find_line(const struct summary *summary, uint32_t file, uint32_t number)
{
    for (uint32_t i = 0; i < summary->line_count; i++) {
        if (summary->lines[i].file == file && summary->lines[i].line == number) {
            return &summary->lines[i];
        }
    }
    fail_msg("no line %u", number);
    return NULL;
}

TEST(innermost_own_frame_decides_the_line)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    made_cell(&f.made, f.in_work, 0, f.thread, 0, 10, false);
    made_cell(&f.made, f.in_cos, 0, f.thread, 0, 20, false);
    made_cell(&f.made, f.in_write, 0, f.thread, 0, 30, true);
    made_cell(&f.made, f.in_inner, 0, f.thread, 0, 40, false);
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_non_null(summary);
    const struct summary_line *work = find_line(summary, f.app_c, 25);
    assert_int_equal(work->own_code.samples, 10);
    assert_int_equal(work->library.samples, 20);
    assert_int_equal(work->system.samples, 30);
    assert_int_equal(work->cpu.samples, 60);
    assert_int_equal(work->self.samples, 10);
    assert_int_equal(work->total.samples, 100);
    assert_int_equal(work->total.cpu_ns, 100 * MADE_PERIOD_NS);
    assert_int_equal(work->function, f.work_f);
    assert_true(work->own);
    const struct summary_line *inner = find_line(summary, f.app_c, 12);
    assert_int_equal(inner->own_code.samples, 40);
    assert_int_equal(inner->self.samples, 40);
    const struct summary_line *cos_line = find_line(summary, f.cos_c, 7);
    assert_false(cos_line->own);
    assert_int_equal(cos_line->cpu.samples, 0);
    assert_int_equal(cos_line->self.samples, 20);
    assert_int_equal(summary->own_code.samples, 50);
    assert_int_equal(summary->library.samples, 20);
    assert_int_equal(summary->system.samples, 30);
    assert_int_equal(summary->outside.samples, 0);
    assert_int_equal(summary->functions[f.work_f].cpu.samples, 60);
    assert_int_equal(summary->functions[f.write_f].self.samples, 30);
    assert_int_equal(summary->files[f.app_c].cpu.samples, 100);
    assert_int_equal(summary->files[f.app_c].total.samples, 100);
    assert_int_equal(summary->files[f.cos_c].total.samples, 20);
    assert_int_equal(summary->modules[f.libm].samples, 20);
    assert_int_equal(summary->hot_line_count, 2);
    assert_ptr_equal(&summary->lines[summary->hot_lines[0]], work);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(kernel_time_under_own_code_is_system_time)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    made_cell(&f.made, f.in_work, 0, f.thread, 0, 5, true); /* an inlined system call: the pc is in own code */
    struct summary *summary = summary_create(&f.made.profile, NULL);
    const struct summary_line *work = find_line(summary, f.app_c, 25);
    assert_int_equal(work->own_code.samples, 0);
    assert_int_equal(work->system.samples, 5);
    assert_int_equal(work->self.samples, 5);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(a_line_counts_once_per_stack_however_often_it_recurs)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    uint32_t frame = made_frame(&f.made, f.walk_f, f.app_c, 55, false);
    uint32_t node = f.in_main;
    for (int i = 0; i < 30; i++) {
        node = made_node(&f.made, node, frame);
        made_cell(&f.made, node, 0, f.thread, 0, 1, false);
    }
    /* Mutual recursion, and a sibling that must not inherit depths. */
    uint32_t other = made_node(&f.made, made_call(&f.made, node, f.work_f, f.app_c, 26), frame);
    made_cell(&f.made, other, 0, f.thread, 0, 7, false);
    made_cell(&f.made, f.in_work, 0, f.thread, 0, 3, false);
    struct summary *summary = summary_create(&f.made.profile, NULL);
    const struct summary_line *line = find_line(summary, f.app_c, 55);
    assert_int_equal(line->total.samples, 37);
    assert_int_equal(line->self.samples, 37);
    assert_int_equal(summary->functions[f.walk_f].total.samples, 37);
    assert_int_equal(summary->functions[f.work_f].total.samples, 10);
    assert_int_equal(summary->functions[f.main_f].total.samples, 40);
    assert_int_equal(summary->files[f.app_c].total.samples, 40);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(stacks_without_own_code_are_outside)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    uint32_t helper = made_call(&f.made, 0, f.cos_f, f.cos_c, 9);
    made_cell(&f.made, helper, 0, f.thread, 0, 4, false);
    made_cell(&f.made, helper, 0, f.thread, 0, 2, true);
    made_cell(&f.made, 0, 0, f.thread, 0, 1, false); /* an empty stack */
    made_cell(&f.made, f.in_main, 0, f.thread, 0, 3, false);
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_int_equal(summary->all.samples, 10);
    assert_int_equal(summary->outside.samples, 7);
    assert_int_equal(summary->system.samples, 0);
    assert_int_equal(find_line(summary, f.cos_c, 9)->self.samples, 6);
    assert_int_equal(find_line(summary, f.cos_c, 9)->cpu.samples, 0);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(own_functions_without_a_file_have_a_place_each)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    uint32_t first = made_function(&f.made, "app+0x10", PROFILE_NONE, 0, f.app);
    uint32_t second = made_function(&f.made, "app+0x20", PROFILE_NONE, 0, f.app);
    made_cell(&f.made, made_call(&f.made, f.in_main, first, PROFILE_NONE, 0), 0, f.thread, 0, 5, false);
    made_cell(&f.made, made_call(&f.made, f.in_main, second, PROFILE_NONE, 0), 0, f.thread, 0, 6, false);
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_int_equal(summary->hot_line_count, 2);
    assert_int_equal(summary->lines[summary->hot_lines[0]].function, second);
    assert_int_equal(summary->lines[summary->hot_lines[0]].file, PROFILE_NONE);
    assert_int_equal(summary->lines[summary->hot_lines[1]].cpu.samples, 5);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(tags_add_up_and_name_the_line_that_is_theirs)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    uint32_t blur = made_tag_set(&f.made, BLUR, 2), edge = made_tag_set(&f.made, EDGE, 1);
    made_cell(&f.made, f.in_work, blur, f.thread, 0, 80, false);
    made_cell(&f.made, f.in_work, edge, f.thread, 0, 20, false);
    made_cell(&f.made, f.in_inner, edge, f.thread, 1, 30, false);
    made_cell(&f.made, f.in_inner, 0, f.thread, 1, 10, false);
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_int_equal(summary->tag_count, 3);
    const struct summary_tag *format = &summary->tags[0], *blurred = &summary->tags[1], *edged = &summary->tags[2];
    assert_string_equal(format->key, "format");
    assert_string_equal(blurred->value, "blur");
    assert_int_equal(blurred->share.samples, 80);
    assert_int_equal(edged->share.samples, 50);
    assert_int_equal(summary->lines[blurred->line].line, 25);
    assert_int_equal(summary->lines[edged->line].line, 12);
    assert_int_equal(edged->line_share.samples, 30);
    /* Exactly 80 % under both of blur's tags, which are equally rare: the first by name. */
    assert_int_equal(find_line(summary, f.app_c, 25)->tag, 0);
    /* 75 % is not enough. */
    assert_int_equal(find_line(summary, f.app_c, 12)->tag, PROFILE_NONE);
    assert_int_equal(summary->tag_sets[0].samples, 10);
    assert_int_equal(summary->hot_tags[1], 1);
    assert_int_equal(summary->hot_tags[2], 2);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(a_selection_leaves_only_its_tag_sets)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    uint32_t blur = made_tag_set(&f.made, BLUR, 2), edge = made_tag_set(&f.made, EDGE, 1);
    made_cell(&f.made, f.in_work, blur, f.thread, 0, 80, false);
    made_cell(&f.made, f.in_inner, edge, f.thread, 1, 30, false);
    bool chosen[] = {false, false, true};
    struct summary_selection selection = {chosen};
    struct summary *summary = summary_create(&f.made.profile, &selection);
    assert_int_equal(summary->all.samples, 30);
    assert_int_equal(summary->hot_line_count, 1);
    assert_int_equal(find_line(summary, f.app_c, 25)->total.samples, 30);
    assert_int_equal(find_line(summary, f.app_c, 25)->cpu.samples, 0);
    assert_true(summary_percent(summary, find_line(summary, f.app_c, 12)->cpu) > 99.999);
    assert_int_equal(summary->tags[1].share.samples, 0);
    assert_int_equal(summary->tags[1].line, PROFILE_NONE);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(nothing_sampled_is_a_summary_too)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_non_null(summary);
    assert_int_equal(summary->hot_line_count, 0);
    assert_int_equal(summary->hot_file_count, 0);
    assert_true(summary_percent(summary, summary->own_code) < 0.001);
    assert_true(summary_error_percent(summary, summary->own_code) < 0.001);
    summary_destroy(summary);
    made_deinit(&f.made);
    struct profile nothing = {.program = "x"};
    summary = summary_create(&nothing, NULL);
    assert_non_null(summary);
    summary_destroy(summary);
}

TEST(error_is_the_wilson_interval)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    made_cell(&f.made, f.in_work, 0, f.thread, 0, 50, false);
    made_cell(&f.made, f.in_main, 0, f.thread, 0, 50, false);
    struct summary *summary = summary_create(&f.made.profile, NULL);
    /* n = 100, p = 1/2: 40.4 % .. 59.6 % (Brown, Cai, DasGupta 2001) */
    assert_float_equal(summary_error_percent(summary, summary->lines[0].cpu), 9.617, 0.01);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(paths_lose_the_folders_that_all_own_files_share)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    uint32_t dct = made_file(&f.made, "/srv/app/src/operate/dct.c", true, NULL);
    uint32_t header = made_file(&f.made, "/usr/include/c++/12/vector", true, NULL);
    made_cell(&f.made, made_call(&f.made, f.in_main, f.work_f, dct, 2), 0, f.thread, 0, 1, false);
    made_cell(&f.made, made_call(&f.made, f.in_main, f.work_f, header, 2), 0, f.thread, 0, 1, false);
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_string_equal(summary_short_path(summary, "/srv/app/src/operate/dct.c"), "src/operate/dct.c");
    assert_string_equal(summary_short_path(summary, "/srv/app/src/app.c"), "src/app.c");
    assert_string_equal(summary_short_path(summary, "/usr/include/c++/12/vector"), "/usr/include/c++/12/vector");
    summary_destroy(summary);
    made_deinit(&f.made);
}

/* 200,000 nodes and 1,000,000 cells: the sums still hold, in linear time (a quadratic loop would not come back). */
TEST(large_trees_add_up)
{
    (void)state;
    struct made made;
    made_init(&made);
    uint32_t module = made_module(&made, "/srv/app/bin/app", true);
    enum { FILES = 200, FRAMES = 20000, NODES = 200000, CELLS = 1000000 };
    for (uint32_t i = 0; i < FILES; i++) {
        made_file(&made, "/srv/app/src/x.c", true, NULL);
        made_function(&made, "f", i, 1, module);
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        made_frame(&made, i % FILES, i % FILES, i / FILES, false);
    }
    uint32_t random = 1;
    for (uint32_t i = 1; i < NODES; i++) {
        random = random * 1664525 + 1013904223;
        uint32_t parent = i < 300 ? i - 1 : (random >> 8) % i;
        made_node(&made, parent, (random >> 4) % FRAMES);
    }
    made_tag_set(&made, BLUR, 2);
    made_thread(&made, 1, "main");
    for (uint32_t i = 0; i < CELLS; i++) {
        random = random * 1664525 + 1013904223;
        made_cell(&made, 1 + (random >> 8) % (NODES - 1), i & 1, 0, i / 1000, 1, (random & 0x100) != 0);
    }
    struct summary *summary = summary_create(&made.profile, NULL);
    assert_non_null(summary);
    uint64_t decided = 0, self = 0, first_total = 0;
    for (uint32_t i = 0; i < summary->line_count; i++) {
        decided += summary->lines[i].cpu.samples;
        self += summary->lines[i].self.samples;
        assert_true(summary->lines[i].total.samples <= CELLS);
    }
    first_total = summary->lines[summary->frame_line[made.nodes[1].frame]].total.samples;
    assert_int_equal(decided, CELLS);
    assert_int_equal(self, CELLS);
    assert_true(first_total > 0);
    assert_int_equal(summary->own_code.samples + summary->system.samples, CELLS);
    assert_int_equal(summary->tags[0].share.samples, CELLS / 2);
    summary_destroy(summary);
    made_deinit(&made);
}

/* 100 samples: 70 in inner at app.c:12, 20 in cos below app.c:25, 9 in write below it, 1 in main. */
static void sample_for_scopes(struct fixture *f)
{
    set_up(f);
    made_cell(&f->made, f->in_inner, 0, f->thread, 0, 70, false);
    made_cell(&f->made, f->in_cos, 0, f->thread, 0, 20, false);
    made_cell(&f->made, f->in_write, 0, f->thread, 0, 9, true);
    made_cell(&f->made, f->in_main, 0, f->thread, 0, 1, false);
}

TEST(below_the_threshold_nothing_is_listed_but_everything_counts)
{
    (void)state;
    struct fixture f;
    sample_for_scopes(&f);
    f.made.profile.scope.cpu_percent_threshold = 10;
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_int_equal(summary->all.samples, 100);
    assert_int_equal(summary->hot_line_count, 2); /* 70 and 29 %, not main's 1 % */
    assert_int_equal(summary->own_line_count, 3);
    assert_int_equal(summary->hottest_line, summary->hot_lines[0]);
    assert_int_equal(summary->hot_function_count, 4); /* main, work, inner, cos */
    assert_int_equal(summary->hottest_function, f.inner_f);
    assert_int_equal(summary->hot_file_count, 2);
    assert_int_equal(summary->below_threshold.functions, 1); /* write */
    assert_int_equal(summary->below_threshold.lines, 1);
    assert_int_equal(summary->below_threshold.files, 0);
    assert_true(summary_lists_line(summary, find_line(summary, f.app_c, 3))); /* main's: on every stack */
    summary_destroy(summary);
    f.made.profile.scope.cpu_percent_threshold = 80;
    summary = summary_create(&f.made.profile, NULL);
    assert_int_equal(summary->hot_line_count, 0);
    assert_int_not_equal(summary->hottest_line, PROFILE_NONE); /* the headline still knows it */
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(a_share_that_equals_the_threshold_is_listed)
{
    (void)state;
    struct fixture f;
    sample_for_scopes(&f);
    f.made.profile.scope.cpu_percent_threshold = 70;
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_int_equal(summary->hot_line_count, 1);
    summary_destroy(summary);
    made_deinit(&f.made);
}

TEST(what_is_out_of_scope_is_not_listed)
{
    (void)state;
    struct fixture f;
    sample_for_scopes(&f);
    f.made.files[f.cos_c].left_out = f.made.functions[f.cos_f].left_out = f.made.functions[f.write_f].left_out = true;
    struct summary *summary = summary_create(&f.made.profile, NULL);
    assert_int_equal(summary->hot_function_count, 3);
    assert_int_equal(summary->hot_file_count, 1);
    assert_int_equal(summary->out_of_scope.functions, 2);
    assert_int_equal(summary->out_of_scope.lines, 2);
    assert_int_equal(summary->out_of_scope.files, 1);
    assert_int_equal(summary->below_threshold.functions + summary->below_threshold.lines, 0);
    assert_false(summary_lists_line(summary, find_line(summary, f.cos_c, 7)));
    assert_int_equal(find_line(summary, f.app_c, 25)->library.samples, 20); /* its time is where it was called */
    summary_destroy(summary);
    made_deinit(&f.made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(below_the_threshold_nothing_is_listed_but_everything_counts),
        NAMED(a_share_that_equals_the_threshold_is_listed),
        NAMED(what_is_out_of_scope_is_not_listed),
        NAMED(innermost_own_frame_decides_the_line),
        NAMED(kernel_time_under_own_code_is_system_time),
        NAMED(a_line_counts_once_per_stack_however_often_it_recurs),
        NAMED(stacks_without_own_code_are_outside),
        NAMED(own_functions_without_a_file_have_a_place_each),
        NAMED(tags_add_up_and_name_the_line_that_is_theirs),
        NAMED(a_selection_leaves_only_its_tag_sets),
        NAMED(nothing_sampled_is_a_summary_too),
        NAMED(error_is_the_wilson_interval),
        NAMED(paths_lose_the_folders_that_all_own_files_share),
        NAMED(large_trees_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
