/* Findings in words: the headline's four forms, the warnings, the last lines on stderr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/findings.h"
#include "profiler/collector/report_text.h"
#include "profiler/collector/text_out.h"
#include "tests/unit/made_profile.h"

#define TEST(name) static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

static const struct profile_tag DENOISE[] = {{"operation", "noise_reduction"}};

struct fixture {
    struct made made;
    uint32_t app, libc, dct, main_c;
    uint32_t main_f, row_f;
    uint32_t in_main, in_row;
    uint32_t thread, tagged;
};

static void set_up(struct fixture *f)
{
    made_init(&f->made);
    struct made *m = &f->made;
    f->app = made_module(m, "/srv/app/image-service", true);
    f->libc = made_module(m, "/lib/libc.so.6", false);
    f->dct = made_file(m, "/src/service/operate/dct.c", true, "text\n");
    f->main_c = made_file(m, "/src/service/main.c", true, "text\n");
    f->main_f = made_function(m, "main", f->main_c, 1, f->app);
    f->row_f = made_function(m, "denoise_row", f->dct, 80, f->app);
    f->in_main = made_call(m, 0, f->main_f, f->main_c, 3);
    f->in_row = made_call(m, f->in_main, f->row_f, f->dct, 88);
    f->thread = made_thread(m, 4242, "main");
    f->tagged = made_tag_set(m, DENOISE, 1);
}

static void assert_headline(const struct fixture *f, const char *expected)
{
    struct summary *summary = summary_create(&f->made.profile, NULL);
    assert_non_null(summary);
    struct text_out out;
    text_out_init(&out, NULL, NULL);
    findings_headline_text(&out, summary);
    char *text = text_out_take(&out);
    assert_string_equal(text, expected);
    free(text);
    summary_destroy(summary);
}

/* Whether some warning's text or cure holds `words`. */
static bool warns(const struct fixture *f, const char *words)
{
    struct summary *summary = summary_create(&f->made.profile, NULL);
    struct warnings warnings;
    warnings_find(summary, &warnings);
    bool found = false, notes_begun = false;
    for (uint32_t i = 0; i < warnings.count; i++) {
        const struct warning *warning = &warnings.items[i];
        found |= strstr(warning->text, words) || (warning->cure && strstr(warning->cure, words));
        notes_begun |= warning->severity == SEVERITY_NOTE;
        assert_false(notes_begun && warning->severity == SEVERITY_WARNING);
    }
    assert_false(warnings.failed);
    warnings_deinit(&warnings);
    summary_destroy(summary);
    return found;
}

TEST(one_line_stands_out)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    made_cell(&f.made, f.in_row, f.tagged, f.thread, 0, 620, false);
    made_cell(&f.made, f.in_main, 0, f.thread, 0, 380, false);
    assert_headline(&f, "62 % of CPU in denoise_row(), dct.c:88, while operation = noise_reduction");
    char *lines = report_text_last_lines(&f.made.profile);
    assert_string_equal(lines, "  62.0 %  denoise_row() service/operate/dct.c:88  operation=noise_reduction\n"
                               "  38.0 %  main() service/main.c:3\n");
    free(lines);
    assert_false(warns(&f, ""));
    made_deinit(&f.made);
}

TEST(a_function_stands_out_where_no_line_does)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    for (uint32_t i = 0; i < 20; i++) {
        made_cell(&f.made, made_call(&f.made, f.in_main, f.row_f, f.dct, 100 + i), 0, f.thread, 0, i == 7 ? 25 : 20, false);
        uint32_t other = made_function(&f.made, "other", f.dct, 200 + i, f.app);
        made_cell(&f.made, made_call(&f.made, f.in_main, other, f.dct, 200 + i), 0, f.thread, 0, 20, false);
    }
    assert_headline(&f, "50 % of CPU in denoise_row(), spread over its lines, the hottest dct.c:107");
    made_deinit(&f.made);
}

TEST(nothing_stands_out)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    for (uint32_t i = 0; i < 50; i++) {
        uint32_t other = made_function(&f.made, "ns::step(int)", f.dct, 200 + i, f.app);
        made_cell(&f.made, made_call(&f.made, f.in_main, other, f.dct, 200 + i), 0, f.thread, 0, 20, false);
    }
    assert_headline(&f, "No line stands out: the hottest takes 2.0 % of CPU in ns::step(int), dct.c:200");
    made_deinit(&f.made);
}

TEST(time_outside_own_code_is_said)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    uint32_t poll = made_function(&f.made, "poll", PROFILE_NONE, 0, f.libc);
    made_cell(&f.made, made_call(&f.made, 0, poll, PROFILE_NONE, 0), 0, f.thread, 0, 900, true);
    made_cell(&f.made, f.in_row, 0, f.thread, 0, 100, false);
    assert_headline(&f, "90 % of CPU outside the program's own code, most in poll()");
    made_deinit(&f.made);
}

