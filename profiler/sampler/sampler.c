/* Start and end of the guest: a constructor that joins the session named in the environment, a destructor that leaves
 * it. Without a session everything stays inert: the interposed functions only forward. */
#include "profiler/sampler/sampler.h"

#include <errno.h>
#include <string.h>

#include "profiler/sampler/unjoined.h"
#include "profiler/session/session_join.h"

struct sampler sampler = {.process = NO_INDEX};
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

/* With -z initfirst this runs before libc has set `environ`: the arguments are the only way to the environment. */
__attribute__((constructor)) static void sampler_start(int argc, char **argv, char **envp)
{
    int saved = errno;
    hooks_resolve();
    const char *where = find_variable(envp, SESSION_ENVIRONMENT);
    const char *why = NULL;
    if (where) {
        sampler.session = session_join(where, &why);
        if (!sampler.session) {
            unjoined_report(where, why);
        }
    }
    if (sampler.session) {
        sampler.signal_number = hooks_take_signal();
        if (sampler.signal_number) {
            process_start(argc, argv);
        } else {
            sampler.session = NULL;
            unjoined_report(where, "no signal is free");
        }
    }
    errno = saved;
}
