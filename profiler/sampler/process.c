/* This process in the session: its block (claimed at start, or at the first sample after a fork) and its fork generation.
 *
 * The generation word stands on a page that the kernel wipes in every fork (also _Fork and raw clone): thread state copied from the parent
 * carries the old generation and is not believed. vfork shares the page, and rightly so: it shares the threads' memory too. */
#include "profiler/sampler/sampler.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "profiler/session/session_join.h"

extern void *__libc_stack_end; /* ld.so: the main thread's stack pointer at _start */

enum { MAIN_STACK_MAX = 100 << 20 }; /* the kernel keeps 128 MiB below the main stack free of other mappings */

static _Atomic uint32_t *generation_page;
static uint32_t generations; /* counts forks along this line of descent */

static char start_strings[4096]; /* exe and command line, kept for blocks taken after a fork */
static uint32_t start_strings_bytes;
static uint32_t exe_at, command_line_at;

uint32_t process_generation(void)
{
    return generation_page ? atomic_load_explicit(generation_page, memory_order_relaxed) : 0;
}

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
    generation_page = page;
    atomic_store(generation_page, ++generations);
    return true;
}

static void keep_start_strings(int argc, char **argv)
{
    uint32_t at = 1; /* offset 0 is the empty string */
    exe_at = at;
    ssize_t length = readlink("/proc/self/exe", start_strings + at, sizeof start_strings / 2);
    at += (uint32_t)(length > 0 ? length : 0) + 1;
    command_line_at = at;
    for (int i = 0; i < argc && argv[i]; i++) {
        size_t bytes = strnlen(argv[i], 1024);
        if (at + bytes + 2 > sizeof start_strings) {
            break;
        }
        memcpy(start_strings + at, argv[i], bytes);
        at += (uint32_t)bytes;
        start_strings[at++] = i + 1 < argc ? '\x1f' : '\0';
    }
    start_strings_bytes = at + 1;
}

bool process_claim_block(void)
{
    if (atomic_exchange(&sampler.process_claiming, 1)) {
        return false;
    }
    struct session *session = sampler.session;
    uint32_t hint = atomic_load_explicit(&session->header.process_hint, memory_order_relaxed);
    for (uint32_t i = 0; i < SESSION_PROCESSES; i++) {
        uint32_t index = (hint + i) % SESSION_PROCESSES;
        struct process_block *block = &session->processes[index];
        uint32_t free_state = PROCESS_FREE;
        if (atomic_load_explicit(&block->state, memory_order_relaxed) != PROCESS_FREE ||
            !atomic_compare_exchange_strong(&block->state, &free_state, PROCESS_CLAIMED)) {
            continue;
        }
        atomic_store_explicit(&session->header.process_hint, index + 1, memory_order_relaxed);
        session_raise(&session->header.process_high, index + 1);
        block->pid = (int32_t)syscall(SYS_getpid);
        block->parent_pid = (int32_t)syscall(SYS_getppid);
        block->signal_number = (uint32_t)sampler.signal_number;
        block->joined_ns = clock_now_ns(CLOCK_MONOTONIC);
        block->joined_cpu_ns = clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
        block->forked_from = sampler.forked_from;
        memcpy(block->strings, start_strings, start_strings_bytes);
        block->exe = exe_at;
        block->command_line = command_line_at;
        atomic_store(&block->string_bytes, start_strings_bytes);
        atomic_store(&block->module_count, 0);
        atomic_store(&block->module_index, sampler.inherited_index);
        atomic_store(&block->ended_cpu_ns, 0);
        module_list_publish(block);
        atomic_store_explicit(&block->state, PROCESS_LIVE, memory_order_release);
        atomic_store_explicit(&sampler.process, (int)index, memory_order_release);
        atomic_store(&sampler.process_claiming, 0);
        return true;
    }
    atomic_fetch_add_explicit(&session->header.processes_without_row, 1, memory_order_relaxed);
    atomic_store(&sampler.process_claiming, 0);
    return false;
}

static void begin_main_thread(void)
{
    uint64_t high = (uint64_t)(uintptr_t)__libc_stack_end + 64; /* argc and argv stand there */
    struct rlimit limit;
    uint64_t size = MAIN_STACK_MAX;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < size) {
        size = limit.rlim_cur;
    }
    thread_begin(thread_claim_slot(), high - size, high);
}

/* fork(): a pending tick makes the kernel restart a fork for ever when copying takes longer than a period. */
static void block_tick(int how)
{
    uint64_t mask = UINT64_C(1) << (sampler.signal_number - 1);
    syscall(SYS_rt_sigprocmask, how, &mask, NULL, sizeof mask);
}

static void before_fork(void)
{
    if (sampler.session && thread_state.has_timer) {
        block_tick(SIG_BLOCK);
    }
}

static void after_fork_parent(void)
{
    if (sampler.session && thread_state.has_timer) {
        block_tick(SIG_UNBLOCK);
    }
}

static void after_fork_child(void)
{
    if (sampler.session && generation_page) {
        bool had_timer = thread_state.has_timer;
        process_forked();
        if (had_timer) {
            thread_forked();
            block_tick(SIG_UNBLOCK);
        }
    }
}

void process_forked(void)
{
    int parent = atomic_load(&sampler.process);
    if (parent != NO_INDEX) {
        sampler.inherited_index = atomic_load(&sampler.session->processes[parent].module_index);
        sampler.forked_from = (uint32_t)parent + 1;
    }
    atomic_store(&sampler.process, NO_INDEX);
    atomic_store(&sampler.process_claiming, 0);
    module_list_forked();
    atomic_store(generation_page, ++generations);
}

void process_start(int argc, char **argv, char **envp)
{
    (void)envp;
    keep_start_strings(argc, argv);
    module_list_scan();
    if (!make_generation_page() || !process_claim_block()) {
        sampler.session = NULL;
        return;
    }
    begin_main_thread();
    pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

void process_exiting(void)
{
    int index = atomic_load(&sampler.process);
    if (index != NO_INDEX && thread_state.generation == process_generation()) {
        atomic_store(&sampler.session->processes[index].ended_cpu_ns, clock_now_ns(CLOCK_PROCESS_CPUTIME_ID));
    }
}
