/* [S] The ring of one thread: its handler writes records, the collector reads them. Single writer, single reader, no
 * lock. Writer context: signal handler. A record becomes visible as a whole by one release store of head; a writer that
 * dies anywhere before that leaves nothing. */
#ifndef HOTLINE_RING_H
#define HOTLINE_RING_H

#include <stdbool.h>
#include <stddef.h>

#include "profiler/session/session_layout.h"

struct ring_space {
    struct ring_chunk *chunk;
    uint64_t head;  /* where the record will end, less its size: set by ring_reserve */
    uint8_t *bytes; /* at least what was asked for, 8-byte aligned, inside chunk->data */
};

/* Room for a record of at most `bytes` bytes (<= SESSION_RING_BYTES / 2). false: the ring is full (count a drop). */
bool ring_reserve(struct ring_chunk *chunk, uint32_t bytes, struct ring_space *ret);

/* Publish the record at space->bytes, which took `bytes` (a multiple of 8, <= what was reserved). */
void ring_commit(const struct ring_space *space, uint32_t bytes);

/* More than a quarter of the ring is waiting to be read. */
bool ring_is_filling(const struct ring_chunk *chunk);

/* The collector's side. `tail` is its own count (the shared one may be overwritten by the program). */
struct ring_reader {
    struct ring_chunk *chunk;
    uint64_t tail;
    bool corrupt; /* the ring held something impossible and was emptied */
};

/* Copy the next record (never a PAD) to `buffer` of `buffer_bytes`. ret: its size, 0 when the ring is empty. What is
 * copied is checked: record->bytes is the size returned, record->slot is one, at least sizeof(struct sample_record), and holds what its kind
 * says it holds. */
uint32_t ring_read(struct ring_reader *reader, void *buffer, uint32_t buffer_bytes);

#endif
