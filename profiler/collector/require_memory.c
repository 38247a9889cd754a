/* Checked allocation: sizes are overflow-checked, failure ends the process. */
#include "profiler/collector/require_memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static _Noreturn void out_of_memory(size_t count, size_t item_bytes)
{
    fprintf(stderr, "hotline: out of memory (%zu items of %zu bytes)\n", count, item_bytes);
    exit(125);
}

void *require_array(size_t count, size_t item_bytes)
{
    void *array = calloc(count ? count : 1, item_bytes);
    if (!array)
        out_of_memory(count, item_bytes);
    return array;
}

void *require_aligned(size_t alignment, size_t bytes)
{
    void *memory = NULL;
    if (posix_memalign(&memory, alignment, bytes) != 0)
        out_of_memory(1, bytes);
    return memory;
}

void *require_room(void *array, size_t *capacity, size_t needed, size_t item_bytes)
{
    if (needed <= *capacity)
        return array;
    size_t larger = *capacity + *capacity / 2 + 16;
    if (larger < needed)
        larger = needed;
    void *moved = reallocarray(array, larger, item_bytes);
    if (!moved)
        out_of_memory(larger, item_bytes);
    *capacity = larger;
    return moved;
}
