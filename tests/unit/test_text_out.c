/* Text leaves valid, whatever bytes it came from, and numbers leave the same in every locale. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/text_out.h"

#define TEST(name) static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)
#define BAD "\xEF\xBF\xBD"

typedef void writer(struct text_out *out, const char *text);

static void assert_written(writer *write, const char *text, const char *expected)
{
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    write(&out, text);
    char *got = text_out_take(&out);
    assert_non_null(got);
    assert_string_equal(got, expected);
    free(got);
}

TEST(invalid_utf8_becomes_replacement_characters)
{
    (void)state;
    assert_written(text_out_html, "a\xffz", "a" BAD "z");
    assert_written(text_out_html, "\xc0\xaf", BAD BAD);                 /* overlong '/' */
    assert_written(text_out_html, "\xed\xa0\x80", BAD BAD BAD);         /* a surrogate */
    assert_written(text_out_html, "\xf4\x90\x80\x80", BAD BAD BAD BAD); /* beyond U+10FFFF */
    assert_written(text_out_html, "\xe2\x82", BAD);                     /* cut short: one, for the longest valid start */
    assert_written(text_out_html, "\xe2\x82z", BAD "z");
    assert_written(text_out_html, "\xf0\x9f\x94\xa5 \xe2\x82\xac \xc3\xa9 " BAD, "\xf0\x9f\x94\xa5 \xe2\x82\xac \xc3\xa9 " BAD);
}

TEST(html_has_no_markup_and_no_controls)
{
    (void)state;
    assert_written(text_out_html, "<a href=\"x\" id='y'>&</a>", "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/a&gt;");
    assert_written(text_out_html, "\x01\x1b[31m\x7f\xc2\x85\r", BAD BAD "[31m" BAD BAD BAD);
    assert_written(text_out_html, "a\tb\nc", "a\tb\nc");
    assert_written(text_out_html, "\xe2\x80\xae" "evil\xe2\x81\xa6", BAD "evil" BAD); /* bidirectional override and isolate */
}

TEST(json_strings_are_escaped)
{
    (void)state;
    assert_written(text_out_json, "a\"b\\c\n\t\r\x01\x7f", "\"a\\\"b\\\\c\\n\\t\\r\\u0001\\u007f\"");
    assert_written(text_out_json, NULL, "null");
    assert_written(text_out_json, "\xff", "\"" BAD "\"");
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    text_out_json_bytes(&out, "a\0b", 3);
    char *got = text_out_take(&out);
    assert_string_equal(got, "\"a\\u0000b\"");
    free(got);
}

TEST(plain_text_stays_on_its_line)
{
    (void)state;
    assert_written(text_out_plain, "a\nb\tc\x1b[2J", "a b c" BAD "[2J");
}

static void write_fixed(struct text_out *out, double value, unsigned decimals)
{
    text_out_fixed(out, value, decimals);
    text_out_char(out, ' ');
}

TEST(numbers_ignore_the_locale)
{
    (void)state;
    (void)setlocale(LC_ALL, "de_DE.UTF-8");
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    write_fixed(&out, 1234.5678, 2);
    write_fixed(&out, -0.05, 1);
    write_fixed(&out, -0.001, 1);
    write_fixed(&out, 99.96, 1);
    write_fixed(&out, 7, 0);
    write_fixed(&out, (double)NAN, 1);
    write_fixed(&out, (double)INFINITY, 1);
    write_fixed(&out, 0.000001, 6);
    text_out_signed(&out, INT64_MIN);
    text_out_char(&out, ' ');
    text_out_unsigned(&out, UINT64_MAX);
    char *got = text_out_take(&out);
    assert_string_equal(got, "1234.57 -0.1 0.0 100.0 7 0.0 0.0 0.000001 -9223372036854775808 18446744073709551615");
    free(got);
    (void)setlocale(LC_ALL, "C");
}

struct collected {
    size_t bytes, calls, fail_after;
};

static bool collect(void *context, const char *bytes, size_t count)
{
    struct collected *collected = context;
    (void)bytes;
    collected->bytes += count;
    collected->calls++;
    return collected->calls <= collected->fail_after;
}

TEST(sinks_get_everything_and_a_failure_sticks)
{
    (void)state;
    static const char line[] = "0123456789abcdef";
    struct collected fine = {.fail_after = SIZE_MAX}, failing = {.fail_after = 1};
    struct text_out out, broken;
    text_out_init(&out, collect, &fine);
    text_out_init(&broken, collect, &failing);
    for (int i = 0; i < 100000; i++) {
        text_out_string(&out, line);
        text_out_string(&broken, line);
    }
    assert_true(text_out_flush(&out));
    assert_int_equal(fine.bytes, 1600000);
    assert_false(text_out_flush(&broken));
    assert_int_equal(failing.calls, 2);
    text_out_deinit(&out);
    text_out_deinit(&broken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(invalid_utf8_becomes_replacement_characters),
        NAMED(html_has_no_markup_and_no_controls),
        NAMED(json_strings_are_escaped),
        NAMED(plain_text_stays_on_its_line),
        NAMED(numbers_ignore_the_locale),
        NAMED(sinks_get_everything_and_a_failure_sticks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
