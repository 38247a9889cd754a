/* Programs that wait in known ways; what is true is printed. waits MODE SECONDS:
 *
 *   shares   three threads: one sleeps, one waits for a condition, one for a lock that another holds; 50 : 30 : 20 of the waiting
 *   beside   one line that computes and sleeps, about 4 : 6
 *   idle     an event loop with nothing to do: how often it came back, how often it was interrupted
 *   errors   what blocking calls say when they fail or are interrupted: lines to be compared with a run alone
 *   leaves   a child that computes for SECONDS; the program itself ends at once
 *   jump     a handler that jumps out of whatever it interrupts, waits included, while the program computes and waits
 *   step     sites that wait 7 and 3 ms of every 10, then 0.6 and 0.4 ms of every one, by the clock
 *   others   a wait for a condition by another call, and for a lock that is held, with a time limit
 *   cancel   threads that are cancelled while they wait
 *   forks    children that wait
 *   locks    uncontended lock and unlock, nanoseconds for each pair */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double limit_s = 2;

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void pass(double time_s)
{
    struct timespec time = {.tv_sec = (time_t)time_s, .tv_nsec = (long)((time_s - (double)(time_t)time_s) * 1e9)};
    while (nanosleep(&time, &time) != 0)
        ;
}

/* -- shares ------------------------------------------------------------------------------------------------------------------- */

static pthread_mutex_t contended = PTHREAD_MUTEX_INITIALIZER, ready_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static double waited_s[3];

static void *wait_in_sleep(void *unused)
{
    double begin = seconds(CLOCK_MONOTONIC);
    while (seconds(CLOCK_MONOTONIC) < begin + limit_s)
        usleep(7000);
    waited_s[0] = seconds(CLOCK_MONOTONIC) - begin;
    return unused;
}

static void *wait_for_condition(void *unused)
{
    double begin = seconds(CLOCK_MONOTONIC), end = begin + limit_s * 0.6;
    pthread_mutex_lock(&ready_lock);
    while (seconds(CLOCK_MONOTONIC) < end) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 3000000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&never, &ready_lock, &until);
    }
    pthread_mutex_unlock(&ready_lock);
    waited_s[1] = seconds(CLOCK_MONOTONIC) - begin;
    return unused;
}

/* `contended` is held by main() meanwhile. */
static void *wait_for_lock(void *unused)
{
    double begin = seconds(CLOCK_MONOTONIC);
    pthread_mutex_lock(&contended);
    waited_s[2] = seconds(CLOCK_MONOTONIC) - begin;
    pthread_mutex_unlock(&contended);
    return unused;
}

static void run_shares(void)
{
    void *(*const functions[])(void *) = {wait_in_sleep, wait_for_condition, wait_for_lock};
    static const char *const names[] = {"usleep", "pthread_cond_timedwait", "pthread_mutex_lock"};
    pthread_t threads[3];
    pthread_mutex_lock(&contended);
    double begin = seconds(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, functions[i], NULL);
    while (seconds(CLOCK_MONOTONIC) < begin + limit_s * 0.4) /* busy: main is not to wait in anything but the join */
        ;
    pthread_mutex_unlock(&contended);
    double joined = seconds(CLOCK_MONOTONIC);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    double main_s = seconds(CLOCK_MONOTONIC) - joined;
    for (unsigned i = 0; i < 3; i++)
        printf("%s %.4f\n", names[i], waited_s[i]);
    printf("pthread_join %.4f\n", main_s);
}

static void compute(double time_s)
{
    for (double end = seconds(CLOCK_THREAD_CPUTIME_ID) + time_s; seconds(CLOCK_THREAD_CPUTIME_ID) < end;)
        ;
}

static void run_beside(void)
{
    for (double end = seconds(CLOCK_MONOTONIC) + limit_s; seconds(CLOCK_MONOTONIC) < end;)
        compute(0.004), usleep(6000); /* the line that does both */
}

/* -- idle --------------------------------------------------------------------------------------------------------------------- */

static void run_idle(void)
{
    int queue = epoll_create1(0), returned = 0, interrupted = 0;
    struct epoll_event event;
    double end = seconds(CLOCK_MONOTONIC) + limit_s;
    while (seconds(CLOCK_MONOTONIC) < end) {
        int result = epoll_wait(queue, &event, 1, (int)(limit_s * 1000));
        returned++;
        interrupted += result < 0;
    }
    printf("returned %d interrupted %d cpu_ms %.3f\n", returned, interrupted, 1e3 * seconds(CLOCK_PROCESS_CPUTIME_ID));
}

