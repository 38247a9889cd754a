/* The collector's end of the session memory: make it, offer it to the program, close it. */
#ifndef HOTLINE_SESSION_CREATE_H
#define HOTLINE_SESSION_CREATE_H

#include <linux/futex.h>
#include <stdbool.h>

#include "profiler/session/session_layout.h"

/* A list of robust locks with one entry, as the kernel wants it. */
struct session_lock {
    struct robust_list_head head;
    struct robust_list entry;
    struct robust_list_head *before; /* the C library's */
};

struct session_owner {
    struct session *session;
    int fd;               /* inherited by the program under the same number */
    char environment[96]; /* value for SESSION_ENVIRONMENT */
    uint64_t arena_used;  /* private: the shared memory may be overwritten */
    struct session_lock lock;
};

/* Make the memory (sparse, sealed against resizing) with the collector's robust lock held by the calling thread, which
 * must live as long as the session, as must `ret` where it is; the thread must hold no robust mutex meanwhile. false: errno says why. */
bool session_create(struct session_owner *ret, enum session_engine engine, uint64_t sample_period_ns, bool on);
void session_destroy(struct session_owner *owner);

/* Append `bytes` bytes to the arena, aligned as cache lines are. ret: the offset, 0 when it is full. The collector's drain thread
 * only. */
uint64_t session_arena_add(struct session_owner *owner, const void *bytes, uint64_t length);

#endif
