/* One thread asleep in epoll_wait, the main thread burning CPU time for the given seconds; then the sleeper is woken once. Prints how often
 * epoll_wait returned. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static int pipe_ends[2];
static volatile uint64_t sink;

static void *sleeper(void *returns)
{
    int epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, pipe_ends[0], &event);
    int ready;
    do {
        ready = epoll_wait(epoll, &event, 1, -1);
        ++*(int *)returns;
    } while (ready < 1);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    int returns = 0;
    struct timespec now;
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    if (pipe(pipe_ends) != 0)
        return 1;
    pthread_create(&thread, NULL, sleeper, &returns);
    do {
        for (unsigned i = 0; i < 100000; i++)
            sink = sink * 6364136223846793005u + 1;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    } while ((double)now.tv_sec + 1e-9 * (double)now.tv_nsec < seconds);
    if (write(pipe_ends[1], "", 1) != 1)
        return 1;
    pthread_join(thread, NULL);
    printf("%d\n", returns);
    return 0;
}
