/* See cgroup_throttle.h. Inside a container the group's path is usually "/" (a cgroup namespace), or one that only exists outside, with
 * the container's own group mounted at the root: so both places are tried. */
#include "profiler/collector/cgroup_throttle.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* cpu.stat counts periods only where a limit is set: without one there is nothing to say. */
static double read_stat(const char *path)
{
    char key[64];
    unsigned long long value, periods = 0;
    double seconds = -1;
    FILE *file = fopen(path, "re");
    while (file && fscanf(file, "%63s %llu", key, &value) == 2) {
        if (strcmp(key, "nr_periods") == 0) {
            periods = value;
        } else if (strcmp(key, "throttled_usec") == 0) {
            seconds = (double)value * 1e-6;
        } else if (strcmp(key, "throttled_time") == 0) {
            seconds = (double)value * 1e-9;
        }
    }
    if (file) {
        fclose(file);
    }
    return periods ? seconds : -1;
}

static double read_group(const char *root, const char *hierarchy, const char *group)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s%s/cpu.stat", root, hierarchy, group);
    double seconds = read_stat(path);
    if (seconds >= 0) {
        return seconds;
    }
    snprintf(path, sizeof path, "%s%s/cpu.stat", root, hierarchy);
    return read_stat(path);
}

/* Whether "cpu" is one of the controllers "cpu,cpuacct". */
static bool has_cpu(const char *controllers)
{
    for (const char *at = controllers; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strncmp(at, "cpu", 3) == 0 && (at[3] == ',' || at[3] == '\0')) {
            return true;
        }
    }
    return false;
}

double cgroup_throttle_read(const char *proc_cgroup, const char *cgroup_root)
{
    char line[PATH_MAX + 256];
    double found = -1;
    FILE *file = fopen(proc_cgroup, "re");
    while (file && found < 0 && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group) {
            continue;
        }
        *controllers++ = '\0';
        *group++ = '\0';
        if (*controllers == '\0') {
            found = read_group(cgroup_root, "", group); /* v2 */
        } else if (has_cpu(controllers)) {
            char hierarchy[256];
            snprintf(hierarchy, sizeof hierarchy, "/%s", controllers);
            found = read_group(cgroup_root, hierarchy, group);
        }
    }
    if (file) {
        fclose(file);
    }
    return found;
}

double cgroup_throttle_seconds(void)
{
    return cgroup_throttle_read("/proc/self/cgroup", "/sys/fs/cgroup");
}
