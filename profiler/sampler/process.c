/* This process in the session: its start and its forks. Its end needs nothing: everything is in the session already.
 *
 * The generation word stands on a page that the kernel wipes in every fork (also _Fork and raw clone): thread state
 * copied from the parent carries the old generation and is not believed. vfork shares the page, and rightly so: it
 * shares the threads' memory too. */
#include "profiler/sampler/sampler.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "profiler/sampler/exec_target.h"

extern void *__libc_stack_end; /* ld.so: the main thread's stack pointer at _start */

enum { MAIN_STACK_MAX = 100 << 20 }; /* the kernel keeps 128 MiB below the main stack free of other mappings */

static uint32_t generations; /* counts forks along this line of descent */

static bool make_generation_page(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return false;
    }
    if (madvise(page, 4096, MADV_WIPEONFORK) != 0) {
        munmap(page, 4096);
        return false;
    }
    sampler.generation = page;
    atomic_store(sampler.generation, ++generations);
    return true;
}

static void keep_start_strings(int argc, char **argv)
{
    struct start_strings *strings = &sampler.start_strings;
    uint32_t at = 1; /* offset 0 is the empty string */
    strings->exe = at;
    ssize_t length = readlink("/proc/self/exe", strings->text + at, sizeof strings->text / 2);
    at += (uint32_t)(length > 0 ? length : 0) + 1;
    strings->command_line = at;
    for (int i = 0; i < argc && argv[i]; i++) {
        size_t bytes = strnlen(argv[i], 1024);
        if (at + bytes + 2 > sizeof strings->text) {
            break;
        }
        memcpy(strings->text + at, argv[i], bytes);
        at += (uint32_t)bytes;
        strings->text[at++] = i + 1 < argc ? '\x1f' : '\0';
    }
    strings->bytes = at + 1;
}

static void begin_main_thread(void)
{
    uint64_t high = (uint64_t)(uintptr_t)__libc_stack_end + 64; /* argc and argv stand there */
    struct rlimit limit;
    uint64_t size = MAIN_STACK_MAX;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < size) {
        size = limit.rlim_cur;
    }
    thread_begin(thread_claim_slot(), clock_now_ns(CLOCK_THREAD_CPUTIME_ID), high - size, high);
}

/* fork(): a pending tick makes the kernel restart a fork for ever when copying takes longer than a period. */
static void block_tick(int how)
{
    uint64_t mask = UINT64_C(1) << (sampler.signal_number - 1);
    syscall(SYS_rt_sigprocmask, how, &mask, NULL, sizeof mask);
}

static bool may_block_tick(void)
{
    return sampler.session && thread_state.has_timer && !atomic_load(&sampler.withdrawn);
}

static void before_fork(void)
{
    if (may_block_tick()) {
        block_tick(SIG_BLOCK);
    }
}

static void after_fork_parent(void)
{
    if (may_block_tick()) {
        block_tick(SIG_UNBLOCK);
    }
}

static void process_forked(void)
{
    int parent = atomic_load(&sampler.process);
    if (parent != NO_INDEX) {
        sampler.inherited_index = atomic_load(&sampler.session->processes[parent].module_index);
        sampler.forked_from = (uint32_t)parent + 1;
    }
    atomic_store(&sampler.process, NO_INDEX);
    atomic_store(&sampler.process_claiming, 0);
    atomic_store(&sampler.calling, 0);
    module_list_forked();
    atomic_store(sampler.generation, ++generations);
}

/* --no-children: the child is a program like any other. Its thread state is not believed any more. */
static void leave_session(void)
{
    hooks_return_signal();
    sampler.session = NULL;
}

static void after_fork_child(void)
{
    if (sampler.session && sampler.generation) {
        bool had_timer = may_block_tick();
        process_forked();
        if (had_timer && !sampler.only_pid) {
            thread_forked();
        }
        if (had_timer) {
            block_tick(SIG_UNBLOCK);
        }
        if (sampler.only_pid) {
            leave_session();
        }
    }
}

/* The coarse clock advances once per tick. */
static uint64_t read_tick_ns(void)
{
    struct timespec resolution;
    if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) != 0 || resolution.tv_sec != 0 || resolution.tv_nsec <= 0) {
        return 4000000;
    }
    return (uint64_t)resolution.tv_nsec;
}

void process_start(int argc, char **argv)
{
    sampler.tick_ns = read_tick_ns();
    exec_target_start();
    keep_start_strings(argc, argv);
    module_scan();
    handler_prepare();
    if (!make_generation_page() || !process_claim_block()) {
        sampler.session = NULL;
        return;
    }
    begin_main_thread();
    pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}
