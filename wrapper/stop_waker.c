/* A stopped process can wait for nothing, so a tiny child waits for it: `kill -STOP` and `kill -CONT` of the program
 * alone (cpulimit does it all day) must not leave hotline stopped for ever, and a program killed while stopped must
 * still get its report. There is no event for "continued" that a sibling could wait for, so it looks at /proc: 100,
 * later 10 times a second, only while everything stands still. */
#include "wrapper/stop_waker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { QUICK_LOOKS = 200, QUICK_MS = 10, SLOW_MS = 100 };

/* Signal-safe: runs in a child of a process with threads. */
static bool is_stopped(const char *stat_path)
{
    char text[256];
    int fd = open(stat_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t bytes = read(fd, text, sizeof text);
    close(fd);
    const char *name_end = bytes > 0 ? memrchr(text, ')', (size_t)bytes) : NULL;
    return name_end != NULL && name_end + 2 < text + bytes && (name_end[2] == 'T' || name_end[2] == 't');
}

pid_t stop_waker_start(pid_t program)
{
    char stat_path[32];
    pid_t hotline = getpid();
    snprintf(stat_path, sizeof stat_path, "/proc/%d/stat", (int)program);
    if (access(stat_path, R_OK) != 0) {
        return -1;
    }
    pid_t waker = fork();
    if (waker != 0) {
        return waker;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setpgid(0, 0); /* a signal to the job is not meant for us; all but SIGKILL and SIGSTOP are blocked anyway */
    /* Again and again until hotline ends us: the first SIGCONT may come before hotline has stopped. */
    for (int i = 0; getppid() == hotline; i++) {
        struct timespec pause = {.tv_nsec = (i < QUICK_LOOKS ? QUICK_MS : SLOW_MS) * 1000000l};
        nanosleep(&pause, NULL);
        if (!is_stopped(stat_path)) {
            (void)kill(hotline, SIGCONT);
        }
    }
    _exit(0);
}

void stop_waker_end(pid_t waker)
{
    if (waker <= 0) {
        return;
    }
    (void)kill(waker, SIGKILL);
    while (waitpid(waker, NULL, 0) < 0 && errno == EINTR) { /* from here on it sends nothing any more */
        ;
    }
}
