/* Scratch memory for bands: as many blocks as bands can run at once, taken at a band's start and given back at its end,
 * because a band may not allocate from the job. */
#ifndef SERVICE_SCRATCH_SLOTS_H
#define SERVICE_SCRATCH_SLOTS_H

#include "service/work/bands.h"

struct scratch_slots {
    uint8_t *memory;
    size_t slot_bytes;
    uint32_t count;
    atomic_flag *taken; /* per slot */
};

enum { SCRATCH_ALIGNMENT_BYTES = 64, SCRATCH_MAX_SLOTS = 64 };

/* `bytes` rounded up, so that several pieces of one slot are all aligned. */
static inline size_t scratch_round_up(size_t bytes)
{
    return (bytes + SCRATCH_ALIGNMENT_BYTES - 1) / SCRATCH_ALIGNMENT_BYTES * SCRATCH_ALIGNMENT_BYTES;
}

/* One slot of `bytes` for each band that can run at once. STATUS_NO_MEMORY. The job's worker thread. */
enum status scratch_slots_init(struct scratch_slots *slots, struct job *job, size_t bytes);

/* ret: a slot's memory, 64-byte aligned, contents undefined, never NULL. Inside a band, on any thread. */
void *scratch_slots_take(struct scratch_slots *slots);
void scratch_slots_give(struct scratch_slots *slots, void *memory);

#endif
