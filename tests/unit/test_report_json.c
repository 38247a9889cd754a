/* The JSON contract, field by field, for a profile small enough to know by heart. tests/browser/test_report_markup.py parses larger ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "profiler/collector/report_json.h"
#include "profiler/collector/text_out.h"
#include "profiler/unwind/unwind_walk.h"
#include "tests/unit/made_profile.h"

#define TEST(name) static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

static const struct profile_tag BLUR[] = {{"operation", "blur"}};
static const struct profile_tag REGION[] = {{"region", "oregon"}};

static void make_small(struct made *m)
{
    made_init(m);
    uint32_t app = made_module(m, "/srv/app/app", true), libc = made_module(m, "/lib/libc.so.6", false);
    uint32_t file = made_file(m, "/src/app.c", true, "text\n");
    uint32_t main_f = made_function(m, "main", file, 1, app), write_f = made_function(m, "write", PROFILE_NONE, 0, libc);
    uint32_t in_main = made_call(m, 0, main_f, file, 12), in_write = made_call(m, in_main, write_f, PROFILE_NONE, 0);
    uint32_t blur = made_tag_set(m, BLUR, 1), thread = made_thread(m, 4243, "worker \"0\"");
    made_cell(m, in_main, blur, thread, 0, 3, false);
    made_cell(m, in_write, 0, thread, 0, 1, true);
    m->profile.static_tags = REGION;
    m->profile.static_tag_count = 1;
    m->profile.ended = PROFILE_SIGNALLED;
    m->profile.ended_code = 9;
    m->profile.stops[UNWIND_STOP_DEPTH] = 1;
    m->profile.complete_stacks = 3;
}

static char *json_of(const struct made *made)
{
    struct summary *summary = summary_create(&made->profile, NULL);
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    report_json_text(&out, summary);
    char *text = text_out_take(&out);
    assert_non_null(text);
    summary_destroy(summary);
    return text;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        fail_msg("no %s in %s", part, text);
    }
}

TEST(the_contract_is_kept)
{
    (void)state;
    struct made made;
    make_small(&made);
    made.profile.tag_sets_dropped = 1;
    char *text = json_of(&made);
    static const char *const parts[] = {
        "{\"hotline\":\"0.1.0\",\"program\":\"/srv/app/image-service\"",
        ",\"pid\":4242,\"started\":\"2026-10-21T00:00:00.123Z\",\"duration_s\":0.040000,\"ended\":{\"how\":\"signal\",\"code\":9}",
        ",\"engine\":{\"name\":\"timer\",\"asked_hz\":100.000,\"achieved_hz\":99.200,\"why\":\"default: needs no privilege\"}",
        ",\"self_check\":{\"samples\":4,\"dropped\":0,\"complete_stacks_percent\":75.000000,\"stops\":{\"",
        "\"cpu_seconds_sampled\":0.040000,\"cpu_seconds_measured\":null,\"user_seconds\":null,\"system_seconds\":null",
        "\"handler_ns_p50\":1500,\"handler_ns_p99\":4000,\"collector_cpu_s\":0.010000",
        ",\"tags\":{\"static\":{\"region\":\"oregon\"},\"sets\":[{\"tags\":{},\"samples\":1,\"cpu_percent\":25.000000,\"cpu_error_percent\":32.688545},"
        "{\"tags\":{\"operation\":\"blur\"},\"samples\":3,\"cpu_percent\":75.000000,\"cpu_error_percent\":32.688545}]}",
        ",\"functions\":[{\"name\":\"main\",\"file\":\"/src/app.c\",\"line\":1,\"module\":\"/srv/app/app\",\"self_percent\":75.000000,"
        "\"self_error_percent\":32.688545,\"total_percent\":100.000000,\"total_error_percent\":24.494542,\"cpu_percent\":100.000000,"
        "\"cpu_error_percent\":24.494542,\"samples\":4,\"self_samples\":3,\"cpu_samples\":4},",
        "{\"name\":\"write\",\"file\":null,\"line\":0,\"module\":\"/lib/libc.so.6\",\"self_percent\":25.000000,",
        ",\"files\":[{\"path\":\"/src/app.c\",\"own\":true,\"source_found\":true,\"cpu_percent\":100.000000,",
        "\"lines\":[{\"line\":12,\"function\":\"main\",\"self_percent\":75.000000,\"self_error_percent\":32.688545,"
        "\"total_percent\":100.000000,\"total_error_percent\":24.494542,\"own_percent\":75.000000,\"own_error_percent\":32.688545,"
        "\"library_percent\":0.000000,\"library_error_percent\":24.494542,\"system_percent\":25.000000,"
        "\"system_error_percent\":32.688545,\"samples\":4,\"self_samples\":3,\"cpu_samples\":4}]}]",
        ",\"threads\":[{\"pid\":4242,\"tid\":4243,\"name\":\"worker \\\"0\\\"\",\"cpu_seconds_sampled\":0.040000,"
        "\"cpu_seconds_measured\":null,\"cpu_seconds_missed\":0.000000,\"cpu_percent\":100.000000,"
        "\"cpu_error_percent\":24.494542,\"samples\":4}]}\n",
        ",\"warnings\":[{\"severity\":\"warning\",\"text\":\"Only 4 samples: a percentage may be off by up to 35 points.\",\"cure\":\"Give it",
        "{\"severity\":\"note\",\"text\":\"1 tag did not fit and was left out.\"",
    };
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
        assert_has(text, parts[i]);
    }
    free(text);
    made_deinit(&made);
}

/* Whatever is a share says how far off it may be: every X_percent has X_error_percent, but what is counted rather than estimated. */
TEST(no_share_without_its_error)
{
    (void)state;
    struct made made;
    make_small(&made);
    char *text = json_of(&made);
    unsigned shares = 0;
    for (const char *end = strstr(text, "_percent\":"); end; end = strstr(end + 1, "_percent\":")) {
        const char *begin = end;
        while (begin[-1] != '"') {
            begin--;
        }
        int bytes = (int)(end - begin);
        bool is_error = bytes > 6 && strncmp(end - 6, "_error", 6) == 0;
        if (is_error || strncmp(begin, "complete_stacks_", 16) == 0) {
            continue;
        }
        char error_name[80];
        (void)snprintf(error_name, sizeof error_name, ",\"%.*s_error_percent\":", bytes, begin);
        const char *next = strchr(end, ',');
        assert_non_null(next);
        if (strncmp(next, error_name, strlen(error_name)) != 0) {
            fail_msg("no %s after %.40s", error_name, begin);
        }
        shares++;
    }
    assert_int_equal(shares, 4 + 1 + 2 + 2 * 3 + 3 + 5 + 2 + 1); /* self-check, findings, tag sets, functions, file, line, modules, thread */
    free(text);
    made_deinit(&made);
}