/* -- errors ------------------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
    char byte;
    alarms = alarms + number / SIGALRM;
    (void)!read(-1, &byte, 1); /* a timed call within a handler, which must leave errno to the caller's errno rules */
}

static void say(const char *name, long result)
{
    printf("%s %ld %s\n", name, result, result < 0 ? strerrorname_np(errno) : "");
}

static void alarm_soon(void)
{
    struct timespec soon = {.tv_nsec = 20000000};
    struct itimerspec spec = {.it_value = soon};
    static timer_t timer;
    static bool made;
    if (!made && timer_create(CLOCK_MONOTONIC, &(struct sigevent){.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM}, &timer) == 0)
        made = true;
    timer_settime(timer, 0, &spec, NULL);
}

static void run_errors(void)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
    sigaction(SIGALRM, &action, NULL);
    int ends[2], queue = epoll_create1(0);
    char byte;
    struct epoll_event event;
    struct timespec minute = {.tv_sec = 60};
    struct timeval long_time = {.tv_sec = 60};
    struct pollfd nothing = {.fd = -1};
    fd_set none;
    FD_ZERO(&none);
    if (pipe(ends) != 0)
        exit(3);
    say("read of nothing", read(-1, &byte, 1));
    say("write of nothing", write(-1, "x", 1));
    say("accept of nothing", accept(-1, NULL, NULL));
    say("waitpid without children", waitpid(-1, NULL, 0));
    alarm_soon(), say("read", read(ends[0], &byte, 1));
    alarm_soon(), say("poll", poll(&nothing, 1, 60000));
    alarm_soon(), say("ppoll", ppoll(&nothing, 1, &minute, NULL));
    alarm_soon(), say("select", select(0, &none, NULL, NULL, &long_time));
    alarm_soon(), say("epoll_wait", epoll_wait(queue, &event, 1, 60000));
    alarm_soon(), say("nanosleep", nanosleep(&minute, NULL));
    alarm_soon(), printf("clock_nanosleep %s\n", strerrorname_np(clock_nanosleep(CLOCK_MONOTONIC, 0, &minute, NULL)));
    alarm_soon(), say("usleep", usleep(60000000));
    alarm_soon(), printf("sleep %u\n", sleep(60) > 50);
    alarm_soon(), say("pause", pause());
    sem_t semaphore;
    sem_init(&semaphore, 0, 0);
    alarm_soon(), say("sem_wait", sem_wait(&semaphore));
    pthread_mutexattr_t checked;
    pthread_mutex_t mutex;
    pthread_mutexattr_init(&checked);
    pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&mutex, &checked);
    printf("lock %d\n", pthread_mutex_lock(&mutex));
    printf("lock again %s\n", strerrorname_np(pthread_mutex_lock(&mutex)));
    pthread_mutexattr_settype(&checked, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &checked);
    printf("recursive %d %d\n", pthread_mutex_lock(&mutex), pthread_mutex_lock(&mutex));
    struct timespec past = {.tv_sec = 1};
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    printf("timedwait %s\n", strerrorname_np(pthread_cond_timedwait(&condition, &mutex, &past)));
    errno = 77;
    usleep(1);
    printf("alarms %d errno %d\n", (int)alarms, errno);
}

/* -- cancel, forks, locks ----------------------------------------------------------------------------------------------------- */

static void *wait_for_ever(void *kind)
{
    char byte;
    int ends[2];
    static sem_t semaphore;
    switch ((int)(long)kind) {
    case 0:
        pause();
        break;
    case 1:
        if (pipe(ends) == 0 && read(ends[0], &byte, 1) > 0)
            return NULL;
        break;
    case 2:
        sleep(600);
        break;
    case 3:
        sem_wait(&semaphore);
        break;
    case 4:
        pthread_mutex_lock(&ready_lock);
        pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &ready_lock);
        pthread_cond_wait(&never, &ready_lock);
        pthread_cleanup_pop(1);
        break;
    default:
        poll(NULL, 0, -1);
    }
    return NULL;
}

static void run_cancel(void)
{
    for (long kind = 0; kind < 6; kind++) {
        pthread_t thread;
        void *result = NULL;
        pthread_create(&thread, NULL, wait_for_ever, (void *)kind);
        pass(0.02);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        printf("%ld %s\n", kind, result == PTHREAD_CANCELED ? "cancelled" : "ended");
    }
}

