/* The threads that were sampled, each with a stable number for the call tree's cells. A slot is reused by one thread
 * after another: the slot's serial tells them apart. Bounded: after THREAD_TABLE_MAX threads, further ones of a process
 * share one row. */
#ifndef HOTLINE_THREAD_TABLE_H
#define HOTLINE_THREAD_TABLE_H

#include <stdbool.h>

#include "profiler/session/session_layout.h"

enum { THREAD_TABLE_MAX = 4096 };

struct thread_row {
    int32_t pid, tid;   /* tid 0: many threads */
    uint64_t joined_ns; /* of the process */
    uint64_t sampled_ns;
    uint64_t measured_ns; /* of CPU time, when sampled_ns was measured_at_ns: what is sampled later was used later */
    uint64_t measured_at_ns;
    uint64_t started_cpu_ns;
    bool ended;
    char name[16];
};

struct thread_table {
    struct thread_row *rows;
    uint32_t count, capacity;
    uint32_t overflow; /* index + 1 of the row that takes what has none */
    struct {
        uint32_t serial;
        uint32_t row; /* index + 1 */
        uint64_t joined_ns;
    } by_slot[SESSION_SLOTS];
};

void thread_table_init(struct thread_table *ret);
void thread_table_deinit(struct thread_table *table);

bool thread_table_knows(const struct thread_table *table, uint32_t slot_index, uint32_t serial, uint64_t joined_ns);

/* The row of the thread that holds slot `slot_index` with `serial`. */
uint32_t thread_table_find(struct thread_table *table, uint32_t slot_index, uint32_t serial,
                           const struct thread_slot *slot, int32_t pid, uint64_t joined_ns);

/* The row of a thread that may be gone, and may never have had a sample. */
uint32_t thread_table_find_gone(struct thread_table *table, int32_t tid, int32_t pid, uint64_t joined_ns);

/* The kernel says that the thread has used `cpu_ns` by now. */
void thread_table_measured(struct thread_row *row, uint64_t cpu_ns);

/* The thread of that slot ended: keep its name and CPU time. */
void thread_table_ended(struct thread_table *table, uint32_t slot_index, const struct thread_slot *slot);

/* The process is gone, and with it all of its threads. */
void thread_table_process_ended(struct thread_table *table, int32_t pid, uint64_t joined_ns);

/* The CPU time that /proc says a thread has used; false: it is gone. */
bool thread_table_read_cpu(int32_t pid, int32_t tid, uint64_t *ret_ns);

/* Ask /proc for the names and CPU times of those that live. */
void thread_table_refresh(struct thread_table *table);

#endif
