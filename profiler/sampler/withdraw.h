/* The end of sampling in this process, for good: a seccomp filter is about to forbid what sampling needs. It may apply to every thread
 * at once, so that whoever installs it sees to the others first: none of them may be on its way to a system call of ours, in a
 * handler that has to return, or have a tick to come. */
#ifndef HOTLINE_WITHDRAW_H
#define HOTLINE_WITHDRAW_H

#include "profiler/sampler/sampler.h"

/* Around our system calls outside of handlers. false: there must be none any more. */
static inline bool withdraw_may_call(void)
{
    atomic_fetch_add(&sampler.calling, 1);
    if (!atomic_load(&sampler.withdrawn)) {
        return true;
    }
    atomic_fetch_sub(&sampler.calling, 1);
    return false;
}

static inline void withdraw_has_called(void)
{
    atomic_fetch_sub(&sampler.calling, 1);
}

/* In the thread that is about to install the filter. Ordinary code; waits for threads that are in the middle of something, 2 s at most. */
void withdraw_for_good(void);
void withdraw_before_exec(void); /* nothing of us reaches the program to come */

#endif
