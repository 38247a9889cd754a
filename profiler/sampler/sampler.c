/* Start and end of the guest: a constructor that joins the session named in the environment, a destructor that leaves
 * it. Without a session everything stays inert: the interposed functions only forward. */
#include "profiler/sampler/sampler.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>

#include "profiler/sampler/exec_environment.h"
#include "profiler/sampler/unjoined.h"
#include "profiler/session/session_join.h"

struct sampler sampler = {.process = NO_INDEX, .may_look = true};
__thread struct thread_state thread_state = {.slot = NO_INDEX};

static const char *find_variable(char **envp, const char *name)
{
    size_t length = strlen(name);
    for (; envp && *envp; envp++) {
        if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=') {
            return *envp + length + 1;
        }
    }
    return NULL;
}

/* Whether a perf event's SIGTRAP comes on the way back to user mode, whatever the kernel did when the period ended: since
 * Linux 6.12. Before, it may end a system call that was about to sleep, or kill a thread that has the signal blocked. */
static bool kernel_traps_in_time(void)
{
    struct utsname kernel;
    unsigned major = 0, minor = 0;
    return uname(&kernel) == 0 && sscanf(kernel.release, "%u.%u", &major, &minor) == 2 &&
           (major > 6 || (major == 6 && minor >= 12));
}

/* With -z initfirst this runs before libc has set `environ`: the arguments are the only way to the environment. */
__attribute__((constructor)) static void sampler_start(int argc, char **argv, char **envp)
{
    int saved = errno;
    hooks_resolve();
    exec_environment_clean(envp);
    const char *where = find_variable(envp, SESSION_ENVIRONMENT);
    const char *why = NULL;
    if (where) {
        sampler.session = session_join(where, &why);
        if (!sampler.session) {
            unjoined_report(where, why);
        }
    }
    sampler.only_pid = sampler.session ? atomic_load(&sampler.session->header.only_pid) : 0;
    if (sampler.only_pid && sampler.only_pid != getpid()) {
        munmap(sampler.session, sizeof *sampler.session);
        sampler.session = NULL;
    }
    if (sampler.session) {
        sampler.signal_number =
            hooks_take_signal(sampler.session->header.engine == SESSION_ENGINE_PERF && kernel_traps_in_time());
        sampler.perf_may_trap = sampler.signal_number == SIGTRAP;
        if (sampler.signal_number) {
            process_start(argc, argv);
        } else {
            sampler.session = NULL;
            unjoined_report(where, "no signal is free");
        }
    }
    errno = saved;
}
