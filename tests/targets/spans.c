/* hotline.h's spans in use, one way of using them per mode. Prints what the program itself measured. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "profiler/hotline.h"

static volatile uint64_t sink;

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

__attribute__((noinline)) static void spin_ms(double ms)
{
    uint64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + (uint64_t)(ms * 1e6);
    uint64_t value = sink;
    while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        for (unsigned i = 0; i < 1000; i++)
            value = value * 6364136223846793005u + 1442695040888963407u;
    sink = value;
}

static void sleep_ms(double ms)
{
    struct timespec time = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms * 1e6) % 1000000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR) {
    }
}

/* An outer span of 600 ms of CPU time, of which 400 are an inner one's. */
static void nested(void)
{
    HOTLINE_TAG("mode", "nested");
    HOTLINE_PROFILED("outer");
    spin_ms(100);
    {
        HOTLINE_PROFILED("inner");
        spin_ms(400);
    }
    spin_ms(100);
}

/* Begun here, worked on by two threads, ended in another: as an asynchronous server does. */
static struct hotline_span handed;
static struct hotline_context context;

static void *work(void *ms)
{
    struct hotline_context before = hotline_context_set(context);
    spin_ms(*(double *)ms);
    hotline_context_set(before);
    spin_ms(100); /* of nobody */
    return NULL;
}

static void *finish(void *unused)
{
    struct hotline_context before = hotline_context_set(context);
    (void)hotline_tag("status", "200");
    hotline_span_end(handed);
    hotline_context_set(before);
    hotline_span_end(handed); /* twice: nothing */
    return unused;
}

