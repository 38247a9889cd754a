/* See fault_guard.h. */
#include "profiler/collector/fault_guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

static _Thread_local sigjmp_buf way_out;
static _Thread_local volatile sig_atomic_t guarded;

static void on_fault(int number)
{
    if (guarded) {
        guarded = 0;
        siglongjmp(way_out, 1);
    }
    signal(number, SIG_DFL); /* returning runs the instruction again */
}

void fault_guard_install(void)
{
    struct sigaction action = {.sa_handler = on_fault};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

bool fault_guard_run(void (*work)(void *argument), void *argument)
{
    sigset_t fault, before;
    sigemptyset(&fault);
    sigaddset(&fault, SIGBUS);
    pthread_sigmask(SIG_UNBLOCK, &fault, &before); /* a blocked fault would be fatal */
    bool whole = sigsetjmp(way_out, 1) == 0;
    if (whole) {
        guarded = 1;
        work(argument);
        guarded = 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return whole;
}
