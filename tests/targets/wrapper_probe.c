/* What a program can tell about how it was started and what reaches it.
 *   wrapper_probe state FILE    everything inherited -> FILE, one fact a line
 *   wrapper_probe signals       "ready PID", then "got NUMBER VALUE" for each signal, until stdin ends; exits with 6
 *   wrapper_probe poke          like signals, but first sends SIGUSR1 to its parent and SIGUSR2 to its process group
 *   wrapper_probe orphans N     "orphan PID" N times for grandchildren that end after their parents, then as signals */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void write_descriptors(FILE *out)
{
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd == dirfd(folder) || fd == fileno(out))
            continue;
        char path[300], target[4096] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        (void)!readlink(path, target, sizeof target - 1);
        fprintf(out, "fd %d %s\n", fd, target);
    }
    closedir(folder);
}

static void write_signals(FILE *out)
{
    char line[256];
    FILE *status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "SigBlk", 6) == 0 || strncmp(line, "SigIgn", 6) == 0)
            fputs(line, out);
    }
    fclose(status);
}

static int write_state(int argc, char **argv)
{
    FILE *out = fopen(argv[2], "w");
    for (int i = 0; i < argc; i++)
        fprintf(out, "argument %s\n", argv[i]);
    for (char **at = environ; *at != NULL; at++)
        fprintf(out, "environment %s\n", *at);
    write_signals(out);
    write_descriptors(out);
    for (int i = 0; i < 3; i++) {
        struct itimerval timer;
        getitimer(i, &timer);
        fprintf(out, "timer %d %s every %ld\n", i, timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0 ? "runs" : "rests",
                (long)timer.it_interval.tv_sec);
    }
    int subreaper, death;
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    prctl(PR_GET_PDEATHSIG, &death);
    mode_t mask = umask(0);
    char folder[4096];
    fprintf(out, "subreaper %d death %d umask %o folder %s group %d session %d nice %d\n", subreaper, death, mask,
            getcwd(folder, sizeof folder), getpgrp(), getsid(0), getpriority(PRIO_PROCESS, 0));
    fclose(out);
    return 0;
}

static void block_signals(sigset_t *ret)
{
    sigfillset(ret);
    sigdelset(ret, SIGPROF); /* the sampler's */
    sigdelset(ret, SIGTSTP);
    sigprocmask(SIG_BLOCK, ret, NULL);
}

static int tell_signals(const sigset_t *set)
{
    int signals = signalfd(-1, set, SFD_CLOEXEC);
    printf("ready %d\n", (int)getpid());
    fflush(stdout);
    for (;;) {
        struct pollfd ready[] = {{.fd = signals, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
        struct signalfd_siginfo info;
        poll(ready, 2, -1);
        if (ready[0].revents != 0 && read(signals, &info, sizeof info) == (ssize_t)sizeof info) {
            if (info.ssi_signo != SIGCHLD)
                printf("got %u %d\n", info.ssi_signo, info.ssi_int);
            fflush(stdout);
        } else if (ready[1].revents != 0) {
            char byte;
            if (read(0, &byte, 1) <= 0)
                return 6;
        }
    }
}

/* A child that ends at once leaves a grandchild that waits for that and then ends with a status of its own. */
static void make_orphan(void)
{
    pid_t child = fork();
    if (child == 0) {
        pid_t parent = getpid();
        if (fork() == 0) {
            while (getppid() == parent)
                usleep(1000);
            printf("orphan %d\n", (int)getpid());
            fflush(stdout);
            _exit(42);
        }
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    sigset_t set;
    if (argc > 2 && strcmp(argv[1], "state") == 0)
        return write_state(argc, argv);
    block_signals(&set);
    if (argc > 1 && strcmp(argv[1], "poke") == 0) {
        kill(getppid(), SIGUSR1);
        kill(0, SIGUSR2);
    }
    for (int i = 0; argc > 2 && strcmp(argv[1], "orphans") == 0 && i < atoi(argv[2]); i++)
        make_orphan();
    return tell_signals(&set);
}
