/* Interposed signal functions. The sampler's signal must stay unblocked and keep its handler, and the program must not
 * notice: what it installs for that number is remembered, answered and called; masks lose that one bit on the way in.
 */
#include "profiler/sampler/hooks_signal.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/sampler/sampler.h"
#include "profiler/sampler/trigger.h"

#define EXPORT __attribute__((visibility("default")))

static struct {
    int (*sigaction)(int, const struct sigaction *, struct sigaction *);
    sighandler_t (*signal)(int, sighandler_t);
    int (*pthread_sigmask)(int, const sigset_t *, sigset_t *);
    int (*sigwait)(const sigset_t *, int *);
    int (*sigwaitinfo)(const sigset_t *, siginfo_t *);
    int (*sigtimedwait)(const sigset_t *, siginfo_t *, const struct timespec *);
    int (*signalfd)(int, const sigset_t *, int);
    void (*__monstartup)(unsigned long, unsigned long);
} real;

/* What the program believes to be installed for our signal. Written rarely, read by the handler when a foreign signal
 * arrives. */
static struct sigaction program_action;

void hooks_resolve_thread(void);
void hooks_resolve_exec(void);
void hooks_resolve_memory(void);
void hooks_resolve_seccomp(void);

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

void hooks_resolve(void)
{
    if (real.sigaction) {
        return;
    }
    real.pthread_sigmask = (int (*)(int, const sigset_t *, sigset_t *))next("pthread_sigmask");
    real.sigwait = (int (*)(const sigset_t *, int *))next("sigwait");
    real.sigwaitinfo = (int (*)(const sigset_t *, siginfo_t *))next("sigwaitinfo");
    real.sigtimedwait = (int (*)(const sigset_t *, siginfo_t *, const struct timespec *))next("sigtimedwait");
    real.signalfd = (int (*)(int, const sigset_t *, int))next("signalfd");
    real.__monstartup = (void (*)(unsigned long, unsigned long))next("__monstartup");
    real.signal = (sighandler_t(*)(int, sighandler_t))next("signal");
    hooks_resolve_thread();
    hooks_resolve_exec();
    hooks_resolve_memory();
    hooks_resolve_seccomp();
    real.sigaction = (int (*)(int, const struct sigaction *, struct sigaction *))next("sigaction");
}

static _Atomic bool given_back; /* our signal, to the program: there are no ticks any more */
static bool keeps_sigprof; /* the C library wants it for gprof */

int hooks_take_signal(bool trap)
{
    int candidates[] = {SIGTRAP, keeps_sigprof ? SIGVTALRM : SIGPROF, SIGVTALRM, SIGSTKFLT, SIGPWR, SIGRTMIN + 5, SIGRTMIN + 9};
    for (size_t i = trap ? 0 : 1; i < sizeof candidates / sizeof candidates[0]; i++) {
        struct sigaction current;
        if (real.sigaction(candidates[i], NULL, &current) != 0 || (current.sa_flags & SA_SIGINFO) ||
            current.sa_handler != SIG_DFL) {
            continue;
        }
        program_action = current;
        struct sigaction ours = {.sa_sigaction = handler_on_tick, .sa_flags = SA_SIGINFO | SA_RESTART};
        /* Nobody's handler may jump out of ours (siglongjmp): the thread would seem to be inside it for ever. */
        sigfillset(&ours.sa_mask);
        if (real.sigaction(candidates[i], &ours, NULL) == 0) {
            atomic_store(&given_back, false);
            return candidates[i];
        }
    }
    return 0;
}

void hooks_ignore_signal(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    real.sigaction(sampler.signal_number, &ignore, NULL);
}

void hooks_return_signal(void)
{
    atomic_store(&given_back, true);
    real.sigaction(sampler.signal_number, &program_action, NULL);
}

