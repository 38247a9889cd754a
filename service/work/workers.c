/* The queue is a linked list under the board's lock (bands_board.h), so that one condition wakes a worker for either
 * kind of work. A job always goes before helping: it raises throughput, helping only lowers one request's latency. */
#include "service/work/workers.h"

#include <pthread.h>
#include <stdlib.h>

#include "service/work/arena.h"
#include "service/work/bands_board.h"

/* libjpeg, libpng and libwebp need little stack; the rest is for whoever profiles or sanitizes us. */
enum { STACK_BYTES = 1 << 20 };

struct worker {
    struct workers *workers;
    struct arena *arena;
    pthread_t thread;
};

struct workers {
    struct bands bands;
    struct work_item *first; /* from here on: under bands.lock */
    struct work_item *last;
    uint32_t queued;
    uint32_t reserved; /* places claimed but not filled yet */
    uint32_t capacity;
    uint32_t running;
    bool stopping;
    uint32_t threads;
    struct worker worker[];
};

static struct work_item *pop(struct workers *workers)
{
    struct work_item *item = workers->first;
    if (item) {
        workers->first = item->next;
        if (!workers->first) {
            workers->last = NULL;
        }
        workers->queued--;
        atomic_fetch_sub_explicit(&workers->bands.queued, 1, memory_order_relaxed);
    }
    return item;
}

static void run_item(struct worker *worker, struct work_item *item)
{
    item->job.arena = worker->arena;
    item->job.bands = &worker->workers->bands;
    item->run(item);
    arena_reset(worker->arena);
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    struct workers *workers = worker->workers;
    pthread_mutex_lock(&workers->bands.lock);
    for (;;) {
        struct work_item *item = pop(workers);
        if (item) {
            workers->running++;
            pthread_mutex_unlock(&workers->bands.lock);
            run_item(worker, item);
            pthread_mutex_lock(&workers->bands.lock);
            workers->running--;
        } else if (bands_help(&workers->bands)) {
            continue;
        } else if (workers->stopping) {
            break;
        } else {
            pthread_cond_wait(&workers->bands.work, &workers->bands.lock);
        }
    }
    pthread_mutex_unlock(&workers->bands.lock);
    return NULL;
}

static bool start_worker(struct worker *worker, struct workers *workers, size_t arena_keep_bytes)
{
    pthread_attr_t attributes;
    worker->workers = workers;
    worker->arena = arena_create(arena_keep_bytes);
    if (!worker->arena) {
        return false;
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int error = pthread_create(&worker->thread, &attributes, worker_main, worker);
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        arena_destroy(worker->arena);
        return false;
    }
    return true;
}

struct workers *workers_create(uint32_t threads, uint32_t queue_capacity, size_t arena_keep_bytes)
{
    struct workers *workers = calloc(1, sizeof *workers + threads * sizeof workers->worker[0]);
    if (!workers) {
        return NULL;
    }
    bands_init(&workers->bands, threads);
    workers->capacity = queue_capacity;
    for (uint32_t i = 0; i < threads; i++) {
        if (!start_worker(&workers->worker[i], workers, arena_keep_bytes)) {
            workers_destroy(workers);
            return NULL;
        }
        workers->threads = i + 1;
    }
    return workers;
}

void workers_destroy(struct workers *workers)
{
    if (!workers) {
        return;
    }
    pthread_mutex_lock(&workers->bands.lock);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->bands.work);
    pthread_mutex_unlock(&workers->bands.lock);
    for (uint32_t i = 0; i < workers->threads; i++) {
        pthread_join(workers->worker[i].thread, NULL);
        arena_destroy(workers->worker[i].arena);
    }
    bands_deinit(&workers->bands);
    free(workers);
}

bool workers_reserve(struct workers *workers)
{
    pthread_mutex_lock(&workers->bands.lock);
    bool room = workers->queued + workers->reserved < workers->capacity;
    if (room) {
        workers->reserved++;
    }
    pthread_mutex_unlock(&workers->bands.lock);
    return room;
}

void workers_push(struct workers *workers, struct work_item *item)
{
    item->next = NULL;
    pthread_mutex_lock(&workers->bands.lock);
    if (workers->last) {
        workers->last->next = item;
    } else {
        workers->first = item;
    }
    workers->last = item;
    workers->reserved--;
    workers->queued++;
    atomic_fetch_add_explicit(&workers->bands.queued, 1, memory_order_relaxed);
    pthread_cond_signal(&workers->bands.work);
    pthread_mutex_unlock(&workers->bands.lock);
}

bool workers_withdraw(struct workers *workers, struct work_item *item)
{
    bool found = false;
    pthread_mutex_lock(&workers->bands.lock);
    struct work_item *before = NULL;
    for (struct work_item **link = &workers->first; *link; link = &(*link)->next) {
        if (*link == item) {
            *link = item->next;
            if (workers->last == item) {
                workers->last = before;
            }
            workers->queued--;
            atomic_fetch_sub_explicit(&workers->bands.queued, 1, memory_order_relaxed);
            found = true;
            break;
        }
        before = *link;
    }
    pthread_mutex_unlock(&workers->bands.lock);
    return found;
}

struct workers_counts workers_counts(struct workers *workers)
{
    pthread_mutex_lock(&workers->bands.lock);
    struct workers_counts counts = {workers->threads, workers->queued, workers->running};
    pthread_mutex_unlock(&workers->bands.lock);
    return counts;
}

struct bands *workers_bands(struct workers *workers)
{
    return &workers->bands;
}
