/* JSON out of whatever a client sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "service/http/json_text.h"

#define TEST(name)   static void name(void **state)
#define UNUSED_STATE (void)state

static void assert_json(const char *text, const char *expected)
{
    char buffer[256];
    struct json_text json;
    json_init(&json, buffer, sizeof buffer);
    json_string(&json, text);
    assert_false(json.truncated);
    assert_string_equal(buffer, expected);
    assert_int_equal(json.length, strlen(expected));
}

TEST(strings_are_escaped)
{
    UNUSED_STATE;
    assert_json("", "\"\"");
    assert_json("plain / text", "\"plain / text\"");
    assert_json("a\"b\\c", "\"a\\\"b\\\\c\"");
    assert_json("\n\x01\x7F", "\"\\u000a\\u0001\\u007f\"");
}

TEST(utf_8_is_kept_and_what_is_not_becomes_the_replacement_character)
{
    UNUSED_STATE;
    assert_json("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
    assert_json("\xFF", "\"\\ufffd\"");
    assert_json("\xC3", "\"\\ufffd\""); /* cut short */
    assert_json("\xC3(", "\"\\ufffd(\"");
    assert_json("\xC0\xAF", "\"\\ufffd\\ufffd\"");            /* overlong */
    assert_json("\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\""); /* a surrogate */
    assert_json("\xF4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
    assert_json("\xF0\x9F\x98", "\"\\ufffd\\ufffd\\ufffd\"");
}

TEST(what_does_not_fit_is_cut_and_told)
{
    UNUSED_STATE;
    char buffer[8];
    struct json_text json;
    json_init(&json, buffer, sizeof buffer);
    json_raw(&json, "%s", "1234567");
    assert_false(json.truncated);
    assert_string_equal(buffer, "1234567");
    json_raw(&json, "8");
    assert_true(json.truncated);
    assert_string_equal(buffer, "1234567");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(utf_8_is_kept_and_what_is_not_becomes_the_replacement_character),
        cmocka_unit_test(what_does_not_fit_is_cut_and_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
