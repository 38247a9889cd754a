/* Signals and children -> what a supervisor owes them. One poll loop; nothing in it waits for anything but the program.
 *
 *   signal of the terminal or the kernel     dropped: the terminal's went to the whole process group
 *   signal sent by a process                 passed on, unless its sender is the program or a child of it
 *   program stopped                          hotline stops itself the same way, so that the shell sees a stopped job
 *   SIGCONT                                  continues the program
 *   any other child ended                    an orphan of the program: reaped
 *
 * Why not from the program's own tree: kill(0, SIGTERM) of a server to its workers and kill(getppid(), ...) of a
 * program to its starter reach hotline too, and would come back to the one who sent them. */
#include "wrapper/supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profiler/collector/process_tree.h"
#include "wrapper/options.h"
#include "wrapper/stop_waker.h"

enum { SIGNALS_AT_ONCE = 16 };

struct supervisor {
    const struct supervision *supervision;
    pid_t program;
    pid_t waker; /* the last one: its SIGCONT is for us alone; by now the program may have been stopped again */
    bool stopped;
};

static void send_to_program(const struct supervisor *supervisor, const struct signalfd_siginfo *info)
{
    union sigval value = {.sival_ptr = (void *)(uintptr_t)info->ssi_ptr};
    int number = (int)info->ssi_signo;
    if (info->ssi_code != SI_QUEUE || sigqueue(supervisor->program, number, value) != 0) {
        (void)kill(supervisor->program, number);
    }
}

static bool was_sent_to_us(const struct supervisor *supervisor, const struct signalfd_siginfo *info)
{
    if (info->ssi_code != SI_USER && info->ssi_code != SI_QUEUE && info->ssi_code != SI_TKILL) {
        return false;
    }
    pid_t sender = (pid_t)info->ssi_pid; /* 0: outside our pid namespace */
    return sender != getpid() && sender != supervisor->waker && !process_tree_descends(sender, supervisor->program);
}

/* SIGCONT to the process group (the shell's fg) has continued the program already: its handler should run once, not
 * twice. */
static bool continued_already(struct supervisor *supervisor)
{
    siginfo_t info = {.si_pid = 0};
    bool was_stopped = supervisor->stopped;
    supervisor->stopped = false;
    return was_stopped && waitid(P_PID, (id_t)supervisor->program, &info, WCONTINUED | WNOHANG) == 0 &&
           info.si_pid != 0;
}

static void take_signal(struct supervisor *supervisor, const struct signalfd_siginfo *info)
{
    if (was_sent_to_us(supervisor, info) && !(info->ssi_signo == SIGCONT && continued_already(supervisor))) {
        send_to_program(supervisor, info);
    }
    if (info->ssi_signo == SIGTERM) {
        supervisor->supervision->terminating(supervisor->supervision->user);
    }
}

/* What came before the program could run: the terminal's signals too, since the fork may have been later than they. All
 * signals are still blocked in the child, so one that it has got itself merges with ours. */
static void pass_on_early_signals(const struct supervisor *supervisor)
{
    struct signalfd_siginfo info;
    struct pollfd ready = {.fd = supervisor->supervision->signals, .events = POLLIN};
    while (poll(&ready, 1, 0) == 1 && read(ready.fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGCHLD) {
            send_to_program(supervisor, &info);
        }
    }
}

static void take_signals(struct supervisor *supervisor)
{
    struct signalfd_siginfo infos[SIGNALS_AT_ONCE];
    ssize_t bytes = read(supervisor->supervision->signals, infos, sizeof infos);
    for (ssize_t i = 0; i < bytes / (ssize_t)sizeof infos[0]; i++) {
        take_signal(supervisor, &infos[i]);
    }
}

/* Stop as the program was stopped. Returns when we are continued, or at once when we cannot be stopped (pid 1, an
 * orphaned group). */
static void stop_like_program(struct supervisor *supervisor, int number)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, before;
    sigset_t one;
    supervisor->stopped = true;
    supervisor->waker = stop_waker_start(supervisor->program);
    sigemptyset(&one);
    sigaddset(&one, number);
    bool saved = sigaction(number, &standard, &before) == 0; /* not for SIGSTOP */
    (void)kill(getpid(), number);
    (void)sigprocmask(SIG_UNBLOCK, &one, NULL); /* stopped here */
    (void)sigprocmask(SIG_BLOCK, &one, NULL);
    if (saved) {
        (void)sigaction(number, &before, NULL);
    }
    stop_waker_end(supervisor->waker);
}

/* true: the program has ended, *ret says how. The raw call, because only it tells the resource usage without reaping.
 */
static bool look_at_program(struct supervisor *supervisor, struct supervision_end *ret)
{
    siginfo_t info = {.si_pid = 0};
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    if (syscall(SYS_waitid, P_PID, supervisor->program, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT, &usage) != 0) {
        *ret = (struct supervision_end){.how = PROFILE_EXITED,
                                        .code = EXIT_HOTLINE_FAILED}; /* ECHILD: somebody reaped it */
        return errno != EINTR;
    }
    if (info.si_pid == 0) {
        return false;
    }
    if (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) {
        *ret = (struct supervision_end){.how = info.si_code == CLD_EXITED ? PROFILE_EXITED : PROFILE_SIGNALLED,
                                        .code = info.si_status,
                                        .usage = usage};
        return true;
    }
    siginfo_t taken;
    (void)waitid(P_PID, (id_t)supervisor->program, &taken, WSTOPPED | WNOHANG);
    stop_like_program(supervisor, info.si_status);
    return false;
}

static void reap_orphans(const struct supervisor *supervisor)
{
    siginfo_t info = {.si_pid = 0};
    while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
           info.si_pid != supervisor->program) {
        (void)waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG);
        info.si_pid = 0;
    }
}

/* The exec has succeeded or failed. true: it failed. */
static bool take_exec_result(const struct supervisor *supervisor, struct supervision_end *ret)
{
    int problem = program_process_result(supervisor->supervision->program);
    *ret = (struct supervision_end){.exec_error = problem};
    if (problem == 0) {
        supervisor->supervision->running(supervisor->supervision->user);
    }
    return problem != 0;
}

void supervise(const struct supervision *supervision, struct supervision_end *ret)
{
    struct program_process *program = supervision->program;
    struct supervisor supervisor = {.supervision = supervision, .program = program->pid, .waker = -1};
    pass_on_early_signals(&supervisor);
    program_process_go(program);
    for (;;) {
        struct pollfd set[] = {
            {.fd = program->result, .events = POLLIN},
            {.fd = supervision->signals, .events = POLLIN},
            {.fd = program->pidfd, .events = POLLIN},
        };
        if (poll(set, sizeof set / sizeof set[0], -1) < 0 && errno != EINTR) {
            continue; /* ENOMEM: the kernel will recover or kill us */
        }
        if (set[0].revents != 0 && take_exec_result(&supervisor, ret)) {
            return;
        }
        if (set[1].revents != 0) {
            take_signals(&supervisor);
        }
        reap_orphans(&supervisor);
        if (look_at_program(&supervisor, ret)) {
            break;
        }
    }
    struct supervision_end failed;
    if (program->result >= 0 && take_exec_result(&supervisor, &failed)) {
        *ret = failed;
    }
}
