/* Every instruction of C++ exceptions on their way: libstdc++, libgcc's unwinder, landing pads, destructors. See single_step.h; the C++
 * side is exceptions.cc. */
#include "tests/unit/single_step.h"

extern void throw_and_catch(volatile double *where);

/* Of 220,000 instructions 6,377 rewrite the stack, on the way into 18 handlers and destructors. */
enum { REWRITTEN_MAX = 8000 };

static void work_exceptions(void) { throw_and_catch(&sink); }

TEST(every_instruction_of_the_first_throw)
{
    (void)state;
    all_right_but(&(struct workload){.work = work_exceptions}, 10000, REWRITTEN_MAX); /* with everything that is done once */
}

TEST(every_instruction_of_later_throws)
{
    (void)state;
    all_right_but(&(struct workload){.work = work_exceptions, .prepare = work_exceptions}, 10000, REWRITTEN_MAX);
}

TEST(signals_while_exceptions_are_on_their_way)
{
    (void)state;
    const struct result *got =
        all_right_but(&(struct workload){.work = work_exceptions, .prepare = work_exceptions, .inject_every = 211}, 10000, REWRITTEN_MAX);
    assert_true(got->signals > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_of_the_first_throw),
        cmocka_unit_test(every_instruction_of_later_throws),
        cmocka_unit_test(signals_while_exceptions_are_on_their_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
