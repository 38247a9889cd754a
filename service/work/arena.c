/* Bytes wanted -> bytes from a chain of big mappings, given out by bumping an offset.
 * A job usually fits the first block. One that does not adds blocks; the reset after it joins them into one block of
 * the size that was needed, so that the next job of that kind finds one warm stretch of memory. */
#include "service/work/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

/* Under AddressSanitizer what is not given out is poisoned and every allocation ends in a poisoned gap, so that an
 * operation that reads or writes past its buffer is caught although the memory is mapped. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
enum { GAP_BYTES = 64 };
#else
#define ASAN_POISON_MEMORY_REGION(address, length)   ((void)(address), (void)(length))
#define ASAN_UNPOISON_MEMORY_REGION(address, length) ((void)(address), (void)(length))
enum { GAP_BYTES = 0 };
#endif

enum { ALIGN_BYTES = 64, HUGE_PAGE_BYTES = 2 << 20 };

struct block {
    uint8_t *bytes;
    size_t length;
    size_t used;
    struct block *older;
};

struct arena {
    struct block *newest;
    size_t keep_bytes;
    size_t used_bytes;
    size_t mapped_bytes;
};

static size_t round_up(size_t value, size_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* Map `length` (a multiple of the huge page) at a multiple of the huge page: map one more and give back both ends. */
static uint8_t *map_aligned(size_t length)
{
    size_t room = length + HUGE_PAGE_BYTES;
    uint8_t *start = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED) {
        return NULL;
    }
    size_t head = round_up((uintptr_t)start, HUGE_PAGE_BYTES) - (uintptr_t)start;
    if (head > 0) {
        munmap(start, head);
    }
    if (room - head - length > 0) {
        munmap(start + head + length, room - head - length);
    }
    madvise(start + head, length, MADV_HUGEPAGE); /* a hint: without huge pages all is as before */
    return start + head;
}

static bool add_block(struct arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX / 2) {
        return false;
    }
    struct block *block = malloc(sizeof *block);
    if (!block) {
        return false;
    }
    size_t length = round_up(bytes > 0 ? bytes : 1, HUGE_PAGE_BYTES);
    *block = (struct block){.bytes = map_aligned(length), .length = length, .older = arena->newest};
    if (!block->bytes) {
        free(block);
        return false;
    }
    ASAN_POISON_MEMORY_REGION(block->bytes, length);
    arena->newest = block;
    arena->mapped_bytes += length;
    return true;
}

static void drop_blocks(struct arena *arena)
{
    while (arena->newest) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->length);
        munmap(block->bytes, block->length);
        free(block);
    }
    arena->mapped_bytes = 0;
}

struct arena *arena_create(size_t keep_bytes)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena) {
        arena->keep_bytes = keep_bytes;
    }
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (arena) {
        drop_blocks(arena);
        free(arena);
    }
}

void *arena_alloc(struct arena *arena, size_t bytes, uint64_t limit_bytes)
{
    if (bytes > SIZE_MAX / 4) {
        return NULL;
    }
    size_t rounded = round_up(bytes > 0 ? bytes : 1, ALIGN_BYTES) + GAP_BYTES;
    if (limit_bytes != 0 && (rounded > limit_bytes || arena->used_bytes > limit_bytes - rounded)) {
        return NULL;
    }
    if ((!arena->newest || arena->newest->length - arena->newest->used < rounded) && !add_block(arena, rounded)) {
        return NULL;
    }
    struct block *block = arena->newest;
    void *memory = block->bytes + block->used;
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
    block->used += rounded;
    arena->used_bytes += rounded;
    return memory;
}

void arena_reset(struct arena *arena)
{
    size_t wanted = arena->mapped_bytes;
    bool fragmented = arena->newest && arena->newest->older;
    arena->used_bytes = 0;
    if (wanted > arena->keep_bytes) {
        wanted = arena->keep_bytes / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES;
        fragmented = true;
    }
    if (fragmented) {
        drop_blocks(arena);
        if (wanted > 0) {
            (void)add_block(arena, wanted); /* without it the next job maps its own */
        }
    } else if (arena->newest) {
        arena->newest->used = 0;
        ASAN_POISON_MEMORY_REGION(arena->newest->bytes, arena->newest->length);
    }
}

size_t arena_used_bytes(const struct arena *arena)
{
    return arena->used_bytes;
}

size_t arena_mapped_bytes(const struct arena *arena)
{
    return arena->mapped_bytes;
}
