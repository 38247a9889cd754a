/* The memory of one worker: job after job is given out of the same pages, because a first touch of a fresh 4 KiB page
 * costs 1.5 us, more per picture than most operations. Blocks are 2 MiB-aligned and ask for huge pages (7 to 15 times
 * cheaper to touch). */
#ifndef SERVICE_ARENA_H
#define SERVICE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena;

/* An empty arena that keeps up to `keep_bytes` mapped from one job to the next. ret: NULL when memory is out.
 * Each function below: one thread at a time. */
struct arena *arena_create(size_t keep_bytes);
void arena_destroy(struct arena *arena);

/* `bytes` of 64-byte aligned memory, contents undefined, alive until arena_reset(). ret: NULL when memory is out, or
 * when the arena would hold more than `limit_bytes` (0: no limit). A request of 0 bytes gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t bytes, uint64_t limit_bytes);

/* Everything given out is free again. What is mapped beyond `keep_bytes` goes back to the system. */
void arena_reset(struct arena *arena);

/* ret: bytes given out since the last reset; bytes mapped now. */
size_t arena_used_bytes(const struct arena *arena);
size_t arena_mapped_bytes(const struct arena *arena);

#endif