TEST(endings_are_told)
{
    (void)state;
    struct made made;
    make_small(&made);
    made.profile.ended = PROFILE_RUNNING;
    char *text = json_of(&made);
    assert_has(text, "\"ended\":{\"how\":\"running\",\"code\":0}");
    free(text);
    made.profile.ended = PROFILE_EXITED;
    made.profile.ended_code = 3;
    text = json_of(&made);
    assert_has(text, "\"ended\":{\"how\":\"exit\",\"code\":3}");
    free(text);
    made_deinit(&made);
}

TEST(an_unwritable_target_is_one_line)
{
    (void)state;
    struct made made;
    make_small(&made);
    char error[200] = "";
    assert_false(report_json_write(&made.profile, "/nonexistent/report.json", error, sizeof error));
    assert_string_equal(error, "cannot write /nonexistent/report.json: No such file or directory");
    char path[] = "/tmp/hotline-json-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_true(report_json_write(&made.profile, path, error, sizeof error));
    FILE *file = fopen(path, "r");
    assert_int_equal(fgetc(file), '{');
    (void)fclose(file);
    assert_int_equal(unlink(path), 0);
    made_deinit(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(the_contract_is_kept),
        NAMED(no_share_without_its_error),
        NAMED(endings_are_told),
        NAMED(an_unwritable_target_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
