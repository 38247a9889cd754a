/* Flags go before the environment, the environment before the defaults; nonsense is one sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/config.h"

#define TEST(name)   static void name(void **state)
#define UNUSED_STATE (void)state

static const struct config_machine MACHINE = {4, 0};

/* The environment of a test: NAME=value lines. */
static const char *const *environment_lines;

static char *environment(const char *name)
{
    static char values[16][256]; /* a getenv() whose result stays for a while: the strings end up in the config */
    static unsigned next;
    size_t length = strlen(name);
    for (size_t i = 0; environment_lines && environment_lines[i]; i++) {
        if (strncmp(environment_lines[i], name, length) == 0 && environment_lines[i][length] == '=') {
            char *value = values[next++ % 16];
            snprintf(value, sizeof values[0], "%s", environment_lines[i] + length + 1);
            return value;
        }
    }
    return NULL;
}

static bool read_with(const char *const *lines, const char *const *flags, struct config *ret,
                      char ret_error[CONFIG_ERROR_BYTES])
{
    char copies[16][128] = {"image-service"};
    char *argv[17] = {copies[0]};
    int argc = 1;
    environment_lines = lines;
    for (; flags && flags[argc - 1]; argc++) {
        snprintf(copies[argc], sizeof copies[argc], "%s", flags[argc - 1]);
        argv[argc] = copies[argc];
    }
    ret_error[0] = '\0';
    return config_read(argc, argv, environment, &MACHINE, ret, ret_error);
}

#define LINES(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static struct config accept(const char *const *lines, const char *const *flags)
{
    struct config config;
    char error[CONFIG_ERROR_BYTES];
    if (!read_with(lines, flags, &config, error)) {
        fail_msg("%s", error);
    }
    return config;
}

static void refuse(const char *const *lines, const char *const *flags, const char *named)
{
    struct config config;
    char error[CONFIG_ERROR_BYTES];
    assert_false(read_with(lines, flags, &config, error));
    if (!strstr(error, named) || strchr(error, '\n')) {
        fail_msg("\"%s\" does not name %s in one line", error, named);
    }
}

TEST(defaults_are_those_of_the_contract)
{
    UNUSED_STATE;
    struct config config = accept(NULL, NULL);
    assert_int_equal(config.port, 8080);
    assert_int_equal(config.workers, 4);
    assert_int_equal(config.max_body_bytes, 20 << 20);
    assert_int_equal(config.max_pixels, 40000000);
    assert_int_equal(config.max_output_pixels, 64000000);
    assert_int_equal(config.max_side_px, 16384);
    assert_int_equal(config.memory_budget_bytes, 1 << 30);
    assert_int_equal(config.job_timeout_ms, 10000);
    assert_int_equal(config.header_timeout_ms, 10000);
    assert_int_equal(config.body_timeout_ms, 30000);
    assert_int_equal(config.reply_timeout_ms, 30000);
    assert_int_equal(config.keepalive_timeout_ms, 15000);
    assert_int_equal(config.log, CONFIG_LOG_TEXT);
    assert_false(config.no_keepalive || config.allow_cross_site || config.help);
    assert_null(config.image_simd);
    assert_null(config.profile);
    assert_null(config.profile_token);
    assert_string_equal(config.profile_file, "/tmp/profile.html");
}

TEST(half_of_the_containers_memory_is_the_budget)
{
    UNUSED_STATE;
    struct config config;
    char error[CONFIG_ERROR_BYTES];
    char name[] = "image-service";
    char *argv[] = {name, NULL};
    struct config_machine machine = {1, UINT64_C(512) << 20};
    environment_lines = NULL;
    assert_true(config_read(1, argv, environment, &machine, &config, error));
    assert_int_equal(config.memory_budget_bytes, 256 << 20);
    assert_int_equal(config.workers, 1);
}

TEST(a_flag_goes_before_the_environment)
{
    UNUSED_STATE;
    assert_int_equal(accept(LINES("PORT=81"), NULL).port, 81);
    assert_int_equal(accept(LINES("PORT=81"), LINES("--port=82")).port, 82);
    assert_int_equal(accept(LINES("PORT=81"), LINES("--port", "83")).port, 83);
    assert_int_equal(accept(LINES("PORT="), NULL).port, 8080);
    assert_int_equal(accept(NULL, LINES("--port=1", "--port=2")).port, 2);
}

TEST(units_are_understood)
{
    UNUSED_STATE;
    assert_int_equal(accept(NULL, LINES("--max-body-bytes=4096")).max_body_bytes, 4096);
    assert_int_equal(accept(NULL, LINES("--max-body-bytes=64k")).max_body_bytes, 64 << 10);
    assert_int_equal(accept(NULL, LINES("--max-body-bytes=1.5MiB")).max_body_bytes, 3 << 19);
    assert_int_equal(accept(LINES("MEMORY_BUDGET=2G"), NULL).memory_budget_bytes, UINT64_C(2) << 30);
    assert_int_equal(accept(LINES("MEMORY_BUDGET=512MB"), NULL).memory_budget_bytes, 512 << 20);
    assert_int_equal(accept(LINES("JOB_TIMEOUT=0.25"), NULL).job_timeout_ms, 250);
    assert_int_equal(accept(LINES("JOB_TIMEOUT=3s"), NULL).job_timeout_ms, 3000);
}

