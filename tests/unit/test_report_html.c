/* What the page is made of: which sources go in, where their lines begin, how hot a line looks. The page itself is parsed by
 * tests/browser/test_report_markup.py and opened by tests/browser/test_report.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/html_parts.h"
#include "profiler/collector/report_html.h"
#include "profiler/collector/report_sources.h"
#include "tests/unit/made_profile.h"

#define TEST(name) static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

static void assert_starts(const char *text, uint32_t count, const size_t *expected)
{
    uint32_t got_count = 99;
    size_t *got = source_line_starts(text, strlen(text), &got_count);
    assert_non_null(got);
    assert_int_equal(got_count, count);
    for (uint32_t i = 0; i <= count; i++) {
        assert_int_equal(got[i], expected[i]);
    }
    free(got);
}

TEST(lines_begin_after_newlines)
{
    (void)state;
    assert_starts("", 0, (const size_t[]){0});
    assert_starts("a", 1, (const size_t[]){0, 2});
    assert_starts("a\n", 1, (const size_t[]){0, 2});
    assert_starts("a\nbc", 2, (const size_t[]){0, 2, 5});
    assert_starts("\n\nx\n", 3, (const size_t[]){0, 1, 2, 4});
}

static char *make_text(uint32_t lines, size_t line_bytes)
{
    char *text = malloc(lines * line_bytes + 1);
    assert_non_null(text);
    memset(text, 'x', lines * line_bytes);
    for (uint32_t i = 1; i <= lines; i++) {
        text[i * line_bytes - 1] = '\n';
    }
    text[lines * line_bytes] = '\0';
    return text;
}

TEST(hot_files_go_in_whole_then_pieces_then_nothing)
{
    (void)state;
    struct made made;
    made_init(&made);
    uint32_t module = made_module(&made, "/app", true);
    char *half = make_text(20000, 100); /* 2 MB: one fits whole, the others do not */
    uint32_t hot = made_file(&made, "/src/hot.c", true, half), warm = made_file(&made, "/src/warm.c", true, half);
    uint32_t small = made_file(&made, "/src/small.c", true, "one\ntwo\n"), gone = made_file(&made, "/src/gone.c", true, NULL);
    uint32_t cold = made_file(&made, "/src/cold.c", true, half);
    uint32_t function = made_function(&made, "f", hot, 1, module);
    made_thread(&made, 1, "main");
    made_cell(&made, made_call(&made, 0, function, hot, 7), 0, 0, 0, 100, false);
    made_cell(&made, made_call(&made, 0, function, warm, 5), 0, 0, 0, 30, false);
    made_cell(&made, made_call(&made, 0, function, warm, 30), 0, 0, 0, 30, false);
    made_cell(&made, made_call(&made, 0, function, warm, 19999), 0, 0, 0, 30, false);
    made_cell(&made, made_call(&made, 0, function, warm, 30000), 0, 0, 0, 1, false); /* beyond the end: another version */
    made_cell(&made, made_call(&made, 0, function, small, 2), 0, 0, 0, 20, false);
    made_cell(&made, made_call(&made, 0, function, gone, 2), 0, 0, 0, 10, false);
    for (uint32_t line = 1; line <= 20000; line += 10) { /* every line wanted: more than the pieces' budget */
        made_cell(&made, made_call(&made, 0, function, cold, line), 0, 0, 0, 1, false);
        made.cells[made.profile.cell_count - 1].cpu_ns = 1; /* and yet the coldest file */
    }
    struct summary *summary = summary_create(&made.profile, NULL);
    struct report_sources *sources = report_sources_create(summary, NULL);
    assert_non_null(sources);
    assert_int_equal(sources->count, 5);
    assert_int_equal(sources->files[0].file, hot);
    assert_int_equal(sources->files[0].piece_count, 1);
    assert_int_equal(sources->files[0].pieces[0].bytes, 20000 * 100 - 1);
    const struct source_file *pieces = &sources->files[1];
    assert_int_equal(pieces->file, warm);
    assert_int_equal(pieces->line_count, 20000);
    assert_int_equal(pieces->piece_count, 2); /* 1..50, 19979..20000 */
    assert_int_equal(pieces->pieces[0].first_line, 1);
    assert_int_equal(pieces->pieces[0].bytes, 50 * 100 - 1);
    assert_int_equal(pieces->pieces[1].first_line, 19979);
    assert_int_equal(pieces->pieces[1].offset, 19978 * 100);
    assert_int_equal(pieces->pieces[1].bytes, 22 * 100 - 1);
    size_t cold_bytes = 0;
    for (uint32_t i = 0; i < sources->count; i++) {
        const struct source_file *file = &sources->files[i];
        if (file->file == small) {
            assert_int_equal(file->piece_count, 1);
            assert_int_equal(file->pieces[0].bytes, 7);
        } else if (file->file == gone) {
            assert_int_equal(file->piece_count, 0);
        } else if (file->file == cold) {
            for (uint32_t j = 0; j < file->piece_count; j++) {
                cold_bytes += file->pieces[j].bytes;
            }
        }
    }
    assert_in_range(cold_bytes, REPORT_SOURCES_PIECES_BYTES / 2, REPORT_SOURCES_PIECES_BYTES);
    report_sources_destroy(sources);
    summary_destroy(summary);
    made_deinit(&made);
    free(half);
}

TEST(heat_is_of_the_hottest_line_or_of_five_percent)
{
    (void)state;
    struct made made;
    made_init(&made);
    uint32_t module = made_module(&made, "/app", true), file = made_file(&made, "/src/a.c", true, NULL);
    uint32_t function = made_function(&made, "f", file, 1, module);
    made_cell(&made, made_call(&made, 0, function, file, 1), 0, 0, 0, 16, false);
    for (uint32_t i = 0; i < 100; i++) {
        made_cell(&made, made_call(&made, 0, function, file, 10 + i), 0, 0, 0, 10, false);
    }
    struct summary *summary = summary_create(&made.profile, NULL);
    assert_int_equal(html_heat(summary, 0), 0);
    assert_int_equal(html_heat(summary, 1), 1);
    assert_in_range(html_heat(summary, 16 * MADE_PERIOD_NS), 1, HTML_HEAT_STEPS - 1); /* 1.6 % is not hot, though the hottest */
    made_cell(&made, made_call(&made, 0, function, file, 500), 0, 0, 0, 1000, false);
    summary_destroy(summary);
    summary = summary_create(&made.profile, NULL);
    assert_int_equal(html_heat(summary, 1000 * MADE_PERIOD_NS), HTML_HEAT_STEPS);
    summary_destroy(summary);
    made_deinit(&made);
}

TEST(an_unwritable_target_is_one_line)
{
    (void)state;
    struct made made;
    made_init(&made);
    char error[200] = "";
    assert_false(report_html_write(&made.profile, "/nonexistent/report.html", error, sizeof error));
    assert_string_equal(error, "cannot write /nonexistent/report.html: No such file or directory");
    assert_true(report_html_write(&made.profile, "/dev/null", error, sizeof error));
    made_deinit(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(lines_begin_after_newlines),
        NAMED(hot_files_go_in_whole_then_pieces_then_nothing),
        NAMED(heat_is_of_the_hottest_line_or_of_five_percent),
        NAMED(an_unwritable_target_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
