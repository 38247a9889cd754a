/* The heaviest call paths: what counts as one frame, which frames are chosen, in which order they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "profiler/collector/call_paths.h"
#include "tests/unit/made_profile.h"

#define TEST(name) static void name(void **state)

struct fixture {
    struct made made;
    uint32_t module, file;
    struct summary *summary;
    struct call_paths paths;
};

static void begin(struct fixture *fixture)
{
    made_init(&fixture->made);
    fixture->module = made_module(&fixture->made, "/app/x", true);
    fixture->file = made_file(&fixture->made, "/src/x.c", true, NULL);
    made_thread(&fixture->made, 1, "main");
}

static void choose(struct fixture *fixture, uint32_t most)
{
    fixture->summary = summary_create(&fixture->made.profile, NULL);
    assert_non_null(fixture->summary);
    assert_true(call_paths_init(&fixture->paths, fixture->summary, most));
}

static void end(struct fixture *fixture)
{
    call_paths_deinit(&fixture->paths);
    summary_destroy(fixture->summary);
    made_deinit(&fixture->made);
}

static void assert_path(const struct fixture *fixture, uint32_t index, uint32_t function, uint32_t depth,
                        uint64_t total, uint64_t self)
{
    assert_true(index < fixture->paths.count);
    const struct call_path *path = &fixture->paths.paths[index];
    assert_int_equal(path->function, function);
    assert_int_equal(path->depth, depth);
    assert_int_equal(path->total.samples, total);
    assert_int_equal(path->total.cpu_ns, total * MADE_PERIOD_NS);
    assert_int_equal(path->self.samples, self);
}

TEST(an_empty_profile_has_no_paths)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    choose(&fixture, 10);
    assert_int_equal(fixture.paths.count, 0);
    end(&fixture);
}

TEST(calls_from_several_lines_are_one_frame_and_inlined_ones_another)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct made *made = &fixture.made;
    uint32_t run = made_function(made, "run", fixture.file, 1, fixture.module),
             work = made_function(made, "work", fixture.file, 9, fixture.module);
    uint32_t line_2 = made_call(made, 0, run, fixture.file, 2), line_3 = made_call(made, 0, run, fixture.file, 3);
    made_cell(made, made_call(made, line_2, work, fixture.file, 10), 0, 0, 0, 5, false);
    made_cell(made, made_call(made, line_3, work, fixture.file, 11), 0, 0, 0, 2, true);
    made_cell(made, made_node(made, line_3, made_frame(made, work, fixture.file, 11, true)), 0, 0, 0, 4, false);
    made_cell(made, line_2, 0, 0, 0, 1, false);
    choose(&fixture, 10);
    assert_int_equal(fixture.paths.count, 3);
    assert_path(&fixture, 0, run, 1, 12, 1);
    assert_path(&fixture, 1, work, 2, 7, 7);
    assert_path(&fixture, 2, work, 2, 4, 4);
    end(&fixture);
}

TEST(recursion_is_a_frame_per_call)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    uint32_t walk = made_function(&fixture.made, "walk", fixture.file, 1, fixture.module), node = 0;
    for (uint32_t i = 0; i < 3; i++) {
        node = made_call(&fixture.made, node, walk, fixture.file, 2);
        made_cell(&fixture.made, node, 0, 0, 0, 10 + i, false);
    }
    choose(&fixture, 10);
    assert_int_equal(fixture.paths.count, 3);
    assert_path(&fixture, 0, walk, 1, 33, 10);
    assert_path(&fixture, 1, walk, 2, 23, 11);
    assert_path(&fixture, 2, walk, 3, 12, 12);
    end(&fixture);
}

TEST(the_heaviest_are_chosen_and_stand_below_their_callers)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct made *made = &fixture.made;
    uint32_t f[6];
    for (uint32_t i = 0; i < 6; i++) {
        f[i] = made_function(made, "f", fixture.file, i + 1, fixture.module);
    }
    uint32_t light = made_call(made, 0, f[0], fixture.file, 1), heavy = made_call(made, 0, f[1], fixture.file, 2);
    made_cell(made, made_call(made, light, f[2], fixture.file, 3), 0, 0, 0, 40, false);
    made_cell(made, made_call(made, heavy, f[3], fixture.file, 4), 0, 0, 0, 30, false);
    made_cell(made, made_call(made, heavy, f[4], fixture.file, 5), 0, 0, 0, 31, false);
    made_cell(made, made_call(made, heavy, f[5], fixture.file, 6), 0, 0, 0, 2, false);
    made_call(made, heavy, f[0], fixture.file, 7); /* never sampled */
    choose(&fixture, 5);
    assert_int_equal(fixture.paths.count, 5);
    assert_path(&fixture, 0, f[1], 1, 63, 0);
    assert_path(&fixture, 1, f[4], 2, 31, 31);
    assert_path(&fixture, 2, f[3], 2, 30, 30);
    assert_path(&fixture, 3, f[0], 1, 40, 0);
    assert_path(&fixture, 4, f[2], 2, 40, 40);
    end(&fixture);
}

TEST(equal_frames_stand_in_the_order_of_their_functions)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    uint32_t first = made_function(&fixture.made, "a", fixture.file, 1, fixture.module);
    uint32_t second = made_function(&fixture.made, "b", fixture.file, 2, fixture.module);
    made_cell(&fixture.made, made_call(&fixture.made, 0, second, fixture.file, 2), 0, 0, 0, 7, false);
    made_cell(&fixture.made, made_call(&fixture.made, 0, first, fixture.file, 1), 0, 0, 0, 7, false);
    choose(&fixture, 1);
    assert_int_equal(fixture.paths.count, 1);
    assert_path(&fixture, 0, first, 1, 7, 7);
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_profile_has_no_paths),
        cmocka_unit_test(calls_from_several_lines_are_one_frame_and_inlined_ones_another),
        cmocka_unit_test(recursion_is_a_frame_per_call),
        cmocka_unit_test(the_heaviest_are_chosen_and_stand_below_their_callers),
        cmocka_unit_test(equal_frames_stand_in_the_order_of_their_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
