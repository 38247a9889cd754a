/* A queue worker: jobs come in as lines `KIND NUMBER` on standard input, four threads take them, the answers go out in
 * the order of the jobs. Each job runs under the tag job=KIND, so that the report tells the kinds apart. hotline.h is
 * one header; without hotline in front of the program, HOTLINE_TAG does nothing. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/hotline.h"

enum { THREADS = 4, MOST_JOBS = 1000, KIND_BYTES = 16 };

struct job {
    char kind[KIND_BYTES];
    unsigned number, answer;
};

static struct job jobs[MOST_JOBS];
static unsigned job_count, next_job;

/* The longest Collatz sequence that starts below `below`. */
static unsigned collatz(unsigned below)
{
    unsigned longest = 0;
    for (unsigned start = 1; start < below; start++) {
        unsigned steps = 0;
        for (unsigned long at = start; at != 1; steps++) {
            at = at % 2 == 0 ? at / 2 : 3 * at + 1;
        }
        longest = steps > longest ? steps : longest;
    }
    return longest;
}

/* An FNV hash of the bytes 0, 1, 2, ... */
static unsigned hash(unsigned bytes)
{
    unsigned value = 2166136261u;
    for (unsigned i = 0; i < bytes; i++) {
        value = (value ^ (i & 255)) * 16777619u;
    }
    return value;
}

static void run_job(struct job *job)
{
    HOTLINE_TAG("job", job->kind); /* until the end of this function */
    job->answer = strcmp(job->kind, "collatz") == 0 ? collatz(job->number) : hash(job->number);
}

static void *work(void *unused)
{
    unsigned mine;
    while ((mine = __atomic_fetch_add(&next_job, 1, __ATOMIC_RELAXED)) < job_count) {
        run_job(&jobs[mine]);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS];
    while (job_count < MOST_JOBS && scanf("%15s %u", jobs[job_count].kind, &jobs[job_count].number) == 2) {
        job_count++;
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (unsigned i = 0; i < job_count; i++) {
        printf("%s %u: %u\n", jobs[i].kind, jobs[i].number, jobs[i].answer);
    }
    return 0;
}
