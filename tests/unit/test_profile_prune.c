/* A call tree made smaller: what goes, what it becomes, and that every sum is what it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_prune.h"
#include "profiler/collector/summarize.h"
#include "tests/unit/made_profile.h"

#define TEST(name)  static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

enum { HEAVY = 1000, LIGHT = 4000, HEAVY_SAMPLES = 5000 };

static const struct profile_tag BLUR[] = {{"operation", "blur"}};

struct fixture {
    struct made made;
    uint32_t main_node, wait_node;
    struct profile_lock lock;
    struct profile_cell wait;
};

/* main() calls `heavy` functions of many samples each, and 40 that call `light` functions together, of one sample each. */
static void set_up(struct fixture *f, unsigned heavy, unsigned light, unsigned heavy_samples)
{
    struct made *m = &f->made;
    made_init(m);
    uint32_t app = made_module(m, "/srv/app/app", true), file = made_file(m, "/src/app.c", true, "text\n");
    uint32_t blur = made_tag_set(m, BLUR, 1), thread = made_thread(m, 42, "main");
    uint32_t function = made_function(m, "work", file, 1, app);
    f->main_node = made_call(m, 0, made_function(m, "main", file, 1, app), file, 12);
    for (unsigned i = 0; i < heavy; i++) {
        made_cell(m, made_call(m, f->main_node, function, file, 100 + i), i % 2 ? blur : 0, thread, i % 7, heavy_samples, false);
    }
    uint32_t caller = f->main_node;
    for (unsigned i = 0; i < light; i++) {
        caller = i % 100 == 0 ? made_call(m, f->main_node, function, file, 50000 + i) : caller;
        made_cell(m, made_call(m, made_call(m, caller, function, file, 60000 + i), function, file, 70000), i % 3 ? blur : 0, thread, i % 5, 1, i % 2);
    }
    f->wait_node = made_call(m, made_call(m, f->main_node, function, file, 9), function, file, 10);
    f->wait = (struct profile_cell){.node = f->wait_node, .samples = 1, .cpu_ns = 1000};
    f->lock = (struct profile_lock){.pid = 42, .node = f->wait_node, .samples = 1, .waited_ns = 1000};
    m->profile.wall = true;
    m->profile.wait_cells = &f->wait;
    m->profile.wait_cell_count = 1;
    m->profile.wait_ns_total = 1000;
    m->profile.locks = &f->lock;
    m->profile.lock_count = 1;
}

/* A skewed tree, with at most so many nodes.   ret: profile_prune_release() it, made_deinit(&f->made). */
static struct profile *prune_to(struct fixture *f, uint32_t most)
{
    set_up(f, HEAVY, LIGHT, HEAVY_SAMPLES);
    f->made.profile.scope.max_nodes = most;
    struct profile *pruned = profile_prune(&f->made.profile);
    assert_non_null(pruned);
    return pruned;
}

static uint64_t cpu_of(const struct profile *profile, uint32_t tag_set, uint32_t bucket, bool in_kernel)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        const struct profile_cell *cell = &profile->cells[i];
        sum += cell->tag_set == tag_set && cell->bucket == bucket && cell->in_kernel == in_kernel ? cell->cpu_ns : 0;
    }
    return sum;
}

TEST(what_is_light_goes_and_every_sum_stays)
{
    struct fixture f;
    (void)state;
    struct profile *pruned = prune_to(&f, 2000);
    const struct profile *whole = &f.made.profile;
    assert_true(pruned->node_count <= 2000 && pruned->node_count > HEAVY);
    assert_true(pruned->report_pruned_ns > 0 && (double)pruned->report_pruned_ns <= PRUNED_AT_MOST * (double)whole->cpu_ns_total);
    assert_int_equal(pruned->cpu_ns_total, whole->cpu_ns_total);
    uint64_t samples = 0;
    for (uint32_t i = 0; i < pruned->cell_count; i++) {
        samples += pruned->cells[i].samples;
        assert_true(pruned->cells[i].node < pruned->node_count);
    }
    assert_int_equal(samples, whole->samples);
    assert_true(pruned->cell_count < whole->cell_count);
    for (uint32_t bucket = 0; bucket < 7; bucket++) {
        for (uint32_t set = 0; set < whole->tag_set_count; set++) {
            assert_int_equal(cpu_of(pruned, set, bucket, false), cpu_of(whole, set, bucket, false));
            assert_int_equal(cpu_of(pruned, set, bucket, true), cpu_of(whole, set, bucket, true));
        }
    }
    struct summary *before = summary_create(whole, NULL), *after = summary_create(pruned, NULL);
    for (uint32_t i = 0; i < whole->function_count; i++) { /* main() and work(), on top of what went, too */
        assert_int_equal(after->functions[i].total.samples, before->functions[i].total.samples);
    }
    assert_int_equal(after->functions[whole->function_count].self.cpu_ns, pruned->report_pruned_ns);
    assert_string_equal(pruned->functions[whole->function_count].name, "(pruned)");
    summary_destroy(before);
    summary_destroy(after);
    profile_prune_release(pruned);
    made_deinit(&f.made);
}

TEST(callers_stay_before_what_they_call)
{
    struct fixture f;
    (void)state;
    struct profile *pruned = prune_to(&f, 1500);
    for (uint32_t i = 1; i < pruned->node_count; i++) {
        assert_true(pruned->nodes[i].parent < i);
        assert_true(pruned->nodes[i].frame < pruned->frame_count);
    }
    profile_prune_release(pruned);
    made_deinit(&f.made);
}

TEST(where_threads_wait_for_locks_stays)
{
    struct fixture f;
    (void)state;
    struct profile *pruned = prune_to(&f, 1500);
    uint32_t frame = f.made.profile.nodes[f.wait_node].frame;
    assert_int_equal(pruned->nodes[pruned->locks[0].node].frame, frame);
    assert_int_equal(pruned->nodes[pruned->wait_cells[0].node].frame, frame);
    profile_prune_release(pruned);
    made_deinit(&f.made);
}

/* 4,000 places of one sample each: whatever was asked for, 99.9 % stays. */
TEST(weight_that_is_spread_evenly_stays)
{
    struct fixture f;
    (void)state;
    set_up(&f, 0, LIGHT, 0);
    f.made.profile.scope.max_nodes = 1000;
    struct profile *pruned = profile_prune(&f.made.profile);
    assert_non_null(pruned);
    assert_true((double)pruned->report_pruned_ns <= PRUNED_AT_MOST * (double)f.made.profile.cpu_ns_total);
    assert_true(pruned->node_count > LIGHT);
    profile_prune_release(pruned);
    made_deinit(&f.made);
}

TEST(a_tree_that_fits_is_left_alone)
{
    struct fixture f;
    (void)state;
    set_up(&f, HEAVY, LIGHT, HEAVY_SAMPLES);
    assert_null(profile_prune(&f.made.profile));
    f.made.profile.scope.max_nodes = f.made.profile.node_count - 1;
    assert_null(profile_prune(&f.made.profile));
    made_deinit(&f.made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {NAMED(what_is_light_goes_and_every_sum_stays), NAMED(callers_stay_before_what_they_call),
                                       NAMED(where_threads_wait_for_locks_stays), NAMED(weight_that_is_spread_evenly_stays),
                                       NAMED(a_tree_that_fits_is_left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
