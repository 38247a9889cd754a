/* The queue, the workers, row bands, the arena and what a control group allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/work/arena.h"
#include "service/work/bands.h"
#include "service/work/cgroup.h"
#include "service/work/clock.h"
#include "service/work/memory_budget.h"
#include "service/work/workers.h"

#define TEST(name)   static void name(void **state)
#define UNUSED_STATE (void)state

enum { HANG_GUARD_S = 120, MIB = 1 << 20 };

/* ---- arena ---- */

TEST(arena_gives_aligned_memory_that_does_not_overlap)
{
    UNUSED_STATE;
    struct arena *arena = arena_create(64 * MIB);
    uint8_t *before = NULL;
    for (size_t bytes = 0; bytes < 5000; bytes += 37) {
        uint8_t *memory = arena_alloc(arena, bytes, 0);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        memset(memory, 0xA5, bytes);
        if (before) {
            assert_true(memory > before);
        }
        before = memory;
    }
    arena_destroy(arena);
}

TEST(arena_reuses_the_same_pages)
{
    UNUSED_STATE;
    struct arena *arena = arena_create(64 * MIB);
    void *first = arena_alloc(arena, MIB, 0);
    arena_reset(arena);
    assert_int_equal(arena_used_bytes(arena), 0);
    assert_ptr_equal(arena_alloc(arena, MIB, 0), first);
    arena_destroy(arena);
}

TEST(arena_joins_blocks_at_reset)
{
    UNUSED_STATE;
    struct arena *arena = arena_create(64 * MIB);
    for (int i = 0; i < 4; i++) {
        assert_non_null(arena_alloc(arena, 3 * MIB, 0));
    }
    arena_reset(arena);
    size_t mapped = arena_mapped_bytes(arena);
    assert_true(mapped >= 12 * MIB);
    assert_non_null(arena_alloc(arena, 12 * MIB - 4096, 0));
    assert_int_equal(arena_mapped_bytes(arena), mapped);
    arena_destroy(arena);
}

TEST(arena_is_trimmed_after_a_large_job)
{
    UNUSED_STATE;
    struct arena *arena = arena_create(8 * MIB);
    assert_non_null(arena_alloc(arena, 40 * MIB, 0));
    assert_true(arena_mapped_bytes(arena) >= 40 * MIB);
    arena_reset(arena);
    assert_true(arena_mapped_bytes(arena) <= 8 * MIB);
    assert_non_null(arena_alloc(arena, 40 * MIB, 0));
    arena_destroy(arena);
}

TEST(arena_refuses_more_than_its_limit_and_sizes_that_overflow)
{
    UNUSED_STATE;
    struct arena *arena = arena_create(8 * MIB);
    assert_null(arena_alloc(arena, 2 * MIB, MIB));
    assert_non_null(arena_alloc(arena, MIB / 2, MIB));
    assert_null(arena_alloc(arena, MIB / 2 + 64, MIB));
    assert_null(arena_alloc(arena, SIZE_MAX, 0));
    assert_null(arena_alloc(arena, SIZE_MAX - 63, 0));
    assert_null(arena_alloc(arena, SIZE_MAX / 8, 0)); /* more than any address space: the mapping fails */
    assert_non_null(arena_alloc(arena, 64, 0));
    arena_destroy(arena);
}

/* ---- job ---- */

TEST(job_is_stopped_by_cancellation_and_by_its_deadline)
{
    UNUSED_STATE;
    struct job job = {0};
    assert_int_equal(job_check(&job), STATUS_OK);
    job.deadline_ns = clock_now_ns() + 3600 * NS_PER_S;
    assert_int_equal(job_check(&job), STATUS_OK);
    job.deadline_ns = 1;
    assert_int_equal(job_check(&job), STATUS_PROCESSING_TIMEOUT);
    job.cancelled = 1;
    assert_int_equal(job_check(&job), STATUS_CANCELLED);
}

TEST(job_memory_is_bounded_by_its_limits)
{
    UNUSED_STATE;
    struct job_limits limits = {.max_memory_bytes = MIB};
    struct job job = {.limits = &limits, .arena = arena_create(0)};
    assert_non_null(job_alloc(&job, MIB / 2));
    assert_null(job_alloc(&job, MIB));
    arena_destroy(job.arena);
}

/* ---- bands ---- */

enum { ROWS_MAX = 4096 };

struct coverage {
    _Atomic uint8_t seen[ROWS_MAX];
    _Atomic uint32_t bands;
    struct job *job;
    uint32_t cancel_after; /* bands; 0 = never */
};