static void run_forks(void)
{
    for (unsigned i = 0; i < 4; i++)
        if (fork() == 0) {
            for (unsigned k = 0; k < 20; k++)
                usleep(25000);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    printf("done\n");
}

static void run_leaves(void)
{
    if (fork() == 0) {
        close(STDOUT_FILENO);
        close(STDERR_FILENO);
        compute(limit_s);
        _exit(0);
    }
}

static sigjmp_buf back_to_work;
static volatile sig_atomic_t may_jump;

static void jump_away(int number)
{
    (void)number;
    if (may_jump) {
        may_jump = 0;
        siglongjmp(back_to_work, 1);
    }
}

static void run_jump(void)
{
    struct sigaction action = {.sa_handler = jump_away, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec often = {.it_value = {.tv_nsec = 1370000}, .it_interval = {.tv_nsec = 1370000}};
    timer_t timer;
    double end = seconds(CLOCK_MONOTONIC) + limit_s;
    sigaction(SIGALRM, &action, NULL);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &often, NULL);
    while (seconds(CLOCK_MONOTONIC) < end)
        if (sigsetjmp(back_to_work, 1) == 0) {
            may_jump = 1;
            for (unsigned i = 0; i < 40; i++)
                usleep(60);
            may_jump = 0;
        }
    timer_delete(timer);
    compute(limit_s / 2);
    printf("done\n");
}

static void advance(struct timespec *time, long more_ns)
{
    time->tv_nsec += more_ns;
    time->tv_sec += time->tv_nsec / 1000000000;
    time->tv_nsec %= 1000000000;
}

__attribute__((noinline)) static void wait_seven(struct timespec *next)
{
    advance(next, 7000000);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void wait_three(struct timespec *next)
{
    advance(next, 3000000);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
    __asm__ volatile("" ::: "memory");
}

/* Shorter than the period of sampling: 0.6 and 0.4 ms. */
__attribute__((noinline)) static void wait_six_tenths(struct timespec *next)
{
    advance(next, 600000);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void wait_four_tenths(struct timespec *next)
{
    advance(next, 400000);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, next, NULL);
    __asm__ volatile("" ::: "memory");
}

static double timed(void (*wait_here)(struct timespec *), struct timespec *next)
{
    double begin = seconds(CLOCK_MONOTONIC);
    wait_here(next);
    return seconds(CLOCK_MONOTONIC) - begin;
}

static void run_step(void)
{
    double seven = 0, three = 0, six_tenths = 0, four_tenths = 0;
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (unsigned i = 0; i < (unsigned)(limit_s * 50); i++) {
        seven += timed(wait_seven, &next);
        three += timed(wait_three, &next);
    }
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (unsigned i = 0; i < (unsigned)(limit_s * 500); i++) {
        six_tenths += timed(wait_six_tenths, &next);
        four_tenths += timed(wait_four_tenths, &next);
    }
    printf("wait_seven %.4f\nwait_three %.4f\nwait_six_tenths %.4f\nwait_four_tenths %.4f\n", seven, three, six_tenths, four_tenths);
}

static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;

static void *try_to_read(void *unused)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_rwlock_timedrdlock(&table_lock, &until);
    return unused;
}

static void run_others(void)
{
    pthread_t thread;
    struct timespec until;
    pthread_rwlock_wrlock(&table_lock);
    pthread_create(&thread, NULL, try_to_read, NULL);
    pthread_join(thread, NULL);
    pthread_mutex_lock(&ready_lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1;
    pthread_cond_clockwait(&never, &ready_lock, CLOCK_MONOTONIC, &until);
    pthread_mutex_unlock(&ready_lock);
    printf("done\n");
}

static void run_locks(void)
{
    enum { PAIRS = 20000000 };
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    double begin = seconds(CLOCK_THREAD_CPUTIME_ID);
    for (unsigned i = 0; i < PAIRS; i++) {
        pthread_mutex_lock(&mutex);
        pthread_mutex_unlock(&mutex);
    }
    printf("%.2f\n", 1e9 * (seconds(CLOCK_THREAD_CPUTIME_ID) - begin) / PAIRS);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } modes[] = {{"shares", run_shares}, {"beside", run_beside}, {"idle", run_idle},   {"errors", run_errors},
                 {"cancel", run_cancel}, {"forks", run_forks}, {"leaves", run_leaves}, {"jump", run_jump}, {"step", run_step}, {"others", run_others}, {"locks", run_locks}};
    limit_s = argc > 2 ? atof(argv[2]) : limit_s;
    for (size_t i = 0; argc > 1 && i < sizeof modes / sizeof modes[0]; i++)
        if (!strcmp(argv[1], modes[i].name)) {
            modes[i].run();
            return 0;
        }
    return 2;
}