TEST(no_samples_is_said)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    assert_headline(&f, "No samples: the program used no CPU time while hotline was on");
    assert_true(warns(&f, "There are no samples"));
    char *lines = report_text_last_lines(&f.made.profile);
    assert_string_equal(lines, "");
    free(lines);
    made_deinit(&f.made);
}

TEST(few_samples_are_said_with_what_to_do)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    made_cell(&f.made, f.in_row, 0, f.thread, 0, 50, false);
    assert_true(warns(&f, "Only 50 samples"));
    assert_true(warns(&f, "longer load"));
    assert_true(warns(&f, "-F 250"));
    char *lines = report_text_last_lines(&f.made.profile);
    assert_non_null(strstr(lines, "only 50 samples"));
    free(lines);
    made_cell(&f.made, f.in_row, 0, f.thread, 0, 150, false);
    assert_false(warns(&f, "Only"));
    made_deinit(&f.made);
}

TEST(what_is_wrong_with_the_measurement_is_said)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    made_cell(&f.made, f.in_row, 0, f.thread, 0, 1000, false);
    struct profile *profile = &f.made.profile;
    assert_false(warns(&f, ""));
    profile->ended = PROFILE_SIGNALLED;
    profile->ended_code = 11;
    assert_true(warns(&f, "SIGSEGV"));
    profile->dropped = 5;
    assert_true(warns(&f, "5 samples were taken but lost"));
    profile->complete_stacks = 980;
    profile->stops[1] = 20;
    assert_true(warns(&f, "2.0 % of the stacks"));
    profile->cpu_s_measured = 20;
    assert_true(warns(&f, "the program used 20.0 s"));
    f.made.threads[0].cpu_s_measured = 20;
    assert_true(warns(&f, "main (4242) 10.0 of 20.0 s"));
    profile->processes_not_joined = 1;
    assert_true(warns(&f, "1 process of the program is not"));
    profile->spans_lost = 3;
    assert_true(warns(&f, "3 requests were not recorded"));
    profile->spans_cut_ns = 1500000000;
    assert_true(warns(&f, "1.50 s of requests is counted for the program only"));
    f.made.files[f.dct].text = NULL;
    assert_true(warns(&f, "Source not found: /src/service/operate/dct.c"));
    assert_true(warns(&f, "--source-root=DIR"));
    f.made.modules[f.app].problem = "build it with -g";
    assert_true(warns(&f, "No lines for 100 % of CPU"));
    assert_true(warns(&f, "build it with -g"));
    profile->achieved_hz = 50;
    assert_true(warns(&f, "got 50"));
    profile->seconds_on = profile->duration_s / 2;
    assert_true(warns(&f, "Sampling was on for 5.0 of 10.0 s"));
    assert_false(warns(&f, "the program used 20.0 s")); /* it was off for half of it */
    made_deinit(&f.made);
}

TEST(names_cannot_touch_the_terminal)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    f.made.functions[f.row_f].name = "evil\x1b]0;title\x07\nfake line";
    made_cell(&f.made, f.in_row, 0, f.thread, 0, 1000, false);
    char *lines = report_text_last_lines(&f.made.profile);
    assert_null(strchr(lines, '\x1b'));
    assert_null(strchr(lines, '\x07'));
    assert_ptr_equal(strchr(lines, '\n'), lines + strlen(lines) - 1);
    free(lines);
    made_deinit(&f.made);
}

/* A hostile program wrote samples that weigh nothing: the headline looked for its function where there was none. */
TEST(samples_without_weight_have_a_headline)
{
    (void)state;
    struct fixture f;
    set_up(&f);
    made_cell(&f.made, f.in_row, 0, f.thread, 0, 5, false);
    f.made.cells[0].cpu_ns = f.made.profile.cpu_ns_total = 0;
    struct summary *summary = summary_create(&f.made.profile, NULL);
    struct headline headline = findings_headline(summary);
    assert_int_equal(headline.kind, HEADLINE_FLAT);
    assert_int_equal(headline.function, f.row_f);
    summary_destroy(summary);
    made_deinit(&f.made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(one_line_stands_out),
        NAMED(a_function_stands_out_where_no_line_does),
        NAMED(nothing_stands_out),
        NAMED(time_outside_own_code_is_said),
        NAMED(no_samples_is_said),
        NAMED(few_samples_are_said_with_what_to_do),
        NAMED(what_is_wrong_with_the_measurement_is_said),
        NAMED(names_cannot_touch_the_terminal),
        NAMED(samples_without_weight_have_a_headline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
