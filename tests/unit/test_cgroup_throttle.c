/* Throttled time is found in both kinds of control groups, in and outside containers, and is absent without a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "profiler/collector/cgroup_throttle.h"

static char folder[] = "/tmp/cgroup_throttle_XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in_folder(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static double read_now(void)
{
    char proc[256];
    snprintf(proc, sizeof proc, "%s", in_folder("proc"));
    return cgroup_throttle_read(proc, folder);
}

static void both_versions_are_read(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_true(read_now() < 0);
    mkdir(in_folder("app"), 0700);
    mkdir(in_folder("cpu,cpuacct"), 0700);
    write_file("proc", "0::/app\n");
    write_file("app/cpu.stat", "usage_usec 12\nnr_periods 40\nnr_throttled 3\nthrottled_usec 2500000\n");
    assert_true(read_now() == 2.5);
    write_file("app/cpu.stat", "usage_usec 12\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"); /* no limit */
    assert_true(read_now() < 0);
    /* In a container the path is another mount's: the group itself is at the root. */
    write_file("proc", "0::/system.slice/docker-123.scope\n");
    write_file("cpu.stat", "nr_periods 4\nthrottled_usec 1000000\n");
    assert_true(read_now() == 1.0);
    write_file("proc", "9:name=systemd:/\n5:cpuset:/\n2:cpu,cpuacct:/docker/123\n");
    write_file("cpu,cpuacct/cpu.stat", "nr_periods 7\nnr_throttled 1\nthrottled_time 3000000000\n");
    assert_true(read_now() == 3.0);
    write_file("proc", "nonsense\n::\n4:cpuset:/x\n");
    assert_true(read_now() < 0 || read_now() == 1.0);
    char command[300];
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(both_versions_are_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
