/* /proc/self/cgroup names our group per hierarchy; the limit files are looked for in that directory and in each of its
 * parents, because every level limits what is below it, and because a container without a cgroup namespace sees a path
 * that exists only outside: then only the top directory is there, and it is ours. */
#include "service/work/cgroup.h"

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 2048 };

/* Version 1 prints "no limit" as the largest multiple of the page size. */
static const uint64_t NO_MEMORY_LIMIT_FROM = UINT64_C(1) << 60;

static bool read_line(const char *directory, const char *name, char *ret, int size)
{
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    if (!file) {
        return false;
    }
    bool ok = fgets(ret, size, file) != NULL;
    fclose(file);
    return ok;
}

static double cpus_v2(const char *directory)
{
    char line[128];
    double quota = 0;
    double period = 0;
    if (read_line(directory, "cpu.max", line, sizeof line) && sscanf(line, "%lf %lf", &quota, &period) == 2 &&
        quota > 0 && period > 0) {
        return quota / period;
    }
    return 0;
}

static double cpus_v1(const char *directory)
{
    char quota[64];
    char period[64];
    if (!read_line(directory, "cpu.cfs_quota_us", quota, sizeof quota) ||
        !read_line(directory, "cpu.cfs_period_us", period, sizeof period)) {
        return 0;
    }
    double ratio = strtod(quota, NULL) / strtod(period, NULL);
    return ratio > 0 && ratio < 1e6 ? ratio : 0; /* -1: no quota */
}

static double memory_file(const char *directory, const char *name)
{
    char line[64];
    if (!read_line(directory, name, line, sizeof line)) {
        return 0;
    }
    uint64_t bytes = strtoull(line, NULL, 10); /* "max" reads as 0 */
    return bytes < NO_MEMORY_LIMIT_FROM ? (double)bytes : 0;
}

static double memory_v2(const char *directory)
{
    return memory_file(directory, "memory.max");
}

static double memory_v1(const char *directory)
{
    return memory_file(directory, "memory.limit_in_bytes");
}

/* The smallest non-zero `limit` of the directories mount/path, its parent, ..., mount. */
static double smallest_on_path(const char *mount, const char *path, double (*limit)(const char *directory))
{
    char directory[PATH_BYTES];
    double smallest = 0;
    int length = snprintf(directory, sizeof directory, "%s%s", mount, path);
    if (length < 0 || length >= (int)sizeof directory) {
        return 0;
    }
    for (size_t top = strlen(mount); strlen(directory) >= top;) {
        double here = limit(directory);
        if (here > 0 && (smallest <= 0 || here < smallest)) {
            smallest = here;
        }
        char *slash = strrchr(directory, '/');
        if (strlen(directory) == top || !slash) {
            break;
        }
        *slash = '\0';
    }
    return smallest;
}

static bool lists_controller(const char *list, size_t length, const char *controller)
{
    size_t wanted = strlen(controller);
    while (length > 0) {
        const char *comma = memchr(list, ',', length);
        size_t item = comma ? (size_t)(comma - list) : length;
        if (item == wanted && memcmp(list, controller, wanted) == 0) {
            return true;
        }
        length -= comma ? item + 1 : item;
        list += comma ? item + 1 : item;
    }
    return false;
}

/* The smallest limit over both versions: a hybrid system has version 1 for some controllers and 2 for others. */
static double smallest(const char *root, const char *controller, double (*v1)(const char *), double (*v2)(const char *))
{
    char path[256];
    char line[PATH_BYTES];
    double found = 0;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (!file) {
        return 0;
    }
    while (fgets(line, sizeof line, file)) { /* "4:memory:/a/b" in version 1, "0::/a/b" in version 2 */
        char *list = strchr(line, ':');
        char *group = list ? strchr(list + 1, ':') : NULL;
        if (!group) {
            continue;
        }
        list++;
        group[strcspn(group, "\n")] = '\0';
        bool second = group == list;
        if (!second && !lists_controller(list, (size_t)(group - list), controller)) {
            continue;
        }
        char mount[512];
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s%s", root, second ? "" : "/", second ? "" : controller);
        double here = smallest_on_path(mount, strcmp(group + 1, "/") == 0 ? "" : group + 1, second ? v2 : v1);
        if (here > 0 && (found <= 0 || here < found)) {
            found = here;
        }
    }
    fclose(file);
    return found;
}

double cgroup_cpus(const char *root)
{
    return smallest(root, "cpu", cpus_v1, cpus_v2);
}

uint64_t cgroup_memory_bytes(const char *root)
{
    return (uint64_t)smallest(root, "memory", memory_v1, memory_v2);
}

uint32_t cpu_budget(const char *root)
{
    cpu_set_t set;
    int cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    double quota = cgroup_cpus(root);
    if (quota > 0 && quota < cpus) {
        cpus = (int)(quota + 0.5);
    }
    return cpus > 1 ? (uint32_t)cpus : 1;
}
