/* See inherited.h. */
#include "wrapper/inherited.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const __itimer_which_t timers[INHERITED_TIMERS] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};

enum { SCAN_DESCRIPTORS = 4096 /* where there is no /proc to list them */ };

static bool add_descriptor(struct inherited *inherited, int fd)
{
    int *grown = realloc(inherited->descriptors, (inherited->descriptor_count + 1) * sizeof *grown);
    if (grown == NULL) {
        return false;
    }
    inherited->descriptors = grown;
    grown[inherited->descriptor_count++] = fd;
    return true;
}

static bool list_descriptors(struct inherited *inherited)
{
    DIR *folder = opendir("/proc/self/fd");
    bool fine = true;
    if (folder == NULL) {
        for (int fd = 0; fd < SCAN_DESCRIPTORS && fine; fd++) {
            fine = fcntl(fd, F_GETFD) < 0 || add_descriptor(inherited, fd);
        }
        return fine;
    }
    for (struct dirent *entry; fine && (entry = readdir(folder)) != NULL;) {
        char *end;
        long fd = strtol(entry->d_name, &end, 10);
        if (end != entry->d_name && *end == '\0' && fd != dirfd(folder)) {
            fine = add_descriptor(inherited, (int)fd);
        }
    }
    closedir(folder);
    return fine;
}

/* A closed descriptor among 0..2 would be the number of the next file we open, and what the program prints would go
 * there. Close-on-exec, so that the program finds it closed again. */
static void occupy_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) {
            continue;
        }
        int got = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (got < 0) {
            got = open("/", O_PATH | O_CLOEXEC);
        }
        if (got >= 0 && got != fd) { /* cannot be: the lowest free number is taken */
            (void)dup3(got, fd, O_CLOEXEC);
            close(got);
        }
    }
}

bool inherited_take(struct inherited *ret)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t all;
    memset(ret, 0, sizeof *ret);
    if (!list_descriptors(ret)) {
        inherited_deinit(ret);
        return false;
    }
    occupy_standard_descriptors();
    sigfillset(&all);
    (void)syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &ret->signal_mask, sizeof ret->signal_mask);
    (void)sigprocmask(SIG_BLOCK, &all, NULL);
    /* An ignored SIGCHLD would reap the program behind our back. */
    (void)sigaction(SIGCHLD, &standard, &ret->child_signal);
    (void)prctl(PR_GET_PDEATHSIG, &ret->parent_death_signal);
    (void)prctl(PR_GET_CHILD_SUBREAPER, &ret->child_subreaper);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    return true;
}

void inherited_deinit(struct inherited *inherited)
{
    free(inherited->descriptors);
    inherited->descriptors = NULL;
    inherited->descriptor_count = 0;
}

void inherited_stop_timers(struct inherited *inherited)
{
    static const struct itimerval stopped = {.it_value = {0, 0}};
    for (unsigned i = 0; i < INHERITED_TIMERS; i++) {
        (void)setitimer(timers[i], &stopped, &inherited->timers[i]);
    }
}

void inherited_restore(const struct inherited *inherited)
{
    for (unsigned i = 0; i < INHERITED_TIMERS; i++) {
        if (inherited->timers[i].it_value.tv_sec != 0 || inherited->timers[i].it_value.tv_usec != 0) {
            (void)setitimer(timers[i], &inherited->timers[i], NULL);
        }
    }
    if (inherited->child_subreaper != 0) {
        (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    }
    /* "Kill me when my parent dies": hotline gets that, and can forward every signal but this one. */
    if (inherited->parent_death_signal == SIGKILL) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    (void)sigaction(SIGCHLD, &inherited->child_signal, NULL);
    (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &inherited->signal_mask, NULL, sizeof inherited->signal_mask);
}

void inherited_let_go(const struct inherited *inherited, bool (*is_needed)(int fd, const void *context),
                      const void *context)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (unsigned i = 0; i < inherited->descriptor_count; i++) {
        int fd = inherited->descriptors[i];
        if (fd == STDERR_FILENO || is_needed(fd, context)) {
            continue;
        }
        if (fd > STDERR_FILENO) {
            close(fd);
        } else if (nothing >= 0) {
            (void)dup3(nothing, fd, O_CLOEXEC);
        }
    }
    if (nothing >= 0) {
        close(nothing);
    }
}
