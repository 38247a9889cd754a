/* The engine's period, and what it says about itself. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "profiler/collector/engine.h"

#define TEST(name) static void name(void **state)

static char why[512];

static const char *why_of(struct engine_facts facts, int paranoid)
{
    engine_why(&facts, paranoid, why, sizeof why);
    return why;
}

TEST(the_timer_takes_the_period_as_asked)
{
    (void)state;
    assert_int_equal(engine_period_ns(SESSION_ENGINE_TIMER, 100), 10000000);
    assert_int_equal(engine_period_ns(SESSION_ENGINE_TIMER, 0.1), UINT64_C(10000000000));
}

TEST(perf_takes_the_nearest_prime)
{
    static const struct {
        double asked;
        double prime;
    } rates[] = {{100, 101}, {1000, 997}, {250, 251}, {97, 97}, {10, 11}, {7, 7}, {9999, 10007}, {2, 2}, {0.5, 0.5}};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        assert_int_equal(engine_period_ns(SESSION_ENGINE_PERF, rates[i].asked), (uint64_t)(1e9 / rates[i].prime + 0.5));
    }
}

TEST(it_says_what_it_got)
{
    (void)state;
    struct engine_facts facts = {.asked = SESSION_ENGINE_PERF, .period_ns = 1003009, .perf_threads = 3};
    assert_string_equal(engine_name(&facts), "perf");
    assert_non_null(strstr(why_of(facts, 2), "997 samples per CPU second"));
    assert_null(strstr(why, "kernel"));
    facts = (struct engine_facts){.asked = SESSION_ENGINE_TIMER};
    assert_string_equal(engine_name(&facts), "timer");
    assert_non_null(strstr(why_of(facts, 2), "no privilege"));
}

TEST(it_says_why_it_got_less)
{
    (void)state;
    struct engine_facts facts = {
        .asked = SESSION_ENGINE_PERF, .period_ns = 1003009, .perf_user_threads = 1, .perf_kernel_error = EACCES};
    assert_string_equal(engine_name(&facts), "perf");
    assert_non_null(strstr(why_of(facts, 2), "time in the kernel is not sampled (Permission denied: kernel.perf_event_paranoid is 2"));
    facts.perf_kernel_error = EOPNOTSUPP;
    assert_non_null(strstr(why_of(facts, 2), "Linux 6.12"));
    facts = (struct engine_facts){
        .asked = SESSION_ENGINE_PERF, .period_ns = 1003009, .perf_refused_threads = 7, .perf_error = EPERM};
    assert_string_equal(engine_name(&facts), "timer");
    assert_non_null(strstr(why_of(facts, INT_MAX), "--engine=perf was refused (Operation not permitted: CAP_PERFMON"));
    facts.perf_threads = 1;
    assert_non_null(strstr(why_of(facts, 3), "7 threads kept the CPU clock's timer"));
}

TEST(a_short_buffer_holds_what_fits)
{
    (void)state;
    char small[24];
    struct engine_facts facts = {.asked = SESSION_ENGINE_PERF, .period_ns = 1, .perf_user_threads = 1, .perf_refused_threads = 1};
    engine_why(&facts, 2, small, sizeof small);
    assert_int_equal(strlen(small), sizeof small - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_timer_takes_the_period_as_asked), cmocka_unit_test(perf_takes_the_nearest_prime),
        cmocka_unit_test(it_says_what_it_got),                 cmocka_unit_test(it_says_why_it_got_less),
        cmocka_unit_test(a_short_buffer_holds_what_fits),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
