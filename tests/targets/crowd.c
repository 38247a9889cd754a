/* Many processes and threads. crowd MODE: forks (4 workers burn 0.5 CPU seconds each), churn (5000 short threads), exec (fork + exec of
 * itself), spawn (posix_spawn), closed (closes every descriptor, then forks and execs), many (800 short forks), stacks (threads with
 * small stacks), altstack (burns in a signal handler on an alternate stack), coroutine (burns on a stack from malloc), deep (burns 400
 * calls deep). */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

extern char **environ;
static volatile uint64_t sink;

__attribute__((noinline)) static void burn(clockid_t clock, double seconds)
{
    struct timespec now;
    clock_gettime(clock, &now);
    double end = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec + seconds;
    do {
        for (unsigned i = 0; i < 20000; i++)
            sink = sink * 6364136223846793005u + 1;
        clock_gettime(clock, &now);
    } while ((double)now.tv_sec + 1e-9 * (double)now.tv_nsec < end);
}

__attribute__((noinline)) static void worker(void)
{
    burn(CLOCK_PROCESS_CPUTIME_ID, 0.5);
}

static void *short_thread(void *unused)
{
    burn(CLOCK_THREAD_CPUTIME_ID, 0.0002);
    return unused;
}

static void *burning_thread(void *unused)
{
    burn(CLOCK_THREAD_CPUTIME_ID, 0.3);
    return unused;
}

__attribute__((noinline)) static void on_signal(int number)
{
    burn(CLOCK_PROCESS_CPUTIME_ID, 2.0);
    sink += (uint64_t)number;
}

static void coroutine(void)
{
    burn(CLOCK_PROCESS_CPUTIME_ID, 0.5);
    sink++;
}

__attribute__((noinline)) static void deep(int depth)
{
    volatile char frame[64];
    frame[0] = (char)depth;
    if (depth > 0)
        deep(depth - 1);
    else
        burn(CLOCK_PROCESS_CPUTIME_ID, 4);
    sink += (uint64_t)frame[0];
}

static int wait_all(void)
{
    int status, bad = 0;
    while (wait(&status) > 0)
        bad |= status != 0;
    return bad;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    char *again[] = {argv[0], "worker", NULL};
    if (!strcmp(mode, "worker")) {
        worker();
    } else if (!strcmp(mode, "forks")) {
        for (int i = 0; i < 4; i++)
            if (fork() == 0) {
                worker();
                _exit(0);
            }
    } else if (!strcmp(mode, "many")) {
        for (int i = 0; i < 800; i++) {
            if (fork() == 0)
                _exit(0);
            wait(NULL);
        }
    } else if (!strcmp(mode, "churn")) {
        for (int i = 0; i < 5000; i++) {
            pthread_t thread;
            if (pthread_create(&thread, NULL, short_thread, NULL) != 0)
                return 1;
            pthread_join(thread, NULL);
        }
    } else if (!strcmp(mode, "stacks")) {
        pthread_attr_t attributes;
        pthread_t threads[8];
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
        for (int i = 0; i < 8; i++)
            if (pthread_create(&threads[i], &attributes, burning_thread, NULL) != 0)
                return 1;
        for (int i = 0; i < 8; i++)
            pthread_join(threads[i], NULL);
    } else if (!strcmp(mode, "exec") || !strcmp(mode, "closed")) {
        if (!strcmp(mode, "closed"))
            for (int fd = 0; fd < 1200; fd++)
                close(fd);
        for (int i = 0; i < 2; i++)
            if (fork() == 0) {
                execv(argv[0], again);
                _exit(1);
            }
    } else if (!strcmp(mode, "spawn")) {
        pid_t pid;
        for (int i = 0; i < 2; i++)
            if (posix_spawn(&pid, argv[0], NULL, NULL, again, environ) != 0)
                return 1;
    } else if (!strcmp(mode, "altstack")) {
        stack_t stack = {.ss_sp = malloc(64 * 1024), .ss_size = 64 * 1024};
        struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
        sigaltstack(&stack, NULL);
        sigaction(SIGUSR1, &action, NULL);
        raise(SIGUSR1);
    } else if (!strcmp(mode, "coroutine")) {
        static ucontext_t here, there;
        getcontext(&there);
        there.uc_stack.ss_size = 256 * 1024;
        there.uc_stack.ss_sp = malloc(there.uc_stack.ss_size);
        there.uc_link = &here;
        makecontext(&there, coroutine, 0);
        swapcontext(&here, &there);
    } else if (!strcmp(mode, "deep")) {
        deep(400);
    } else {
        return 2;
    }
    return wait_all();
}
