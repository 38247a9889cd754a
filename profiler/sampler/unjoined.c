/* See unjoined.h. The datagram socket is abstract, named after the collector's pid, so no file system and no /proc is needed. */
#include "profiler/sampler/unjoined.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void unjoined_report(const char *where, const char *why)
{
    unsigned version, pid;
    if (sscanf(where, "%u:%u:", &version, &pid) != 2) {
        return;
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int name_bytes = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "hotline-%u", pid);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return;
    }
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)name_bytes);
    if (connect(fd, (const struct sockaddr *)&address, length) == 0) {
        char text[128];
        int bytes = snprintf(text, sizeof text, "unjoined %d %s", (int)getpid(), why ? why : "");
        (void)!send(fd, text, (size_t)bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    close(fd);
}