static void cover(void *state, uint32_t first_row, uint32_t end_row)
{
    struct coverage *coverage = state;
    for (uint32_t y = first_row; y < end_row; y++) {
        coverage->seen[y]++;
    }
    if (++coverage->bands == coverage->cancel_after) {
        coverage->job->cancelled = 1;
    }
}

static void assert_every_row_once(const struct coverage *coverage, uint32_t rows)
{
    for (uint32_t y = 0; y < ROWS_MAX; y++) {
        assert_int_equal(coverage->seen[y], y < rows ? 1 : 0);
    }
}

TEST(bands_cover_every_row_once_alone_and_with_helpers)
{
    UNUSED_STATE;
    struct workers *workers = workers_create(3, 4, 0);
    for (int with_helpers = 0; with_helpers < 2; with_helpers++) {
        for (uint32_t rows = 0; rows < 260; rows += 13) {
            for (uint32_t band_rows = 0; band_rows < 40; band_rows += 3) {
                struct job job = {.bands = with_helpers ? workers_bands(workers) : NULL};
                struct coverage coverage = {.job = &job};
                assert_int_equal(bands_run(&job, rows, band_rows, cover, &coverage), STATUS_OK);
                assert_every_row_once(&coverage, rows);
            }
        }
    }
    workers_destroy(workers);
}

TEST(bands_stop_when_the_job_is_cancelled)
{
    UNUSED_STATE;
    struct workers *workers = workers_create(3, 4, 0);
    struct job job = {.bands = workers_bands(workers)};
    struct coverage coverage = {.job = &job, .cancel_after = 5};
    assert_int_equal(bands_run(&job, ROWS_MAX, 1, cover, &coverage), STATUS_CANCELLED);
    assert_true(coverage.bands >= 5 && coverage.bands < 5 + 4); /* what each thread had in hand at most */
    workers_destroy(workers);
}

TEST(bands_stop_at_the_deadline)
{
    UNUSED_STATE;
    struct job job = {.deadline_ns = 1};
    struct coverage coverage = {.job = &job};
    assert_int_equal(bands_run(&job, 100, 10, cover, &coverage), STATUS_PROCESSING_TIMEOUT);
    assert_int_equal(coverage.bands, 0);
}

/* Two bands that each wait for the other can only end when two threads run them. */
static void meet(void *state, uint32_t first_row, uint32_t end_row)
{
    (void)first_row;
    (void)end_row;
    pthread_barrier_wait(state);
}

TEST(bands_are_run_by_idle_workers_too)
{
    UNUSED_STATE;
    struct workers *workers = workers_create(2, 4, 0);
    struct job job = {.bands = workers_bands(workers)};
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 3);
    assert_int_equal(bands_run(&job, 3, 1, meet, &barrier), STATUS_OK);
    pthread_barrier_destroy(&barrier);
    workers_destroy(workers);
}

TEST(bands_width_is_the_number_of_workers)
{
    UNUSED_STATE;
    struct workers *workers = workers_create(3, 4, 0);
    struct job job = {0};
    assert_int_equal(bands_width(&job), 1);
    job.bands = workers_bands(workers);
    assert_int_equal(bands_width(&job), 3);
    workers_destroy(workers);
}

/* ---- queue and workers ---- */

struct note {
    struct work_item item; /* first: run() gets its address */
    sem_t *begin;          /* posted by run() */
    sem_t *go;             /* waited for by run() */
    _Atomic int *order;
    int place;
};

static void run_note(struct work_item *item)
{
    struct note *note = (struct note *)item;
    assert_non_null(job_alloc(&item->job, 100));
    if (note->begin) {
        sem_post(note->begin);
    }
    if (note->go) {
        while (sem_wait(note->go) != 0) {
        }
    }
    note->place = ++*note->order;
}

TEST(queue_is_first_in_first_out_bounded_and_drained_at_the_end)
{
    UNUSED_STATE;
    enum { CAPACITY = 3 };
    struct workers *workers = workers_create(1, CAPACITY, MIB);
    _Atomic int order = 0;
    sem_t begin;
    sem_t go;
    sem_init(&begin, 0, 0);
    sem_init(&go, 0, 0);
    struct note notes[1 + CAPACITY];
    for (int i = 0; i <= CAPACITY; i++) {
        notes[i] = (struct note){.item.run = run_note, .order = &order};
    }
    notes[0].begin = &begin;
    notes[0].go = &go;

    assert_true(workers_reserve(workers));
    workers_push(workers, &notes[0].item);
    sem_wait(&begin); /* the only worker holds notes[0] now */
    for (int i = 1; i <= CAPACITY; i++) {
        assert_true(workers_reserve(workers));
        workers_push(workers, &notes[i].item);
    }
    assert_false(workers_reserve(workers));
    struct workers_counts counts = workers_counts(workers);
    assert_int_equal(counts.threads, 1);
    assert_int_equal(counts.queued, CAPACITY);
    assert_int_equal(counts.running, 1);
    sem_post(&go);
    workers_destroy(workers);
    for (int i = 0; i <= CAPACITY; i++) {
        assert_int_equal(notes[i].place, i + 1);
    }
    sem_destroy(&begin);
    sem_destroy(&go);
}

