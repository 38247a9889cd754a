/* Every instruction where control does not simply call and return: recursion, frames of odd shape, jumps, signals on both stacks, signals
 * in signals, the end of a thread. See single_step.h. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/single_step.h"

enum { ALTERNATE_BYTES = 256 * 1024 };

static __attribute__((noinline)) int recurse(int depth)
{
    volatile char pad[40];
    pad[depth % 40] = (char)depth;
    return depth == 0 ? atoi(digits) : recurse(depth - 1) + pad[depth % 40];
}

static void work_recursion(void) { sink += recurse(300); }

static void work_deeper_than_the_limit(void) { sink += recurse(600); }

static jmp_buf place;

static __attribute__((noinline)) void jump_from(int depth)
{
    volatile char pad[64];
    pad[depth] = 1;
    if (depth <= 0)
        longjmp(place, 1);
    if (sink > -1e300)
        jump_from(depth - 1);
    sink += pad[depth];
}

static void work_longjmp(void)
{
    for (volatile int i = 0; i < 5; i++)
        if (setjmp(place) == 0)
            jump_from(i + 2);
        else
            sink += atoi(digits);
}

/* The stack pointer goes through a frame whose size only run time knows, so that its frame hangs on rbp. */
static __attribute__((noinline)) void work_alloca(void)
{
    for (int i = 1; i < 5; i++) {
        char *bytes = __builtin_alloca((size_t)i * 100);
        snprintf(bytes, 100, "%d", i);
        sink += atoi(bytes);
    }
}

/* A frame aligned beyond the ABI, as compilers make them for AVX: CFA = *(rbp - 8) or in r10 meanwhile. */
static __attribute__((noinline)) void work_aligned(void)
{
    _Alignas(64) volatile char line[128];
    char *bytes = __builtin_alloca((size_t)(sink > 1e300) + 10);
    bytes[0] = 0;
    for (int i = 0; i < 20; i++)
        line[i] = (char)atoi(digits);
    sink += line[3] + bytes[0];
}

static int compare_ints(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void work_sorting(void)
{
    int values[60];
    char text[256];
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 60; i++)
            values[i] = (i * 7919 + round) % 1009;
        qsort(values, 60, sizeof values[0], compare_ints);
        snprintf(text, sizeof text, "%d %f %s", values[3], round * 1.5, "hello");
        sink += strtod("3.14159265358979", NULL);
    }
}

/* Below everything on the thread's own stack, where mmap() puts it. */
static void prepare_alternate(void)
{
    stack_t alternate = {.ss_size = ALTERNATE_BYTES};
    alternate.ss_sp = mmap(NULL, ALTERNATE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(alternate.ss_sp != MAP_FAILED && sigaltstack(&alternate, NULL) == 0);
}

/* A sanitizer has one. */
static void prepare_no_alternate(void)
{
    assert_int_equal(sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL), 0);
}

static void work_thread(void) { sink += atoi(digits) + recurse(20); }

static void *stepped_thread(void *unused)
{
    stack = own_stack();
    trap_on();
    work_thread();
    return unused; /* the thread's end is stepped up to its last system call */
}

static void work_ending_thread(void)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stepped_thread, NULL), 0);
    pthread_join(thread, NULL);
}

TEST(three_hundred_frames)
{
    (void)state;
    const struct result *got = all_right(&(struct workload){.work = work_recursion}, 3000);
    assert_true(got->deepest > 300);
    assert_int_equal(got->too_deep, 0);
}

/* The innermost 512 frames are right; the others are not looked for. */
TEST(deeper_than_the_limit)
{
    (void)state;
    const struct result *got = all_right(&(struct workload){.work = work_deeper_than_the_limit}, 6000);
    assert_int_equal(got->deepest, DEPTH_MAX);
    assert_true(got->too_deep > 1000);
}

TEST(after_longjmp)
{
    (void)state;
    const struct result *got = all_right(&(struct workload){.work = work_longjmp}, 500);
    assert_true(got->jumps > 0 && got->jumps < 100); /* five jumps, about ten instructions each */
}

TEST(frames_that_hang_on_rbp)
{
    (void)state;
    all_right(&(struct workload){.work = work_alloca}, 1000);
    all_right(&(struct workload){.work = work_aligned}, 500);
}

TEST(signals_in_signals_at_arbitrary_instructions)
{
    (void)state;
    const struct result *got =
        all_right(&(struct workload){.work = work_sorting, .prepare = prepare_no_alternate, .inject_every = 97}, 20000);
    assert_true(got->signals > 200);
    assert_true(got->nested > 50);
    assert_int_equal(got->on_alternate, 0);
}

TEST(signals_in_signals_on_an_alternate_stack)
{
    (void)state;
    const struct result *got =
        all_right(&(struct workload){.work = work_sorting, .prepare = prepare_alternate, .inject_every = 97}, 20000);
    assert_true(got->nested > 50);
    assert_true(got->on_alternate > 2000);
}

TEST(a_thread_to_its_last_instruction)
{
    (void)state;
    const struct result *got = all_right(&(struct workload){.work = work_ending_thread, .steps_itself = true}, 500);
    assert_true(got->deepest > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_hundred_frames),
        cmocka_unit_test(deeper_than_the_limit),
        cmocka_unit_test(after_longjmp),
        cmocka_unit_test(frames_that_hang_on_rbp),
        cmocka_unit_test(signals_in_signals_at_arbitrary_instructions),
        cmocka_unit_test(signals_in_signals_on_an_alternate_stack),
        cmocka_unit_test(a_thread_to_its_last_instruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
