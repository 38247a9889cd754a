/* Opening files whose names come from somebody else. */
#ifndef HOTLINE_OPEN_REGULAR_H
#define HOTLINE_OPEN_REGULAR_H

#include <sys/stat.h>

/* Open `path` for reading if it is a regular file; opening a device or a FIFO may do something, so it is looked at
 * first. ret: a descriptor (close-on-exec), or -1 with errno set (EINVAL: no regular file). *ret_status: of the file.
 */
int open_regular(const char *path, struct stat *ret_status);

#endif
