/* Differences of two made profiles: the formulas on numbers known by hand, then many pairs of seeded random runs whose samples come in
 * clumps, as those of requests do: what is the same is called the same, what changed is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/diff_judge.h"
#include "profiler/collector/profile_diff.h"
#include "tests/unit/made_profile.h"

#define TEST(name)  static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

static void assert_near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance)) {
        fail_msg("%.9g is not %.9g", value, expected);
    }
}

/* Expected values: the quantiles by numerical integration. */
TEST(quantiles_are_students)
{
    (void)state;
    assert_near(judge_quantile(1, 30), 2.042, 0.002);
    assert_near(judge_quantile(1, 62), 1.999, 0.002);
    assert_near(judge_quantile(100, 62), 3.674, 0.01);
    assert_near(judge_quantile(100, 14), 4.499, 0.05);
    assert_near(judge_quantile(1000, 62), 4.360, 0.02);
}

TEST(batches_have_about_equal_weight_and_none_is_empty)
{
    (void)state;
    static const uint64_t buckets[] = {0, 10, 10, 0, 0, 40, 5, 5, 10, 0};
    static const uint32_t expected[] = {0, 0, 0, 0, 0, 1, 2, 2, 2, 2};
    uint32_t batch[10];
    double batch_ns[4];
    assert_int_equal(judge_make_batches(buckets, 10, 4, batch, batch_ns), 3);
    assert_memory_equal(batch, expected, sizeof batch);
    assert_near(batch_ns[0], 20, 0);
    assert_near(batch_ns[1], 40, 0);
    assert_near(batch_ns[2], 20, 0);
    static const uint64_t nothing[3] = {0};
    assert_int_equal(judge_make_batches(nothing, 3, 4, batch, batch_ns), 0);
}

/* 100 samples a side in four batches of 25; the item has 10, 0, 10, 0 before and 5, 5, 5, 5 after. Before: p = 0.2, residuals +-5:
 * S = 4/3 * 100 = 133.3, V = 16. After: S = 0, V = 16. */
TEST(over_dispersion_is_by_hand)
{
    (void)state;
    static const double all[] = {25, 25, 25, 25}, clumped[] = {10, 0, 10, 0}, even[] = {5, 5, 5, 5};
    struct judge_side sides[2] = {{100, 100, 4, all}, {100, 100, 4, all}};
    struct judge_item items[2] = {{20, clumped}, {20, even}};
    assert_near(judge_over_dispersion(sides, items), 400.0 / 3 / 32, 1e-12);
    items[0].batch_ns = even;
    assert_near(judge_over_dispersion(sides, items), 1, 0); /* never below binomial */
    items[0] = items[1] = (struct judge_item){100, all};
    assert_near(judge_over_dispersion(sides, items), 1, 0); /* V is 0 */
    /* q = 21 / 102 on both sides, K = 4. */
    static const double costs[2] = {20, 20};
    double share = 21.0 / 102;
    assert_near(judge_half_width(sides, costs, 4, true), 2 * sqrt(2 * share * (1 - share) / 100) + 0.02 * 0.2, 1e-12);
    assert_near(judge_half_width(sides, costs, 4, false), 2 * sqrt(2 * 21) + 0.1 * 20, 1e-12);
}

/* --- random runs --- */

static uint64_t random_state;

