/* Joining a session from inside a profiled program: find the memory, map it, check it. */
#ifndef HOTLINE_SESSION_JOIN_H
#define HOTLINE_SESSION_JOIN_H

#include <stdbool.h>

#include "profiler/session/session_layout.h"

/* `where` is the value of SESSION_ENVIRONMENT. Tries the inherited descriptor (a program that changed its uid may not
 * open /proc), then /proc/PID/fd/N of the collector (a program may have closed its descriptors). Leaves no descriptor
 * open that was not open before. ret: the mapped session, NULL when there is none or it is of another version or
 * closed; then *ret_why says which (static). */
struct session *session_join(const char *where, const char **ret_why);

/* The inode of this process's pid namespace; 0 when it cannot be told. */
uint64_t session_pid_namespace(void);

#endif