TEST(words_and_switches_are_understood)
{
    UNUSED_STATE;
    assert_int_equal(accept(LINES("LOG=json"), NULL).log, CONFIG_LOG_JSON);
    assert_int_equal(accept(LINES("LOG=json"), LINES("--log", "off")).log, CONFIG_LOG_OFF);
    assert_true(accept(NULL, LINES("--no-keepalive")).no_keepalive);
    assert_true(accept(LINES("ALLOW_CROSS_SITE=1"), NULL).allow_cross_site);
    assert_false(accept(LINES("ALLOW_CROSS_SITE=1"), LINES("--allow-cross-site=0")).allow_cross_site);
    assert_string_equal(accept(LINES("IMAGE_SIMD=v2"), NULL).image_simd, "v2");
    assert_string_equal(accept(LINES("PROFILE=/tmp/a.html"), NULL).profile, "/tmp/a.html");
    assert_true(accept(NULL, LINES("--help")).help);
    assert_true(accept(NULL, LINES("-h")).help);
}

TEST(a_token_is_16_characters_or_more_and_is_never_shown)
{
    UNUSED_STATE;
    const char *const fits = "PROFILE_TOKEN=0123456789abcdeF";
    struct config config = accept(LINES(fits, "PROFILE_FILE=/tmp/b.html"), NULL);
    assert_string_equal(config.profile_token, "0123456789abcdeF");
    assert_string_equal(config.profile_file, "/tmp/b.html");
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    config_print(&config, out);
    fclose(out);
    assert_null(strstr(text, "0123456789"));
    assert_non_null(strstr(text, "profile-token=(set)"));
    free(text);

    static const char *const UNFIT[] = {"0123456789abcde", "0123456789abcde ", "0123456789abc\xc3\xa4xyz",
                                        "0123456789abc&def"};
    for (size_t i = 0; i < sizeof UNFIT / sizeof UNFIT[0]; i++) {
        char line[64];
        char error[CONFIG_ERROR_BYTES];
        snprintf(line, sizeof line, "PROFILE_TOKEN=%s", UNFIT[i]);
        refuse(LINES(line), NULL, "PROFILE_TOKEN must have 16 to 256 characters");
        assert_false(read_with(LINES(line), NULL, &config, error));
        assert_null(strstr(error, "0123456789"));
    }
    assert_non_null(accept(LINES("PROFILE_TOKEN=AZaz09-._~+/==xy"), NULL).profile_token);
    assert_null(accept(LINES("PROFILE_TOKEN="), NULL).profile_token);
    refuse(NULL, LINES("--profile-token=short"), "--profile-token");
}

TEST(nonsense_is_refused_in_one_line_that_names_it)
{
    UNUSED_STATE;
    refuse(NULL, LINES("--bogus"), "--bogus");
    refuse(NULL, LINES("--bogus=1"), "--bogus=1");
    refuse(NULL, LINES("extra"), "extra");
    refuse(NULL, LINES("-port=1"), "-port=1");
    refuse(NULL, LINES("--"), "--");
    refuse(NULL, LINES("--=1"), "--=1");
    refuse(NULL, LINES("--PORT=1"), "--PORT=1");
    refuse(NULL, LINES("--port"), "--port needs a value");
    refuse(NULL, LINES("--profile="), "--profile needs a value");
    refuse(NULL, LINES("--port="), "--port");
    refuse(NULL, LINES("--port=65536"), "--port");
    refuse(NULL, LINES("--port=-1"), "--port");
    refuse(NULL, LINES("--port=80x"), "--port");
    refuse(NULL, LINES("--port=1.5"), "--port");
    refuse(NULL, LINES("--workers=0"), "--workers");
    refuse(NULL, LINES("--max-body-bytes=1T"), "--max-body-bytes");
    refuse(NULL, LINES("--max-body-bytes=1Mx"), "--max-body-bytes");
    refuse(NULL, LINES("--max-body-bytes=99999999999999999999999"), "--max-body-bytes");
    refuse(NULL, LINES("--job-timeout=0"), "--job-timeout");
    refuse(NULL, LINES("--job-timeout=nan"), "--job-timeout");
    refuse(NULL, LINES("--no-keepalive=yes"), "--no-keepalive");
    refuse(LINES("PORT=http"), NULL, "PORT");
    refuse(LINES("LOG=loud"), NULL, "LOG");
    refuse(LINES("QUEUE=many"), LINES("--port=1"), "QUEUE");
}

TEST(everything_is_printed_and_helped_with)
{
    UNUSED_STATE;
    struct config config = accept(LINES("JOB_TIMEOUT=0.5"), LINES("--max-body-bytes=1M", "--queue=7"));
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    config_print(&config, out);
    fclose(out);
    assert_non_null(strstr(text, " max-body-bytes=1MiB"));
    assert_non_null(strstr(text, " queue=7"));
    assert_non_null(strstr(text, " job-timeout=0.5s"));
    assert_non_null(strstr(text, " profile=-"));
    for (const char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(strlen(line) <= 120);
    }
    free(text);
    out = open_memstream(&text, &length);
    config_print_help(out);
    fclose(out);
    assert_non_null(strstr(text, "--max-body-bytes"));
    assert_non_null(strstr(text, "MAX_BODY_BYTES"));
    assert_non_null(strstr(text, "20MiB"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_contract),
        cmocka_unit_test(half_of_the_containers_memory_is_the_budget),
        cmocka_unit_test(a_flag_goes_before_the_environment),
        cmocka_unit_test(units_are_understood),
        cmocka_unit_test(words_and_switches_are_understood),
        cmocka_unit_test(nonsense_is_refused_in_one_line_that_names_it),
        cmocka_unit_test(a_token_is_16_characters_or_more_and_is_never_shown),
        cmocka_unit_test(everything_is_printed_and_helped_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
