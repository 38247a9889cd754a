/* While hotline is stopped together with the program, somebody must notice that the program goes on without it. */
#ifndef HOTLINE_STOP_WAKER_H
#define HOTLINE_STOP_WAKER_H

#include <sys/types.h>

/* A child that sends SIGCONT to hotline when `program` is no longer stopped: continued by its own pid, or killed. ret:
 * its pid, -1 when there is none. */
pid_t stop_waker_start(pid_t program);
void stop_waker_end(pid_t waker);

#endif
