/* See wait_children.h. */
#include "wrapper/wait_children.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_told_to_end(int signals)
{
    struct signalfd_siginfo info;
    struct pollfd ready = {.fd = signals, .events = POLLIN};
    while (poll(&ready, 1, 0) > 0 && read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT || info.ssi_signo == SIGHUP) {
            return true;
        }
    }
    return false;
}

/* ret: none is left. */
static bool reap(void)
{
    pid_t ended;
    do {
        ended = waitpid(-1, NULL, WNOHANG);
    } while (ended > 0 || (ended < 0 && errno == EINTR));
    return ended < 0;
}

void wait_children(pid_t program, int signals)
{
    (void)waitpid(program, NULL, 0);
    while (!reap() && !is_told_to_end(signals)) {
        struct pollfd ready = {.fd = signals, .events = POLLIN}; /* SIGCHLD, too */
        (void)poll(&ready, 1, -1);
    }
}