/* splitmix64 */
static double uniform(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

enum { KINDS = 6, PER_KIND = 8, COMMON = 10, FUNCTIONS = COMMON + KINDS * PER_KIND };

static char function_names[FUNCTIONS][16];

static void make_code(struct made *m)
{
    made_init(m);
    m->profile.bucket_ns = 100000000;
    uint32_t app = made_module(m, "/srv/app/app", true), file = made_file(m, "/src/app.c", true, "text\n");
    for (uint32_t i = 0; i < FUNCTIONS; i++) {
        snprintf(function_names[i], sizeof function_names[i], "f%u", i);
        made_call(m, 0, made_function(m, function_names[i], file, 10 * i + 1, app), file, 10 * i + 2);
    }
    made_thread(m, 1, "main");
}

/* Which function a moment of a request of some kind is in: a third in common ones, the earlier of each sort the hotter. `shift`: of the
 * common part, what moved from f1 to f0; `extra`: the chance that it is in f9 instead. */
static uint32_t pick_function(uint32_t kind, double shift, double extra)
{
    if (uniform() < extra) {
        return 9;
    }
    double at = uniform();
    if (uniform() < 0.33) {
        uint32_t function = (uint32_t)(at * at * (COMMON - 1));
        return function == 1 && uniform() < shift ? 0 : function;
    }
    return COMMON + kind * PER_KIND + (uint32_t)(at * at * PER_KIND);
}

/* A second of CPU time makes 100 samples. Requests take 0.3 s in the mean and are of six kinds, the later the rarer. */
static void make_run(struct made *m, double seconds, double shift, double extra)
{
    make_code(m);
    for (double now = 0; now < seconds;) {
        double end = now - 0.3 * log(1 - uniform());
        uint32_t kind = (uint32_t)(uniform() * uniform() * KINDS);
        for (; now < end && now < seconds; now += 0.01) {
            made_cell(m, 1 + pick_function(kind, shift, extra), 0, 0, (uint32_t)(now * 10), 1, false);
        }
    }
}

static struct profile_diff *diff_of(struct made *a, struct made *b, bool normalize)
{
    struct profile_diff *diff = profile_diff_create(&a->profile, &b->profile, normalize);
    assert_non_null(diff);
    return diff;
}

static const struct diff_row *find_function(const struct profile_diff *diff, const char *name)
{
    for (uint32_t i = 0; i < diff->function_count; i++) {
        if (strcmp(diff->merged->functions[diff->functions[i].function].name, name) == 0) {
            return &diff->functions[i];
        }
    }
    return NULL;
}

/* ret: how many of `tries` pairs have any significant difference. A pair that was not judged at all fails the test. */
static unsigned count_alarms(unsigned tries, double seconds_before, double seconds_after, bool normalize)
{
    unsigned alarms = 0;
    for (unsigned i = 0; i < tries; i++) {
        struct made a, b;
        make_run(&a, seconds_before, 0, 0);
        make_run(&b, seconds_after, 0, 0);
        struct profile_diff *diff = diff_of(&a, &b, normalize);
        assert_null(diff->unjudged);
        assert_true(diff->compared > 30);
        alarms += diff->significant_functions + diff->significant_lines > 0;
        profile_diff_destroy(diff);
        made_deinit(&a);
        made_deinit(&b);
    }
    return alarms;
}

TEST(the_same_work_is_called_the_same)
{
    (void)state;
    random_state = 1;
    assert_true(count_alarms(100, 20, 20, true) <= 5);
    assert_true(count_alarms(100, 60, 30, true) <= 5);
    assert_true(count_alarms(100, 20, 20, false) <= 5);
}

/* f1 has 5 % (the middle of a third's nine), a third of which goes to f0; f9 has nothing, then 3 %. */
TEST(what_changed_is_found)
{
    (void)state;
    random_state = 2;
    unsigned found = 0, gone = 0;
    for (unsigned i = 0; i < 20; i++) {
        struct made a, b;
        make_run(&a, 120, 0, 0);
        make_run(&b, 120, 0.7, 0.03);
        struct profile_diff *diff = diff_of(&a, &b, true);
        const struct diff_row *to = find_function(diff, "f0"), *from = find_function(diff, "f1"), *new = find_function(diff, "f9");
        found += new->significant && new->low > 0 && new->cost[DIFF_BEFORE].samples == 0;
        found += from->significant && from->high < 0;
        found += to->change > 0;
        profile_diff_destroy(diff);
        diff = diff_of(&b, &a, false);
        new = find_function(diff, "f9");
        gone += new->significant && new->high < 0 && new->cost[DIFF_AFTER].samples == 0;
        profile_diff_destroy(diff);
        made_deinit(&a);
        made_deinit(&b);
    }
    assert_true(found >= 58);
    assert_int_equal(gone, 20);
}

TEST(a_longer_run_costs_more_and_has_the_same_shares)
{
    (void)state;
    random_state = 3;
    struct made a, b;
    make_run(&a, 100, 0, 0);
    make_run(&b, 200, 0, 0);
    struct profile_diff *diff = diff_of(&a, &b, true);
    assert_int_equal(diff->significant_functions, 0);
    const struct diff_row *row;
    assert_near(profile_diff_worst_percent(diff, &row), 0, 0);
    assert_null(row);
    profile_diff_destroy(diff);
    diff = diff_of(&a, &b, false);
    assert_true(diff->significant_functions > 0);
    assert_near(diff->total[DIFF_BEFORE].seconds, 100, 0.1);
    assert_near(diff->total[DIFF_AFTER].seconds, 200, 0.1);
    double worst = profile_diff_worst_percent(diff, &row);
    assert_non_null(row);
    assert_near(worst, row->change, 0.1); /* in percent of 100 s */
    assert_true(row->significant && row->change > 0);
    for (uint32_t i = 0; i + 1 < diff->function_count; i++) {
        assert_true(diff->functions[i].significant || !diff->functions[i + 1].significant);
    }
    profile_diff_destroy(diff);
    made_deinit(&a);
    made_deinit(&b);
}

TEST(costs_are_those_of_the_profiles)
{
    (void)state;
    struct made a, b;
    make_code(&a);
    make_code(&b);
    for (uint32_t i = 0; i < 40; i++) {
        made_cell(&a, 1 + i % 2, 0, 0, i, 3, false); /* f0 and f1 half each */
        made_cell(&b, 1 + i % 4, 0, 0, i, 3, false); /* a quarter each of four */
    }
    struct profile_diff *diff = diff_of(&a, &b, true);
    const struct diff_row *old = find_function(diff, "f0"), *new = find_function(diff, "f3");
    assert_int_equal(old->cost[DIFF_BEFORE].samples, 60);
    assert_int_equal(old->cost[DIFF_AFTER].samples, 30);
    assert_near(old->cost[DIFF_BEFORE].percent, 50, 1e-9);
    assert_near(old->cost[DIFF_AFTER].seconds, 0.3, 1e-9);
    assert_near(old->change, -25, 1e-9);
    assert_near((old->low + old->high) / 2, old->change, 1e-9);
    assert_int_equal(new->cost[DIFF_BEFORE].samples, 0);
    assert_true(new->significant);
    assert_int_equal(diff->function_count, 4);
    assert_int_equal(diff->line_count, 4);
    assert_int_equal(diff->compared, 8);
    assert_string_equal(diff->label_key, "profile");
    assert_string_equal(diff->merged->compare_key, "profile");
    assert_int_equal(diff->merged->samples, 240);
    profile_diff_destroy(diff);
    made_deinit(&a);
    made_deinit(&b);
}

TEST(few_samples_and_few_buckets_get_no_verdict)
{
    (void)state;
    struct made a, b;
    make_code(&a);
    make_code(&b);
    for (uint32_t i = 0; i < 19; i++) {
        made_cell(&a, 1, 0, 0, i, 1, false);
        made_cell(&b, 2, 0, 0, i, 1, false);
    }
    struct profile_diff *diff = diff_of(&a, &b, true);
    assert_string_equal(diff->unjudged, "too few samples for a verdict on any difference");
    assert_int_equal(diff->significant_functions, 0);
    assert_false(diff->functions[0].judged);
    profile_diff_destroy(diff);
    made_cell(&a, 1, 0, 0, 2, 1000, false);
    made_cell(&b, 2, 0, 0, 2, 1000, false); /* nearly all at once: it may be a single request */
    diff = diff_of(&a, &b, true);
    assert_non_null(diff->unjudged);
    profile_diff_destroy(diff);
    made_deinit(&a);
    made_deinit(&b);
}

TEST(a_single_clump_is_no_change)
{
    (void)state;
    struct made a, b;
    make_code(&a);
    make_code(&b);
    for (uint32_t i = 0; i < 300; i++) {
        made_cell(&a, 1, 0, 0, i, 10, false);
        made_cell(&b, i == 150 || i == 151 ? 2 : 1, 0, 0, i, i == 150 || i == 151 ? 40 : 10, false); /* 80 samples once */
    }
    struct profile_diff *diff = diff_of(&a, &b, true);
    assert_null(diff->unjudged);
    assert_int_equal(find_function(diff, "f1")->cost[DIFF_AFTER].samples, 80);
    assert_int_equal(diff->significant_functions, 0);
    profile_diff_destroy(diff);
    made_deinit(&a);
    made_deinit(&b);
}

static const struct profile_tag OWN_PROFILE[] = {{"profile", "fast"}};

TEST(a_program_with_a_tag_called_profile_keeps_it)
{
    (void)state;
    struct made a, b;
    make_code(&a);
    make_code(&b);
    uint32_t set = made_tag_set(&a, OWN_PROFILE, 1);
    for (uint32_t i = 0; i < 30; i++) {
        made_cell(&a, 1, set, 0, i, 1, false);
        made_cell(&b, 1, 0, 0, i, 1, false);
    }
    struct profile_diff *diff = diff_of(&a, &b, true);
    assert_string_equal(diff->label_key, "compared_profile");
    assert_int_equal(diff->total[DIFF_BEFORE].samples, 30);
    assert_int_equal(diff->total[DIFF_AFTER].samples, 30);
    profile_diff_destroy(diff);
    made_deinit(&a);
    made_deinit(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(quantiles_are_students),
        NAMED(batches_have_about_equal_weight_and_none_is_empty),
        NAMED(over_dispersion_is_by_hand),
        NAMED(the_same_work_is_called_the_same),
        NAMED(what_changed_is_found),
        NAMED(a_longer_run_costs_more_and_has_the_same_shares),
        NAMED(costs_are_those_of_the_profiles),
        NAMED(few_samples_and_few_buckets_get_no_verdict),
        NAMED(a_single_clump_is_no_change),
        NAMED(a_program_with_a_tag_called_profile_keeps_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
