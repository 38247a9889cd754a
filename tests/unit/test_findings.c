/* The rules of the findings: what is said, of which line, and what is not said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/called_code.h"
#include "profiler/collector/finding_list.h"
#include "profiler/collector/text_out.h"
#include "tests/unit/made_profile.h"

#define TEST(name) static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

/* A program whose main() at line 5 calls into two libraries; node ids in the order of making. */
struct small {
    struct made made;
    uint32_t app, libc, jpeg, file, in_main;
};

static void small_init(struct small *small)
{
    struct made *m = &small->made;
    made_init(m);
    small->app = made_module(m, "/srv/app/app", true);
    small->libc = made_module(m, "/lib/libc.so.6", false);
    small->jpeg = made_module(m, "/lib/libjpeg.so.62", false);
    small->file = made_file(m, "/src/app.c", true, "text\n");
    made_thread(m, 1, "main");
    small->in_main = made_call(m, 0, made_function(m, "main", small->file, 1, small->app), small->file, 5);
}

static uint32_t call_library(struct small *small, uint32_t parent, const char *name, uint32_t module)
{
    return made_call(&small->made, parent, made_function(&small->made, name, PROFILE_NONE, 0, module), PROFILE_NONE, 0);
}

/* All findings, a line each. */
static void assert_findings(const struct profile *profile, const char *expected)
{
    struct summary *summary = summary_create(profile, NULL);
    struct wait_summary *waits = wait_summary_create(profile);
    struct finding_list list;
    struct text_out out;
    finding_list_make(summary, waits, &list);
    text_out_init(&out, NULL, NULL);
    for (unsigned i = 0; i < list.count; i++) {
        finding_text(&out, &list.items[i]);
        text_out_char(&out, '\n');
    }
    char *text = text_out_take(&out);
    assert_string_equal(text ? text : "", expected);
    free(text);
    wait_summary_destroy(waits);
    summary_destroy(summary);
}

TEST(allocation_and_copying_are_known_by_name)
{
    (void)state;
    static const char *const allocation[] = {"malloc", "_int_malloc", "__libc_calloc", "cfree", "operator new(unsigned long)", "operator delete[](void*)",
                                             "malloc_consolidate", "tcache_init", "free@plt"};
    static const char *const copy[] = {"memcpy", "__memmove_avx_unaligned_erms", "memset_sse2", "__memcpy_chk"};
    static const char *const neither[] = {"freeaddrinfo", "my_malloc", "memory_copy", "memcpyx", "", "_", "write", "libc.so.6+0x1234"};
    for (unsigned i = 0; i < sizeof allocation / sizeof *allocation; i++) {
        assert_int_equal(called_code_kind(allocation[i]), CALLED_ALLOCATION);
    }
    for (unsigned i = 0; i < sizeof copy / sizeof *copy; i++) {
        assert_int_equal(called_code_kind(copy[i]), CALLED_COPY);
    }
    for (unsigned i = 0; i < sizeof neither / sizeof *neither; i++) {
        assert_int_equal(called_code_kind(neither[i]), CALLED_KINDS);
    }
}

TEST(what_own_code_calls_is_told_apart)
{
    (void)state;
    struct small small;
    small_init(&small);
    uint32_t decode = call_library(&small, small.in_main, "decode", small.jpeg);
    uint32_t copy = call_library(&small, decode, "__memcpy_avx_unaligned", small.libc);
    uint32_t take = call_library(&small, small.in_main, "malloc", small.libc), grow = call_library(&small, take, "brk", small.libc);
    uint32_t write_call = call_library(&small, small.in_main, "write", small.libc);
    made_cell(&small.made, small.in_main, 0, 0, 0, 1000, false);
    made_cell(&small.made, decode, 0, 0, 0, 400, false);
    made_cell(&small.made, copy, 0, 0, 0, 300, false);
    made_cell(&small.made, take, 0, 0, 0, 100, false);
    made_cell(&small.made, grow, 0, 0, 0, 100, true); /* malloc()'s, too */
    made_cell(&small.made, write_call, 0, 0, 0, 150, true);
    assert_findings(&small.made.profile, "20 % of CPU in libjpeg.so.62, called from own code, 20 % from main(), app.c:5\n"
                                         "15 % of CPU in copying and filling memory (memcpy, memset and their kin), 15 % for main(), app.c:5\n"
                                         "9.8 % of CPU in memory allocation (malloc, free and their kin), 9.8 % for main(), app.c:5\n"
                                         "7.3 % of CPU in the kernel, in system calls, 7.3 % for main(), app.c:5\n");
    made_deinit(&small.made);
}

TEST(a_few_samples_are_no_finding)
{
    (void)state;
    struct small small;
    small_init(&small);
    made_cell(&small.made, small.in_main, 0, 0, 0, 20, false);
    made_cell(&small.made, call_library(&small, small.in_main, "malloc", small.libc), 0, 0, 0, 3, false); /* 13 % +- 14 */
    assert_findings(&small.made.profile, "");
    made_deinit(&small.made);
}

