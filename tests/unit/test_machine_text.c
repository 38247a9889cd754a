/* The machine in words, of a file like /proc/cpuinfo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "profiler/collector/machine_text.h"

#define TEST(name) static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

static char *text_of(const char *cpuinfo)
{
    char path[] = "/tmp/test_machine_text_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, cpuinfo, strlen(cpuinfo)) == (ssize_t)strlen(cpuinfo));
    close(fd);
    char *text = machine_text(path);
    unlink(path);
    return text;
}

TEST(the_processor_comes_first)
{
    (void)state;
    char *text = text_of("processor\t: 0\nmodel name\t: AMD EPYC \x1b[31m 7R13\nmodel name\t: other\n");
    assert_ptr_equal(strstr(text, "AMD EPYC "), text);
    assert_null(strchr(text, '\x1b'));
    assert_null(strstr(text, "other"));
    assert_non_null(strstr(text, " CPU"));
    free(text);
}

TEST(what_is_not_told_is_left_out)
{
    (void)state;
    struct utsname names;
    assert_int_equal(uname(&names), 0);
    char *text = text_of("processor\t: 0\nBogoMIPS\t: 243.75\n"), *none = machine_text("/nonexistent");
    assert_string_equal(text, none);
    assert_true(text[0] >= '1' && text[0] <= '9');
    assert_non_null(strstr(text, names.release));
    free(text);
    free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {NAMED(the_processor_comes_first), NAMED(what_is_not_told_is_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