TEST(a_reserved_place_counts_as_taken)
{
    UNUSED_STATE;
    struct workers *workers = workers_create(1, 1, 0);
    _Atomic int order = 0;
    struct note note = {.item.run = run_note, .order = &order};
    assert_true(workers_reserve(workers));
    assert_false(workers_reserve(workers));
    workers_push(workers, &note.item);
    workers_destroy(workers);
    assert_int_equal(note.place, 1);
}

TEST(a_queued_item_can_be_withdrawn_a_running_one_cannot)
{
    UNUSED_STATE;
    struct workers *workers = workers_create(1, 4, 0);
    _Atomic int order = 0;
    sem_t begin;
    sem_t go;
    sem_init(&begin, 0, 0);
    sem_init(&go, 0, 0);
    struct note running = {.item.run = run_note, .order = &order, .begin = &begin, .go = &go};
    struct note waiting[3];
    assert_true(workers_reserve(workers));
    workers_push(workers, &running.item);
    sem_wait(&begin);
    for (int i = 0; i < 3; i++) {
        waiting[i] = (struct note){.item.run = run_note, .order = &order};
        assert_true(workers_reserve(workers));
        workers_push(workers, &waiting[i].item);
    }
    assert_false(workers_withdraw(workers, &running.item));
    assert_true(workers_withdraw(workers, &waiting[2].item)); /* the last: the tail must follow */
    assert_false(workers_withdraw(workers, &waiting[2].item));
    assert_true(workers_withdraw(workers, &waiting[0].item));
    assert_true(workers_reserve(workers));
    workers_push(workers, &waiting[0].item);
    sem_post(&go);
    workers_destroy(workers);
    assert_int_equal(waiting[1].place, 2);
    assert_int_equal(waiting[0].place, 3);
    assert_int_equal(waiting[2].place, 0);
    sem_destroy(&begin);
    sem_destroy(&go);
}

/* A helper goes back to the queue after its band: the second job, which runs on a helper, cancels the first while
 * nearly all of its bands are left. Were helpers to stay, the first would complete. */
struct leave {
    struct work_item second; /* first: run_second() gets its address */
    struct job job;
    struct workers *workers;
    sem_t second_done;
    _Atomic int pushed;
};

static void run_second(struct work_item *item)
{
    struct leave *leave = (struct leave *)item;
    leave->job.cancelled = 1;
    sem_post(&leave->second_done);
}

static void push_second(void *state, uint32_t first_row, uint32_t end_row)
{
    (void)end_row;
    struct leave *leave = state;
    if (leave->pushed == 0 && leave->pushed++ == 0) {
        assert_true(workers_reserve(leave->workers));
        workers_push(leave->workers, &leave->second);
    }
    if (first_row == 0) {
        while (sem_wait(&leave->second_done) != 0) {
        }
    }
}

TEST(helpers_return_to_the_queue_between_bands)
{
    UNUSED_STATE;
    struct workers *workers = workers_create(2, 4, 0);
    struct leave leave = {.workers = workers, .second.run = run_second, .job.bands = workers_bands(workers)};
    sem_init(&leave.second_done, 0, 0);
    assert_int_equal(bands_run(&leave.job, UINT32_MAX, 1, push_second, &leave), STATUS_CANCELLED);
    workers_destroy(workers);
    sem_destroy(&leave.second_done);
}

/* ---- budgets ---- */

TEST(memory_budget_takes_exactly_its_limit)
{
    UNUSED_STATE;
    struct memory_budget budget = {.limit_bytes = 100};
    assert_true(memory_budget_take(&budget, 60));
    assert_false(memory_budget_take(&budget, 41));
    assert_true(memory_budget_take(&budget, 40));
    memory_budget_give(&budget, 100);
    assert_false(memory_budget_take(&budget, UINT64_MAX));
    assert_true(memory_budget_take(&budget, 100));
}

static void put_file(const char *root, const char *path, const char *text)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_tree(const char *root)
{
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
}

