/* Lines of /tmp/perf-PID.map: what is found, what replaces what, and that nothing in them does harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "profiler/collector/jit_names.h"

static struct jit_names *names;

static int make(void **state)
{
    (void)state;
    names = jit_names_create(-1, getuid());
    return 0;
}

static int drop(void **state)
{
    (void)state;
    jit_names_destroy(names);
    return 0;
}

static void parse(const char *text)
{
    jit_names_parse(names, text, strlen(text));
}

static void an_address_has_the_name_of_its_range(void **state)
{
    (void)state;
    parse("1000 10 first\n0x2000 0x20 a name with spaces\n3000 8 upper\n3008 8 Next\n");
    assert_string_equal(jit_names_find(names, 0x1000), "first");
    assert_string_equal(jit_names_find(names, 0x100f), "first");
    assert_null(jit_names_find(names, 0x1010));
    assert_null(jit_names_find(names, 0xfff));
    assert_string_equal(jit_names_find(names, 0x201f), "a name with spaces");
    assert_string_equal(jit_names_find(names, 0x3007), "upper");
    assert_string_equal(jit_names_find(names, 0x3008), "Next");
    assert_null(jit_names_find(names, UINT64_MAX));
}

static void the_later_line_wins(void **state)
{
    (void)state;
    parse("1000 100 old\n1080 10 inner\n1000 40 new\n");
    assert_string_equal(jit_names_find(names, 0x1000), "new");
    assert_string_equal(jit_names_find(names, 0x1050), "old");
    assert_string_equal(jit_names_find(names, 0x1085), "inner");
    parse("1000 100 again\n");
    assert_string_equal(jit_names_find(names, 0x1085), "again");
}

static void lines_without_sense_are_passed_over(void **state)
{
    (void)state;
    parse("\n \nfoo bar baz\n1000\n1000 \n1000 10\n1000 10 \n1000 0 empty\nffffffffffffffff 40 beyond\n12345678901234567 10 long\n"
          "-1000 10 minus\n2000 10 good\x01\x1b\n4000 10 cut off");
    assert_null(jit_names_find(names, 0x1000));
    assert_string_equal(jit_names_find(names, 0x2000), "good??");
    assert_null(jit_names_find(names, 0x4000));
    assert_null(jit_names_find(names, UINT64_MAX - 1));
}

static void any_bytes_do_no_harm(void **state)
{
    (void)state;
    static const char alphabet[] = "0123456789abcdef  \n\nxX\xff g";
    char text[4000];
    uint32_t random = 5;
    for (int round = 0; round < 300; round++) {
        for (size_t i = 0; i < sizeof text; i++) {
            random = random * 1664525 + 1013904223;
            text[i] = alphabet[(random >> 16) % (sizeof alphabet)];
        }
        jit_names_parse(names, text, (random >> 8) % sizeof text);
        for (uint64_t address = 1; address; address <<= 1) {
            const char *name = jit_names_find(names, address);
            assert_true(!name || strlen(name) <= 512);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(an_address_has_the_name_of_its_range),
        TEST(the_later_line_wins),
        TEST(lines_without_sense_are_passed_over),
        TEST(any_bytes_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
