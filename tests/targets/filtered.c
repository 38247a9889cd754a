/* Programs under a seccomp filter of their own. filtered MODE WAY, WAY prctl or syscall; MODE is
 *
 *   strict      kills at every call that the program does not need
 *   lenient     the same calls fail instead
 *   strictest   SECCOMP_MODE_STRICT
 *   perf        kills at perf_event_open and nothing else
 *   everywhere  as strict, but handlers may return; also for a thread that is there already and sleeps again and again
 *   threads     as strict, for all threads: some work, some come and go, some have just been created
 *   exec        kills at timers and perf events and nothing else; then executes itself
 *
 * 0.5 CPU seconds before, 0.5 after, a thread in between; prints what it did. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile uint64_t sink;

__attribute__((noinline)) static void burn(unsigned long rounds)
{
    while (rounds-- > 0)
        sink = sink * 6364136223846793005u + 1;
}

static void *thread(void *unused)
{
    burn(20000000);
    return unused;
}

static volatile int stop;

static void *work(void *unused)
{
    while (!stop)
        burn(1000);
    return unused;
}

static void *come(void *unused)
{
    burn(1000);
    return unused;
}

static void *come_and_go(void *unused)
{
    pthread_t one;
    while (!stop)
        if (pthread_create(&one, NULL, come, NULL) == 0)
            pthread_join(one, NULL);
    return unused;
}

enum { WORKERS = 2, GOERS = 2, FRESH = 20 };
static pthread_t others[WORKERS + GOERS + FRESH];

static int start_others(void)
{
    for (int i = 0; i < WORKERS + GOERS; i++)
        if (pthread_create(&others[i], NULL, i < WORKERS ? work : come_and_go, NULL) != 0)
            return 0;
    burn(20000000);
    for (int i = 0; i < FRESH; i++)
        if (pthread_create(&others[WORKERS + GOERS + i], NULL, come, NULL) != 0)
            return 0;
    return 1;
}

static void *sleep_often(void *unused)
{
    while (!stop)
        usleep(5000);
    return unused;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    if (!strcmp(argv[1], "executed")) {
        struct sigaction action;
        if (sigaction(SIGPROF, NULL, &action) != 0 || action.sa_handler != SIG_DFL)
            return 6;
        burn(20000000);
        return write(1, "after\n", 6) != 6;
    }
    int everywhere = !strcmp(argv[1], "everywhere"), threads = !strcmp(argv[1], "threads");
    int strict = everywhere || threads || !strcmp(argv[1], "strict"), all = everywhere || threads;
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    struct sock_filter rows[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(read), ALLOW(write), ALLOW(exit), ALLOW(exit_group), ALLOW(mmap), ALLOW(munmap), ALLOW(mprotect), ALLOW(madvise),
        ALLOW(brk), ALLOW(clone), ALLOW(clone3), ALLOW(futex), ALLOW(set_robust_list), ALLOW(rseq), ALLOW(rt_sigprocmask), ALLOW(rt_sigaction), ALLOW(getrandom), ALLOW(newfstatat), ALLOW(prlimit64), ALLOW(clock_nanosleep),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, strict && !everywhere ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, strict ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog filter = {.len = sizeof rows / sizeof rows[0], .filter = rows};
    struct sock_filter perf_rows[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    if (!strcmp(argv[1], "perf"))
        filter = (struct sock_fprog){.len = sizeof perf_rows / sizeof perf_rows[0], .filter = perf_rows};
    struct sock_filter exec_rows[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_timer_create, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_timer_settime, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    if (!strcmp(argv[1], "exec"))
        filter = (struct sock_fprog){.len = sizeof exec_rows / sizeof exec_rows[0], .filter = exec_rows};
    pthread_t sleeper;
    if (everywhere && pthread_create(&sleeper, NULL, sleep_often, NULL) != 0)
        return 4;
    burn(200000000);
    printf("before\n");
    fflush(stdout);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (threads && !start_others())
        return 4;
    if (!strcmp(argv[1], "strictest") && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        return 3;
    if (strcmp(argv[1], "strictest") && (!strcmp(argv[2], "prctl") ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)
                                                                    : syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                                                              all ? SECCOMP_FILTER_FLAG_TSYNC : 0, &filter)) != 0)
        return 3;
    burn(200000000);
    if (!strcmp(argv[1], "exec")) {
        execl("/proc/self/exe", argv[0], "executed", argv[2], (char *)NULL);
        return 5;
    }
    if (strcmp(argv[1], "strictest")) {
        pthread_t one;
        if (pthread_create(&one, NULL, thread, NULL) != 0)
            return 4;
        pthread_join(one, NULL);
    }
    stop = 1;
    if (everywhere)
        pthread_join(sleeper, NULL);
    for (int i = 0; threads && i < WORKERS + GOERS + FRESH; i++)
        pthread_join(others[i], NULL);
    (void)!write(1, "after\n", 6);
    if (!strcmp(argv[1], "strictest"))
        syscall(SYS_exit, 0);
    return 0;
}