TEST(code_outside_own_code_calls_for_nobody)
{
    (void)state;
    struct small small;
    small_init(&small);
    uint32_t thread = call_library(&small, 0, "start_thread", small.libc);
    made_cell(&small.made, small.in_main, 0, 0, 0, 500, false);
    made_cell(&small.made, call_library(&small, thread, "free", small.libc), 0, 0, 0, 400, false);
    made_cell(&small.made, call_library(&small, thread, "poll", small.libc), 0, 0, 0, 400, true);
    assert_findings(&small.made.profile, "");
    made_deinit(&small.made);
}

TEST(another_function_is_told_unless_what_it_calls_tells_it)
{
    (void)state;
    struct small small;
    small_init(&small);
    uint32_t other = made_call(&small.made, small.in_main, made_function(&small.made, "other", small.file, 20, small.app), small.file, 22);
    uint32_t third = made_call(&small.made, small.in_main, made_function(&small.made, "third", small.file, 30, small.app), small.file, 33);
    made_cell(&small.made, small.in_main, 0, 0, 0, 1000, false);
    made_cell(&small.made, call_library(&small, other, "decode", small.jpeg), 0, 0, 0, 500, false);
    made_cell(&small.made, third, 0, 0, 0, 300, false);
    assert_findings(&small.made.profile, "28 % of CPU in libjpeg.so.62, called from own code, 28 % from other(), app.c:22\n"
                                         "17 % of CPU in third(), its hottest line app.c:33\n");
    made_deinit(&small.made);
}

static const struct profile_tag BLUR[] = {{"operation", "blur"}}, RESIZE[] = {{"operation", "resize"}};

TEST(a_tag_beside_its_part_of_the_requests)
{
    (void)state;
    struct small small;
    small_init(&small);
    uint32_t blur = made_tag_set(&small.made, BLUR, 1), resize = made_tag_set(&small.made, RESIZE, 1);
    made_cell(&small.made, small.in_main, blur, 0, 0, 600, false);
    made_cell(&small.made, small.in_main, resize, 0, 0, 400, false);
    assert_findings(&small.made.profile, "operation = blur takes 60 % of CPU; its hottest line is app.c:5 in main()\n");
    const struct profile_latency latencies[] = {{.name = "r", .tag_set = blur, .count = 900}, {.name = "r", .tag_set = resize, .count = 100}};
    small.made.profile.latencies = latencies;
    small.made.profile.latency_count = 2;
    assert_findings(&small.made.profile, "operation = resize takes 40 % of CPU in 10 % of the requests; its hottest line is app.c:5 in main()\n");
    made_deinit(&small.made);
}

TEST(slow_is_not_hot)
{
    (void)state;
    struct small small;
    small_init(&small);
    made_cell(&small.made, small.in_main, 0, 0, 0, 1000, false);
    uint32_t lock_node = call_library(&small, small.in_main, "___pthread_mutex_lock", small.libc);
    uint32_t other = made_call(&small.made, 0, made_function(&small.made, "other", small.file, 20, small.app), small.file, 22);
    const struct profile_cell waits[] = {{.node = lock_node, .samples = 100, .cpu_ns = 2000000000},
                                         {.node = call_library(&small, other, "poll", small.libc), .samples = 200, .cpu_ns = 4000000000}};
    const struct profile_lock locks[] = {{.pid = 1, .address = 0x1234, .node = lock_node, .samples = 100, .waited_ns = 2000000000}};
    struct profile *profile = &small.made.profile;
    profile->wall = true;
    profile->wait_cells = waits;
    profile->wait_cell_count = 2;
    profile->wait_ns_total = 6000000000;
    profile->locks = locks;
    profile->lock_count = 1;
    profile->throttled_s = 3;
    assert_findings(profile, "Slow is not hot: threads were blocked for 6.00 s, 67 % of it in calls from other(), app.c:22\n"
                             "Threads waited 2.00 s for the lock 0x1234, most in main(), app.c:5\n"
                             "Slow is not hot: a CPU limit held the program up for 3.00 s while it ran for 10.0 s\n");
    const struct profile_selection some = {.from_s = 1};
    profile->unselected_cells = profile->cells;
    profile->unselected_cell_count = profile->cell_count;
    profile->selection = &some; /* of the run, not of a part of it */
    assert_findings(profile, "Slow is not hot: threads were blocked for 6.00 s, 67 % of it in calls from other(), app.c:22\n");
    made_deinit(&small.made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(allocation_and_copying_are_known_by_name),
        NAMED(what_own_code_calls_is_told_apart),
        NAMED(a_few_samples_are_no_finding),
        NAMED(code_outside_own_code_calls_for_nobody),
        NAMED(another_function_is_told_unless_what_it_calls_tells_it),
        NAMED(a_tag_beside_its_part_of_the_requests),
        NAMED(slow_is_not_hot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
