/* Names of requests: which of a client's are taken, and what a traceparent must look like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "service/http/request_id.h"

#define TEST(name) static void name(void **state)

static bool is_sane(const char *value) { return request_id_is_sane(value, strlen(value)); }

TEST(ids_that_may_stand_anywhere_are_sane)
{
    (void)state;
    char longest[66];
    memset(longest, 'x', 65);
    longest[65] = '\0';
    assert_false(is_sane(longest));
    longest[64] = '\0';
    assert_true(is_sane(longest));
    assert_true(is_sane("azAZ09-_.:~+/=@"));
    static const char *const bad[] = {"", " ", "a b", "a\"", "a<", "a\x7f", "\xc3\xa9", "a\r\nb", "%s%n", "a,b", "a;b", "a\\b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(is_sane(bad[i]));
    }
    assert_false(request_id_is_sane("a\0b", 3));
}

#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"

static bool reads(const char *value, size_t length)
{
    char id[REQUEST_ID_BYTES] = "unchanged";
    bool good = request_id_from_traceparent(value, length, id);
    assert_string_equal(id, good ? TRACE : "unchanged");
    return good;
}

TEST(a_traceparent_is_valid_or_ignored)
{
    (void)state;
    static const char *const good[] = {"00-" TRACE "-" PARENT "-01", "00-" TRACE "-" PARENT "-00", "01-" TRACE "-" PARENT "-01",
                                       "cc-" TRACE "-" PARENT "-01-what-will-be"};
    static const char *const bad[] = {"",
                                      "00",
                                      "00-" TRACE "-" PARENT "-0",
                                      "00-" TRACE "-" PARENT "-01-",
                                      "00-" TRACE "-" PARENT "-01-more",
                                      "01-" TRACE "-" PARENT "-01.more",
                                      "ff-" TRACE "-" PARENT "-01",
                                      "0x-" TRACE "-" PARENT "-01",
                                      "00_" TRACE "-" PARENT "-01",
                                      "00-" TRACE "_" PARENT "-01",
                                      "00-" TRACE "-" PARENT "_01",
                                      "00-" TRACE "-" PARENT "-0G",
                                      "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01",
                                      "00-00000000000000000000000000000000-" PARENT "-01",
                                      "00-" TRACE "-0000000000000000-01"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(reads(good[i], strlen(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(reads(bad[i], strlen(bad[i])));
    }
    /* Every shorter one, and one with a NUL at every place. */
    for (size_t length = 0; length < strlen(good[0]); length++) {
        char broken[64];
        assert_false(reads(good[0], length));
        memcpy(broken, good[0], strlen(good[0]) + 1);
        broken[length] = '\0';
        assert_false(reads(broken, strlen(good[0])));
    }
}

TEST(made_ids_are_sane_and_differ)
{
    (void)state;
    char ids[100][REQUEST_ID_BYTES];
    for (unsigned i = 0; i < 100; i++) {
        request_id_make(ids[i]);
        assert_int_equal(strlen(ids[i]), 32);
        assert_true(is_sane(ids[i]));
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(ids[k], ids[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_that_may_stand_anywhere_are_sane),
        cmocka_unit_test(a_traceparent_is_valid_or_ignored),
        cmocka_unit_test(made_ids_are_sane_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