void hooks_signal_chain(int number, siginfo_t *info, void *context)
{
    struct sigaction action = program_action;
    if (action.sa_flags & SA_SIGINFO) {
        action.sa_sigaction(number, info, context);
    } else if (action.sa_handler == SIG_DFL) {
        /* Every candidate's default is to end the process, which is what the sender wanted. */
        struct sigaction fatal = {.sa_handler = SIG_DFL};
        real.sigaction(number, &fatal, NULL);
        syscall(SYS_tgkill, getpid(), (int)current_tid(), number);
        uint64_t mask = UINT64_C(1) << (number - 1);
        syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, sizeof mask);
    } else if (action.sa_handler != SIG_IGN) {
        action.sa_handler(number);
    }
}

static bool is_ours(int number)
{
    return sampler.session && number == sampler.signal_number && !atomic_load(&given_back);
}

/* Handlers of other signals must not run with ours blocked; the program is told of the mask it asked for. */
static _Atomic bool asked_to_block[NSIG];

static int install_without_ours(int number, const struct sigaction *action, struct sigaction *old)
{
    bool asked = false, asked_before = false, known = sampler.session && number > 0 && number < NSIG;
    struct sigaction changed;
    if (known) {
        asked_before = atomic_load(&asked_to_block[number]);
    }
    if (known && action && sigismember(&action->sa_mask, sampler.signal_number) == 1 && !atomic_load(&given_back)) {
        changed = *action;
        sigdelset(&changed.sa_mask, sampler.signal_number);
        action = &changed;
        asked = true;
    }
    int result = real.sigaction(number, action, old);
    if (known && result == 0) {
        if (action) {
            atomic_store(&asked_to_block[number], asked);
        }
        if (old && asked_before) {
            sigaddset(&old->sa_mask, sampler.signal_number);
        }
    }
    return result;
}

EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    hooks_resolve();
    if (!is_ours(number)) {
        return install_without_ours(number, action, old);
    }
    struct sigaction before = program_action;
    if (action) {
        program_action = *action;
    }
    if (old) {
        *old = before;
    }
    return 0;
}

EXPORT sighandler_t signal(int number, sighandler_t handler)
{
    hooks_resolve();
    if (!is_ours(number)) {
        return real.signal(number, handler); /* it knows of siginterrupt() */
    }
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, number);
    return sigaction(number, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

/* A program built with -pg: the C library is about to install SIGPROF's handler past our sigaction(), and to count every
 * SIGPROF in the program's gmon.out. Called before main(), by the only thread. */
EXPORT void __monstartup(unsigned long low, unsigned long high);
EXPORT void __monstartup(unsigned long low, unsigned long high)
{
    hooks_resolve();
    if (is_ours(SIGPROF)) {
        trigger_stop();
        hooks_return_signal();
        keeps_sigprof = true;
        sampler.signal_number = hooks_take_signal(false);
        if (sampler.signal_number) {
            trigger_start(false);
        }
    }
    real.__monstartup(low, high);
}

/* `set` without our signal, in `copy` when it has to change. */
static const sigset_t *without_ours(const sigset_t *set, sigset_t *copy)
{
    if (!set || !sampler.session || atomic_load(&given_back) || sigismember(set, sampler.signal_number) != 1) {
        return set;
    }
    *copy = *set;
    sigdelset(copy, sampler.signal_number);
    return copy;
}

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    sigset_t copy;
    hooks_resolve();
    return real.pthread_sigmask(how, how == SIG_UNBLOCK ? set : without_ours(set, &copy), old);
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    int error = pthread_sigmask(how, set, old);
    if (error) {
        errno = error;
        return -1;
    }
    return 0;
}

EXPORT int sigwait(const sigset_t *set, int *number)
{
    sigset_t copy;
    hooks_resolve();
    return real.sigwait(without_ours(set, &copy), number);
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    sigset_t copy;
    hooks_resolve();
    return real.sigwaitinfo(without_ours(set, &copy), info);
}

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    sigset_t copy;
    hooks_resolve();
    return real.sigtimedwait(without_ours(set, &copy), info, timeout);
}

EXPORT int signalfd(int fd, const sigset_t *set, int flags)
{
    sigset_t copy;
    hooks_resolve();
    return real.signalfd(fd, without_ours(set, &copy), flags);
}
