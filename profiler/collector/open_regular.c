/* See open_regular.h. */
#include "profiler/collector/open_regular.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int open_regular(const char *path, struct stat *ret_status)
{
    char same[32];
    int place = open(path, O_PATH | O_CLOEXEC), fd = -1;
    if (place < 0) {
        return -1;
    }
    if (fstat(place, ret_status) == 0) {
        if (S_ISREG(ret_status->st_mode)) {
            snprintf(same, sizeof same, "/proc/self/fd/%d", place);
            fd = open(same, O_RDONLY | O_CLOEXEC);
        } else {
            errno = EINVAL;
        }
    }
    int saved = errno;
    close(place);
    errno = saved;
    return fd;
}
