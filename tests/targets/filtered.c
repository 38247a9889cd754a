/* Programs under a seccomp filter of their own. filtered MODE WAY, WAY prctl or syscall; MODE is
 *
 *   strict      kills at every call that the program does not need
 *   lenient     the same calls fail instead
 *   strictest   SECCOMP_MODE_STRICT
 *   perf        kills at perf_event_open and nothing else
 *   everywhere  as strict, but handlers may return; also for a thread that is there already and sleeps again and again
 *
 * 0.5 CPU seconds before, 0.5 after, a thread in between; prints what it did. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
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
    int everywhere = !strcmp(argv[1], "everywhere"), strict = everywhere || !strcmp(argv[1], "strict");
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
    pthread_t sleeper;
    if (everywhere && pthread_create(&sleeper, NULL, sleep_often, NULL) != 0)
        return 4;
    burn(200000000);
    printf("before\n");
    fflush(stdout);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!strcmp(argv[1], "strictest") && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        return 3;
    if (strcmp(argv[1], "strictest") && (!strcmp(argv[2], "prctl") ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)
                                                                    : syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                                                              everywhere ? SECCOMP_FILTER_FLAG_TSYNC : 0, &filter)) != 0)
        return 3;
    burn(200000000);
    if (strcmp(argv[1], "strictest")) {
        pthread_t one;
        if (pthread_create(&one, NULL, thread, NULL) != 0)
            return 4;
        pthread_join(one, NULL);
    }
    stop = 1;
    if (everywhere)
        pthread_join(sleeper, NULL);
    (void)!write(1, "after\n", 6);
    if (!strcmp(argv[1], "strictest"))
        syscall(SYS_exit, 0);
    return 0;
}
