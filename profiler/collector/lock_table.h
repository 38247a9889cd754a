/* Locks that threads waited for: one row per lock and place, in bounded memory. Filled by the drain thread, read at report time. */
#ifndef HOTLINE_LOCK_TABLE_H
#define HOTLINE_LOCK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

enum { LOCK_TABLE_MAX = 2048 };

struct lock_row {
    uint64_t address;      /* of the lock, in its process */
    uint64_t joined_ns;    /* of the process: tells images of one pid apart */
    int32_t pid;
    uint32_t module;       /* that holds it, and where; NO_MODULE: on a stack or the heap */
    uint64_t module_address;
    uint32_t node;         /* raw node of the call that waited, in the call tree */
    uint32_t samples;
    uint64_t waited_ns;
};

struct lock_table {
    struct lock_row rows[LOCK_TABLE_MAX];
    uint32_t count;
    uint64_t left_out_ns; /* of locks that found no room */
};

/* Add one sample; `key` says which row, by all fields but the last two. */
void lock_table_add(struct lock_table *table, const struct lock_row *key, uint64_t waited_ns);

#endif
