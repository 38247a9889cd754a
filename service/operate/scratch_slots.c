/* A flag per slot. There is a slot for every band that can run, so a search for a free one always ends. */
#include "service/operate/scratch_slots.h"

#include <sched.h>

enum status scratch_slots_init(struct scratch_slots *slots, struct job *job, size_t bytes)
{
    const uint32_t width = bands_width(job);
    const uint32_t count = width < SCRATCH_MAX_SLOTS ? width : SCRATCH_MAX_SLOTS;
    size_t total;
    bytes = scratch_round_up(bytes);
    if (__builtin_mul_overflow(bytes, count, &total))
        return STATUS_NO_MEMORY;
    slots->memory = job_alloc(job, total);
    slots->taken = job_alloc(job, count * sizeof *slots->taken);
    if (!slots->memory || !slots->taken)
        return STATUS_NO_MEMORY;
    slots->slot_bytes = bytes;
    slots->count = count;
    for (uint32_t i = 0; i < count; i++)
        atomic_flag_clear(&slots->taken[i]);
    return STATUS_OK;
}

void *scratch_slots_take(struct scratch_slots *slots)
{
    for (;;) {
        for (uint32_t i = 0; i < slots->count; i++)
            if (!atomic_flag_test_and_set_explicit(&slots->taken[i], memory_order_acquire))
                return slots->memory + slots->slot_bytes * i;
        sched_yield(); /* only with more than SCRATCH_MAX_SLOTS workers */
    }
}

void scratch_slots_give(struct scratch_slots *slots, void *memory)
{
    const size_t i = (size_t)((uint8_t *)memory - slots->memory) / slots->slot_bytes;
    atomic_flag_clear_explicit(&slots->taken[i], memory_order_release);
}
