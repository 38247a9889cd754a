/* [S] This process's block in the session: taken at start, or at the first sample after a fork; and the fork
 * generation. Context: signal handler. */
#include "profiler/sampler/sampler.h"

#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "profiler/session/session_state.h"

uint32_t process_generation(void)
{
    return sampler.generation ? atomic_load_explicit(sampler.generation, memory_order_relaxed) : 0;
}

bool process_claim_block(void)
{
    if (atomic_exchange(&sampler.process_claiming, 1)) {
        return false;
    }
    struct session *session = sampler.session;
    const struct start_strings *strings = &sampler.start_strings;
    uint32_t hint = atomic_load_explicit(&session->header.process_hint, memory_order_relaxed);
    int32_t pid = (int32_t)syscall(SYS_getpid);
    uint32_t claimed = PROCESS_CLAIMED | (uint32_t)pid << CLAIM_OWNER_SHIFT; /* a pid has at most 22 bits */
    for (uint32_t i = 0; i < SESSION_PROCESSES; i++) {
        uint32_t index = (hint + i) % SESSION_PROCESSES;
        struct process_block *block = &session->processes[index];
        uint32_t free_state = PROCESS_FREE;
        if (atomic_load_explicit(&block->state, memory_order_relaxed) != PROCESS_FREE) {
            continue;
        }
        session_raise(&session->header.process_high, index + 1); /* first: else a claim might never be seen */
        if (!atomic_compare_exchange_strong(&block->state, &free_state, claimed)) {
            continue;
        }
        atomic_store_explicit(&session->header.process_hint, index + 1, memory_order_relaxed);
        block->pid = pid;
        block->parent_pid = (int32_t)syscall(SYS_getppid);
        block->signal_number = (uint32_t)sampler.signal_number;
        block->joined_ns = clock_now_ns(CLOCK_MONOTONIC);
        block->joined_cpu_ns = sampler.forked_from ? 0 : clock_now_ns(CLOCK_PROCESS_CPUTIME_ID);
        block->forked_from = sampler.forked_from;
        memcpy(block->strings, strings->text, strings->bytes);
        block->exe = strings->exe;
        block->command_line = strings->command_line;
        atomic_store(&block->string_bytes, strings->bytes);
        atomic_store(&block->module_count, 0);
        atomic_store(&block->module_generation, 0);
        atomic_store(&block->module_index, sampler.inherited_index);
        module_list_publish(block);
        atomic_store_explicit(&block->state, PROCESS_LIVE, memory_order_release);
        atomic_store_explicit(&sampler.process, (int)index, memory_order_release);
        atomic_store(&sampler.process_claiming, 0);
        session_wake_drain(session);
        return true;
    }
    atomic_fetch_add_explicit(&session->header.processes_without_row, 1, memory_order_relaxed);
    atomic_store(&sampler.process_claiming, 0);
    return false;
}
