/* What hotline was started with and must hand to the program unchanged: a program under hotline finds the signal mask,
 * the ignored signals, the timers and the open descriptors that it would have found without. */
#ifndef HOTLINE_INHERITED_H
#define HOTLINE_INHERITED_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

enum { INHERITED_TIMERS = 3 }; /* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF: they outlive an exec, but not a fork */

struct inherited {
    uint64_t signal_mask; /* as the kernel keeps it: libc hides two signals */
    struct sigaction child_signal;
    struct itimerval timers[INHERITED_TIMERS];
    int parent_death_signal;
    int child_subreaper;
    int *descriptors; /* open at the start */
    unsigned descriptor_count;
};

/* First thing in a run: note it all, then block every signal, become the reaper of orphans, and see to it that
 * descriptors 0..2 cannot become one of our own files. False: out of memory. */
bool inherited_take(struct inherited *ret);
void inherited_deinit(struct inherited *inherited);

/* Just before the fork: timers that run are the program's. */
void inherited_stop_timers(struct inherited *inherited);

/* In the program's process, before its exec. Signal-safe. */
void inherited_restore(const struct inherited *inherited);

/* In hotline, after the fork: let go of what is the program's, so that whoever waits for it to close its end of a pipe
 * does not wait for hotline. Only stderr stays, and what `is_needed` wants kept. */
void inherited_let_go(const struct inherited *inherited, bool (*is_needed)(int fd, const void *context),
                      const void *context);

#endif
