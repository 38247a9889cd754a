/* Nested address ranges -> "which is the innermost one here?" in one binary search.
 *
 *   function  [-------------------------)            steps:  f  a  b  a  f  none
 *   inlined a     [--------------)                           |  |  |  |  |  |
 *   inlined b         [----)                  =>             +--+--+--+--+--+--
 *
 * The ranges are flattened once into a sorted step function, so a look-up never has to search backwards for an enclosing range. */
#ifndef HOTLINE_RANGE_MAP_H
#define HOTLINE_RANGE_MAP_H

#include <stddef.h>
#include <stdint.h>

enum { RANGE_NONE = UINT32_MAX };

struct range {
    uint64_t low, high; /* [low, high); an empty one is ignored */
    uint32_t depth;     /* of two ranges with the same start the deeper one is inside */
    uint32_t value;     /* not RANGE_NONE; of two equal ranges the larger value wins */
};

struct range_step {
    uint64_t start;
    uint32_t value; /* from start to the next step; RANGE_NONE: nothing here */
};

struct range_map {
    struct range_step *steps;
    size_t count;
};

/* Ranges may overlap in any way; where they do not nest, the one that starts later hides the other. Sorts `ranges`. */
void range_map_init(struct range_map *map, struct range *ranges, size_t count);
void range_map_deinit(struct range_map *map);

uint32_t range_map_find(const struct range_map *map, uint64_t address);

/* Narrow [*low, *high), which holds `address`, to the step that holds it. */
void range_map_narrow(const struct range_map *map, uint64_t address, uint64_t *low, uint64_t *high);

#endif