static void threads(void)
{
    double ms[2] = {300, 500};
    pthread_t workers[2], last;
    handed = hotline_span_request("async", "GET", "/things/17?x=\"y\"", "request-17");
    context = hotline_context_get();
    hotline_context_set(handed.before);
    for (int i = 0; i < 2; i++)
        pthread_create(&workers[i], NULL, work, &ms[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(workers[i], NULL);
    pthread_create(&last, NULL, finish, NULL);
    pthread_join(last, NULL);
    printf("%d\n", hotline_context_get().word == 0);
}

/* A child works for its parent's span and cannot end it; it has spans of its own. */
static void forked(void)
{
    struct hotline_span span = hotline_span_begin("parent");
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            spin_ms(150);
            hotline_span_end(span);
            HOTLINE_TAG("child", "yes");
            for (int k = 0; k < 2; k++) {
                HOTLINE_PROFILED("child");
                spin_ms(100);
            }
            fflush(stdout);
            _exit(hotline_context_get().word >> 32 ? 1 : 0);
        }
    int bad = 0, status;
    while (wait(&status) > 0)
        bad |= status;
    sleep_ms(50);
    printf("%d\n", bad);
    hotline_span_end(span);
}

/* Requests of known duration, measured here as well: "p50 p95 p99 max" in microseconds. */
enum { REQUESTS = 400 };
static int compare(const void *a, const void *b)
{
    return *(const uint64_t *)a < *(const uint64_t *)b ? -1 : *(const uint64_t *)a > *(const uint64_t *)b;
}

static void latencies(void)
{
    static uint64_t took[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
        char id[16];
        snprintf(id, sizeof id, "r%d", i);
        uint64_t begin = now_ns(CLOCK_MONOTONIC);
        struct hotline_span span = hotline_span_request("request", "GET", "/", id);
        sleep_ms(i % 100 == 99 ? 40 : i % 10 == 9 ? 12 : 2);
        hotline_span_end(span);
        took[i] = now_ns(CLOCK_MONOTONIC) - begin;
    }
    qsort(took, REQUESTS, sizeof took[0], compare);
    printf("%llu %llu %llu %llu\n", (unsigned long long)took[REQUESTS / 2 - 1] / 1000, (unsigned long long)took[REQUESTS * 95 / 100 - 1] / 1000,
           (unsigned long long)took[REQUESTS * 99 / 100 - 1] / 1000, (unsigned long long)took[REQUESTS - 1] / 1000);
}

/* Many at once from several threads: prints how many, and what a pair costs when nobody else runs. */
static uint64_t each;
static uint64_t recorded;
static void *many_in_thread(void *index)
{
    static const char *const operations[] = {"read", "write", "list"};
    uint64_t mine = 0;
    for (uint64_t i = 0; i < each; i++) {
        HOTLINE_TAG("operation", operations[i % 3]);
        struct hotline_span span = hotline_span_request("many", "PUT", "/path", index);
        mine += span.id != 0;
        if (i % 1000 == 0)
            spin_ms(1);
        hotline_span_end(span);
        if (i % 64 == 0)
            sleep_ms(1);
    }
    __atomic_fetch_add(&recorded, mine, __ATOMIC_RELAXED);
    return NULL;
}

static void many(uint64_t count)
{
    static char names[4][2] = {"a", "b", "c", "d"};
    pthread_t all[4];
    each = count / 4;
    for (int i = 0; i < 4; i++)
        pthread_create(&all[i], NULL, many_in_thread, names[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(all[i], NULL);
    printf("%llu %llu\n", (unsigned long long)(each * 4), (unsigned long long)recorded);
}

/* More at once than the session has room for, all ended at the end. */
static void full(unsigned count)
{
    struct hotline_span *spans = calloc(count, sizeof spans[0]);
    unsigned there = 0;
    for (unsigned i = 0; i < count; i++) {
        spans[i] = hotline_span_begin("waiting");
        hotline_context_set(spans[i].before);
        there += spans[i].id != 0;
    }
    for (unsigned i = 0; i < count; i++)
        hotline_span_end(spans[i]);
    free(spans);
    printf("%u\n", there);
}

/* Children killed while they begin and end spans as fast as they can. Their rows come back, and the next program's spans are all there. */
static void killed(void)
{
    for (int i = 0; i < 40; i++) {
        pid_t child = fork();
        if (child == 0)
            for (;;) {
                struct hotline_span span = hotline_span_begin("killed");
                (void)hotline_tag("i", "1");
                hotline_span_end(span);
                if (span.id == 0)
                    sleep_ms(1);
            }
        sleep_ms(3 + i % 5);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    for (int i = 0; i < 20; i++) {
        sleep_ms(20);
        HOTLINE_PROFILED("after");
    }
    (void)hotline_span_request("in flight", "GET", "/slow", "last-words");
    spin_ms(300);
    raise(SIGKILL);
}

/* What a pair of begin and end costs, in ns: with room for all of them. */
static void cost(void)
{
    uint64_t best = UINT64_MAX;
    for (int round = 0; round < 30; round++) {
        uint64_t begin = now_ns(CLOCK_MONOTONIC);
        for (int i = 0; i < 1000; i++) {
            struct hotline_span span = hotline_span_request("cost", "GET", "/a/path/of/some/length", "0123456789abcdef0123456789abcdef");
            hotline_span_end(span);
        }
        uint64_t took = (now_ns(CLOCK_MONOTONIC) - begin) / 1000;
        best = took < best ? took : best;
        sleep_ms(250);
    }
    printf("%llu\n", (unsigned long long)best);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "nested";
    unsigned number = argc > 2 ? (unsigned)atoi(argv[2]) : 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!strcmp(mode, "nested"))
        nested();
    else if (!strcmp(mode, "threads"))
        threads();
    else if (!strcmp(mode, "forked"))
        forked();
    else if (!strcmp(mode, "latencies"))
        latencies();
    else if (!strcmp(mode, "many"))
        many(number);
    else if (!strcmp(mode, "full"))
        full(number);
    else if (!strcmp(mode, "killed"))
        killed();
    else if (!strcmp(mode, "cost"))
        cost();
    return hotline_context_get().word != 0;
}
