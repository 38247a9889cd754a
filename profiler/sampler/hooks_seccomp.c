/* Interposed prctl() and syscall(): the two ways to install a seccomp filter. A filter that would end the program at
 * one of our system calls ends sampling instead, just before it is installed: for this process and its threads, once
 * and for all. */
#include <dlfcn.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "profiler/sampler/seccomp_filter.h"
#include "profiler/sampler/withdraw.h"

#define EXPORT __attribute__((visibility("default")))

static struct {
    int (*prctl)(int, ...);
    long (*syscall)(long, ...);
} real;

void hooks_resolve_seccomp(void);
void hooks_resolve_seccomp(void)
{
    real.prctl = (int (*)(int, ...))dlsym(RTLD_NEXT, "prctl");
    real.syscall = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
}

static bool allows_sampling(const struct sock_fprog *filter)
{
    return seccomp_filter_allows(filter, SECCOMP_CALLS_SAMPLE) &&
           (sampler.session->header.engine != SESSION_ENGINE_PERF || seccomp_filter_allows(filter, SECCOMP_CALLS_PERF));
}

/* A child of vfork() runs in its parent's memory, but its filter is its own. */
static bool is_vfork_child(void)
{
    return thread_state.tid != 0 && thread_state.generation == process_generation() && thread_state.tid != current_tid();
}

/* filter NULL: the strict mode, which knows read, write, exit and sigreturn. */
static void before_filter(const struct sock_fprog *filter)
{
    if (!sampler.session || atomic_load(&sampler.withdrawn)) {
        return;
    }
    bool may_go_on = filter && allows_sampling(filter), is_child = is_vfork_child();
    if (is_child) {
        thread_state.filtered = !may_go_on;
    } else if (!may_go_on) {
        withdraw_for_good();
    }
    if (!is_child && (!filter || !seccomp_filter_allows(filter, SECCOMP_CALLS_LOOK))) {
        atomic_store(&sampler.may_look, false);
    }
}

EXPORT int prctl(int option, ...)
{
    va_list rest;
    va_start(rest, option);
    unsigned long a = va_arg(rest, unsigned long), b = va_arg(rest, unsigned long), c = va_arg(rest, unsigned long),
                  d = va_arg(rest, unsigned long);
    va_end(rest);
    hooks_resolve();
    if (option == PR_SET_SECCOMP && (a == SECCOMP_MODE_STRICT || b != 0)) {
        before_filter(a == SECCOMP_MODE_STRICT ? NULL : (const struct sock_fprog *)b);
    }
    return real.prctl(option, a, b, c, d);
}

EXPORT long syscall(long number, ...)
{
    va_list rest;
    va_start(rest, number);
    long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long), d = va_arg(rest, long),
         e = va_arg(rest, long), f = va_arg(rest, long);
    va_end(rest);
    if (!real.syscall) {
        hooks_resolve();
    }
    if (number == SYS_seccomp && (a == SECCOMP_SET_MODE_STRICT || (a == SECCOMP_SET_MODE_FILTER && c != 0))) {
        before_filter(a == SECCOMP_SET_MODE_STRICT ? NULL : (const struct sock_fprog *)c);
    }
    return real.syscall(number, a, b, c, d, e, f);
}
