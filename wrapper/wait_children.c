/* See wait_children.h. The collector looks at its processes every 200 ms at least; there is nothing faster to wait for. */
#include "wrapper/wait_children.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { LOOK_MS = 50 };

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

void wait_children(const struct collector *collector, int signals)
{
    struct pollfd ready = {.fd = signals, .events = POLLIN};
    while (collector_live_processes(collector) > 0 && !is_told_to_end(signals)) {
        (void)poll(&ready, 1, LOOK_MS);
    }
}
