/* Rows of a picture -> bands taken from a shared counter by the job's own worker and by workers that have nothing else
 * to do.
 *
 *   owner    publish ── take band ── take band ── ... ── counter at the end ── wait until the last helper has left
 *   helper          └── take band ── take band ── leaves when the counter is at the end or a job is waiting in the
 * queue
 *
 * A group lives on its owner's stack, so it stays on the board only while its owner is in bands_run(). */
#include "service/work/bands_board.h"

#include "profiler/hotline.h"

struct band_group {
    struct band_group *next;
    const struct job *job;
    void (*run)(void *state, uint32_t first_row, uint32_t end_row);
    void *state;
    uint32_t rows;
    uint32_t band_rows;
    struct hotline_context context; /* the owner's: helpers' samples belong to its request */
    _Atomic uint64_t next_row;      /* 64 bits: threads that find no band still add to it */
    _Atomic int status;             /* the first reason to stop */
    uint32_t helpers;               /* under the board's lock */
};

void bands_init(struct bands *bands, uint32_t width)
{
    pthread_mutex_init(&bands->lock, NULL);
    pthread_cond_init(&bands->work, NULL);
    pthread_cond_init(&bands->left, NULL);
    bands->groups = NULL;
    bands->width = width;
    atomic_init(&bands->queued, 0);
}

void bands_deinit(struct bands *bands)
{
    pthread_cond_destroy(&bands->left);
    pthread_cond_destroy(&bands->work);
    pthread_mutex_destroy(&bands->lock);
}

/* Take bands until none is left, the job must stop, or (a helper) a job waits in the queue. */
static void run_bands(struct band_group *group, const _Atomic uint32_t *queued)
{
    while (!queued || atomic_load_explicit(queued, memory_order_relaxed) == 0) {
        uint64_t first = atomic_fetch_add_explicit(&group->next_row, group->band_rows, memory_order_relaxed);
        if (first >= group->rows || atomic_load_explicit(&group->status, memory_order_relaxed) != STATUS_OK) {
            return;
        }
        int status = (int)job_check(group->job);
        if (status != STATUS_OK) {
            int ok = STATUS_OK;
            atomic_compare_exchange_strong(&group->status, &ok, status);
            return;
        }
        uint64_t end = first + group->band_rows;
        group->run(group->state, (uint32_t)first, end < group->rows ? (uint32_t)end : group->rows);
    }
}

static bool has_bands_left(struct band_group *group)
{
    return atomic_load_explicit(&group->next_row, memory_order_relaxed) < group->rows &&
           atomic_load_explicit(&group->status, memory_order_relaxed) == STATUS_OK;
}

bool bands_help(struct bands *bands)
{
    struct band_group *group = bands->groups;
    while (group && !has_bands_left(group)) {
        group = group->next;
    }
    if (!group) {
        return false;
    }
    group->helpers++;
    pthread_mutex_unlock(&bands->lock);

    struct hotline_context before = hotline_context_set(group->context);
    run_bands(group, &bands->queued);
    hotline_context_set(before);

    pthread_mutex_lock(&bands->lock);
    if (--group->helpers == 0) {
        pthread_cond_broadcast(&bands->left);
    }
    return true;
}

static void publish(struct bands *bands, struct band_group *group)
{
    pthread_mutex_lock(&bands->lock);
    struct band_group **end = &bands->groups;
    while (*end) {
        end = &(*end)->next;
    }
    *end = group;
    pthread_cond_broadcast(&bands->work);
    pthread_mutex_unlock(&bands->lock);
}

static void withdraw(struct bands *bands, struct band_group *group)
{
    pthread_mutex_lock(&bands->lock);
    struct band_group **link = &bands->groups;
    while (*link != group) {
        link = &(*link)->next;
    }
    *link = group->next;
    while (group->helpers > 0) {
        pthread_cond_wait(&bands->left, &bands->lock);
    }
    pthread_mutex_unlock(&bands->lock);
}

enum status bands_run(struct job *job, uint32_t rows, uint32_t band_rows,
                      void (*run)(void *state, uint32_t first_row, uint32_t end_row), void *state)
{
    struct band_group group = {.job = job,
                               .run = run,
                               .state = state,
                               .rows = rows,
                               .band_rows = band_rows > 0 ? band_rows : 1,
                               .context = hotline_context_get(),
                               .status = STATUS_OK};
    bool alone = bands_width(job) == 1 || rows <= group.band_rows;
    if (!alone) {
        publish(job->bands, &group);
    }
    run_bands(&group, NULL);
    if (!alone) {
        withdraw(job->bands, &group);
    }
    return (enum status)atomic_load(&group.status);
}

uint32_t bands_width(const struct job *job)
{
    return job->bands && job->bands->width > 1 ? job->bands->width : 1;
}
