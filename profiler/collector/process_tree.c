/* pid -> its parent, from /proc/PID/stat. The process may be any stranger's and its name may hold anything, parentheses
 * included: what counts begins behind the last one. */
#include "profiler/collector/process_tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_GENERATIONS = 256 /* a chain longer than this is one that changes while we climb it */ };

pid_t process_tree_parent(pid_t pid)
{
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t bytes = read(fd, text, sizeof text - 1);
    close(fd);
    if (bytes <= 0) {
        return 0;
    }
    text[bytes] = '\0';
    const char *name_end = strrchr(text, ')');
    int parent;
    if (name_end == NULL || sscanf(name_end + 1, " %*c %d", &parent) != 1 || parent < 0) {
        return 0;
    }
    return parent;
}

bool process_tree_descends(pid_t pid, pid_t ancestor)
{
    for (int i = 0; i < MAX_GENERATIONS && pid > 0; i++) {
        if (pid == ancestor) {
            return true;
        }
        pid = process_tree_parent(pid);
    }
    return false;
}
