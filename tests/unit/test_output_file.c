/* An output file is the old one or the new one, and nobody else's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/collector/output_file.h"
#include "profiler/collector/text_out.h"

#define TEST(name) static void name(void **state)
#define NAMED(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)

static char folder[] = "/tmp/hotline-output-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    strcpy(strrchr(folder, '-'), "-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

/* Removes what a test left. Only names that tests make. */
static int leave_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"report.html", "link", "target", "pipe", "closed/report.html"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        (void)unlink(names[i]);
    }
    (void)chmod("closed", 0700);
    (void)rmdir("closed");
    return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void write_string(struct text_out *out, const void *context)
{
    text_out_string(out, context);
}

static void write_much(struct text_out *out, const void *context)
{
    (void)context;
    for (int i = 0; i < 100000; i++) {
        text_out_string(out, "0123456789");
    }
}

static void assert_content(const char *path, const char *expected)
{
    char content[100] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    (void)fclose(file);
    assert_string_equal(content, expected);
}

static unsigned count_entries(void)
{
    unsigned count = 0;
    DIR *here = opendir(".");
    assert_non_null(here);
    while (readdir(here)) {
        count++;
    }
    (void)closedir(here);
    return count - 2;
}

TEST(writes_privately_and_replaces)
{
    (void)state;
    char error[200] = "";
    assert_true(output_file_write("report.html", write_string, "old", error, sizeof error));
    assert_true(output_file_write("report.html", write_string, "new", error, sizeof error));
    assert_content("report.html", "new");
    struct stat status;
    assert_int_equal(stat("report.html", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(count_entries(), 1);
    assert_string_equal(error, "");
}

TEST(keeps_the_old_file_when_the_disk_is_full)
{
    (void)state;
    char error[200] = "";
    assert_true(output_file_write("report.html", write_string, "old", error, sizeof error));
    struct rlimit before, small = {1000, RLIM_INFINITY};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool written = output_file_write("report.html", write_much, NULL, error, sizeof error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_false(written);
    assert_string_equal(error, "cannot write report.html: File too large");
    assert_content("report.html", "old");
    assert_int_equal(count_entries(), 1);
}

TEST(replaces_a_symbolic_link_instead_of_following_it)
{
    (void)state;
    char error[200] = "";
    assert_true(output_file_write("target", write_string, "precious", error, sizeof error));
    assert_int_equal(symlink("target", "link"), 0);
    assert_true(output_file_write("link", write_string, "report", error, sizeof error));
    assert_content("target", "precious");
    struct stat status;
    assert_int_equal(lstat("link", &status), 0);
    assert_true(S_ISREG(status.st_mode));
}

TEST(says_in_one_line_what_is_wrong)
{
    (void)state;
    char error[200] = "";
    assert_false(output_file_write("missing/report.html", write_string, "x", error, sizeof error));
    assert_string_equal(error, "cannot write missing/report.html: No such file or directory");
    assert_false(output_file_write(".", write_string, "x", error, sizeof error));
    assert_string_equal(error, "cannot write .: Is a directory");
    assert_false(output_file_write("/", write_string, "x", error, sizeof error));
    assert_false(output_file_write("", write_string, "x", error, sizeof error));
    assert_false(output_file_probe("missing/report.html", error, sizeof error));
    assert_true(output_file_probe("report.html", error, sizeof error));
    assert_int_equal(count_entries(), 0);
}

TEST(longest_names_work)
{
    (void)state;
    char name[256], error[400] = "";
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_true(output_file_write(name, write_string, "x", error, sizeof error));
    assert_content(name, "x");
    assert_int_equal(unlink(name), 0);
}

TEST(devices_and_pipes_are_written_in_place)
{
    (void)state;
    char error[200] = "";
    struct stat before, after;
    assert_int_equal(stat("/dev/null", &before), 0);
    assert_true(output_file_write("/dev/null", write_string, "x", error, sizeof error));
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_true(S_ISCHR(after.st_mode) && before.st_ino == after.st_ino);
    assert_int_equal(mkfifo("pipe", 0600), 0);
    assert_false(output_file_write("pipe", write_string, "x", error, sizeof error)); /* nobody reads: an error, not a hang */
    int reader = open("pipe", O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_true(output_file_write("pipe", write_string, "through", error, sizeof error));
    char got[16] = "";
    assert_int_equal(read(reader, got, sizeof got - 1), 7);
    assert_string_equal(got, "through");
    assert_int_equal(close(reader), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(writes_privately_and_replaces),
        NAMED(keeps_the_old_file_when_the_disk_is_full),
        NAMED(replaces_a_symbolic_link_instead_of_following_it),
        NAMED(says_in_one_line_what_is_wrong),
        NAMED(longest_names_work),
        NAMED(devices_and_pipes_are_written_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
