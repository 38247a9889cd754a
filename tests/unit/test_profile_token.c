/* The token of GET /profile: where it may stand in a request, and that nothing like it opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "service/http/profile_token.h"

#define TEST(name)   static void name(void **state)
#define UNUSED_STATE (void)state

static const char TOKEN[] = "n3v3r+guess/th1s==";

TEST(the_header_opens)
{
    UNUSED_STATE;
    assert_true(profile_token_is_given(TOKEN, "Bearer n3v3r+guess/th1s==", "/profile"));
    assert_true(profile_token_is_given(TOKEN, "bearer   n3v3r+guess/th1s== \t", "/profile"));
    static const char *const WRONG[] = {"",
                                        "Bearer",
                                        "Bearer ",
                                        "Bearern3v3r+guess/th1s==",
                                        "Basic n3v3r+guess/th1s==",
                                        "n3v3r+guess/th1s==",
                                        "Bearer n3v3r+guess/th1s=",
                                        "Bearer n3v3r+guess/th1s===",
                                        "Bearer N3v3r+guess/th1s==",
                                        "Bearer n3v3r+guess/th1s=%3D",
                                        "Bearer n3v3r+guess/th1s==n3v3r+guess/th1s=="};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        if (profile_token_is_given(TOKEN, WRONG[i], "/profile")) {
            fail_msg("\"%s\" opens", WRONG[i]);
        }
    }
    assert_false(profile_token_is_given(TOKEN, NULL, "/profile"));
}

TEST(every_single_wrong_byte_keeps_it_shut)
{
    UNUSED_STATE;
    for (size_t i = 0; i < strlen(TOKEN); i++) {
        char header[64];
        snprintf(header, sizeof header, "Bearer %s", TOKEN);
        header[strlen("Bearer ") + i] ^= 1;
        assert_false(profile_token_is_given(TOKEN, header, "/profile"));
    }
}

TEST(the_address_opens)
{
    UNUSED_STATE;
    static const char *const RIGHT[] = {
        "/profile?token=n3v3r+guess/th1s==", "/profile?token=n3v3r%2Bguess%2fth1s%3D%3d",
        "/profile?a=b&token=n3v3r+guess/th1s==&c", "http://host/profile?token=n3v3r+guess/th1s=="};
    for (size_t i = 0; i < sizeof RIGHT / sizeof RIGHT[0]; i++) {
        if (!profile_token_is_given(TOKEN, NULL, RIGHT[i])) {
            fail_msg("\"%s\" does not open", RIGHT[i]);
        }
    }
    assert_true(profile_token_is_given(TOKEN, "Basic eDp5", RIGHT[0]));
    static const char *const WRONG[] = {"/profile",
                                        "/profile?",
                                        "/profile?token",
                                        "/profile?token=",
                                        "/profile?token=n3v3r",
                                        "/profile?tokens=n3v3r+guess/th1s==",
                                        "/profile?xtoken=n3v3r+guess/th1s==",
                                        "/profile?token=n3v3r guess/th1s==",
                                        "/profile?token=n3v3r+guess/th1s=%3",
                                        "/profile?token=n3v3r+guess/th1s=%",
                                        "/profile?token=n3v3r+guess/th1s=%zz",
                                        "/profile?token=n3v3r+guess/th1s==%00",
                                        "/profile#token=n3v3r+guess/th1s==",
                                        "/profile?token=wrong&token=n3v3r+guess/th1s=="};
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        if (profile_token_is_given(TOKEN, NULL, WRONG[i])) {
            fail_msg("\"%s\" opens", WRONG[i]);
        }
    }
    assert_false(profile_token_is_given(TOKEN, "Bearer wrong", RIGHT[0])); /* the header decides */
}

TEST(an_endless_value_is_only_wrong)
{
    UNUSED_STATE;
    char uri[2049] = "/profile?token=";
    memset(uri + strlen(uri), 'a', sizeof uri - 1 - strlen(uri));
    assert_false(profile_token_is_given(TOKEN, NULL, uri));
    char longest[257];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    char fits[512];
    snprintf(fits, sizeof fits, "/profile?token=%s", longest);
    assert_true(profile_token_is_given(longest, NULL, fits));
}

static void hidden(const char *uri, const char *expected)
{
    char copy[128];
    snprintf(copy, sizeof copy, "%s", uri);
    profile_token_hide(copy);
    assert_string_equal(copy, expected);
}

TEST(the_log_does_not_see_it)
{
    UNUSED_STATE;
    hidden("/profile?token=secret", "/profile?token=******");
    hidden("/other?a=token&token=secret&b=c", "/other?a=token&token=******&b=c");
    hidden("/profile?token=one&token=two", "/profile?token=***&token=***");
    hidden("/profile?token=", "/profile?token=");
    hidden("/profile?tok", "/profile?tok");
    hidden("/profile?", "/profile?");
    hidden("/token=a", "/token=a");
    hidden("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_opens),        cmocka_unit_test(every_single_wrong_byte_keeps_it_shut),
        cmocka_unit_test(the_address_opens),       cmocka_unit_test(an_endless_value_is_only_wrong),
        cmocka_unit_test(the_log_does_not_see_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
