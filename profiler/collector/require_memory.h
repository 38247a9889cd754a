/* Memory that has to be there: an allocation that fails ends the process with one line on stderr. For the collector's indexes, whose
 * callers could do nothing sensible with half an index. Never used in the profiled program. */
#ifndef HOTLINE_REQUIRE_MEMORY_H
#define HOTLINE_REQUIRE_MEMORY_H

#include <stddef.h>

/* `count` items of `item_bytes`, zeroed. Never NULL; free() it. Overflow counts as out of memory. */
void *require_array(size_t count, size_t item_bytes);

/* `bytes` at a multiple of `alignment`, a power of two, not zeroed. */
void *require_aligned(size_t alignment, size_t bytes);

/* Room for at least `needed` items; *capacity (items) grows by half. Returns `array`, possibly moved. */
void *require_room(void *array, size_t *capacity, size_t needed, size_t item_bytes);

#endif
