/* See unjoined.h. The control socket is abstract, named after the collector's user and pid, so no file system is
 * needed. */
#include "profiler/sampler/unjoined.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void unjoined_report(const char *where, const char *why)
{
    unsigned version, pid;
    char path[32];
    struct stat status;
    if (sscanf(where, "%u:%u:", &version, &pid) != 2) {
        return;
    }
    snprintf(path, sizeof path, "/proc/%u", pid);
    if (stat(path, &status) != 0) {
        return; /* the collector has gone */
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int name_bytes =
        snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "hotline-%u-%u", (unsigned)status.st_uid, pid);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return;
    }
    char text[128];
    int bytes = snprintf(text, sizeof text, "unjoined %d %s", (int)getpid(), why ? why : "");
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)name_bytes);
    (void)!sendto(fd, text, (size_t)bytes, MSG_NOSIGNAL | MSG_DONTWAIT, (const struct sockaddr *)&address, length);
    close(fd);
}