static int make_root(void **state)
{
    static char root[] = "/tmp/test_work_XXXXXX";
    strcpy(root, "/tmp/test_work_XXXXXX");
    *state = mkdtemp(root);
    return *state ? 0 : -1;
}

static int remove_root(void **state)
{
    remove_tree(*state);
    return 0;
}

static void assert_cpus(const char *root, double expected)
{
    double found = cgroup_cpus(root);
    assert_true(found > expected - 1e-9 && found < expected + 1e-9);
}

TEST(cgroup_v2_takes_the_tightest_limit_on_the_path)
{
    const char *root = *state;
    put_file(root, "proc/self/cgroup", "0::/a/b\n");
    put_file(root, "sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
    put_file(root, "sys/fs/cgroup/a/cpu.max", "50000 100000\n");
    put_file(root, "sys/fs/cgroup/a/b/memory.max", "1000000\n");
    put_file(root, "sys/fs/cgroup/a/memory.max", "max\n");
    assert_cpus(root, 0.5);
    assert_int_equal(cgroup_memory_bytes(root), 1000000);
    assert_int_equal(cpu_budget(root), 1);
}

TEST(cgroup_v1_reads_quota_and_limit)
{
    const char *root = *state;
    put_file(root, "proc/self/cgroup", "5:memory:/x\n3:cpu,cpuacct:/x\n");
    put_file(root, "sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "150000\n");
    put_file(root, "sys/fs/cgroup/cpu/x/cpu.cfs_period_us", "100000\n");
    put_file(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
    put_file(root, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    put_file(root, "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9223372036854771712\n");
    put_file(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
    assert_cpus(root, 1.5);
    assert_int_equal(cgroup_memory_bytes(root), 536870912);
}

/* A container without a cgroup namespace: the path in proc exists only outside, our limits are at the top of the mount.
 */
TEST(cgroup_path_that_is_not_visible_falls_back_to_the_top)
{
    const char *root = *state;
    put_file(root, "proc/self/cgroup", "0::/docker/0123456789\n");
    put_file(root, "sys/fs/cgroup/cpu.max", "25000 50000\n");
    put_file(root, "sys/fs/cgroup/memory.max", "4096\n");
    assert_cpus(root, 0.5);
    assert_int_equal(cgroup_memory_bytes(root), 4096);
}

TEST(cgroup_without_limits_says_none)
{
    const char *root = *state;
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    assert_cpus(root, 0);
    assert_int_equal(cgroup_memory_bytes(root), 0);
    assert_int_equal(cpu_budget(root), CPU_COUNT(&set));
    put_file(root, "proc/self/cgroup", "garbage\n0:\n::\n0::/\n");
    put_file(root, "sys/fs/cgroup/cpu.max", "nonsense\n");
    assert_cpus(root, 0);
    assert_int_equal(cpu_budget(root), CPU_COUNT(&set));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_aligned_memory_that_does_not_overlap),
        cmocka_unit_test(arena_reuses_the_same_pages),
        cmocka_unit_test(arena_joins_blocks_at_reset),
        cmocka_unit_test(arena_is_trimmed_after_a_large_job),
        cmocka_unit_test(arena_refuses_more_than_its_limit_and_sizes_that_overflow),
        cmocka_unit_test(job_is_stopped_by_cancellation_and_by_its_deadline),
        cmocka_unit_test(job_memory_is_bounded_by_its_limits),
        cmocka_unit_test(bands_cover_every_row_once_alone_and_with_helpers),
        cmocka_unit_test(bands_stop_when_the_job_is_cancelled),
        cmocka_unit_test(bands_stop_at_the_deadline),
        cmocka_unit_test(bands_are_run_by_idle_workers_too),
        cmocka_unit_test(bands_width_is_the_number_of_workers),
        cmocka_unit_test(queue_is_first_in_first_out_bounded_and_drained_at_the_end),
        cmocka_unit_test(a_reserved_place_counts_as_taken),
        cmocka_unit_test(a_queued_item_can_be_withdrawn_a_running_one_cannot),
        cmocka_unit_test(helpers_return_to_the_queue_between_bands),
        cmocka_unit_test(memory_budget_takes_exactly_its_limit),
        cmocka_unit_test_setup_teardown(cgroup_v2_takes_the_tightest_limit_on_the_path, make_root, remove_root),
        cmocka_unit_test_setup_teardown(cgroup_v1_reads_quota_and_limit, make_root, remove_root),
        cmocka_unit_test_setup_teardown(cgroup_path_that_is_not_visible_falls_back_to_the_top, make_root, remove_root),
        cmocka_unit_test_setup_teardown(cgroup_without_limits_says_none, make_root, remove_root),
    };
    alarm(HANG_GUARD_S);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
