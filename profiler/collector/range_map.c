/* A sweep over ranges sorted by start, with a stack of the open ones; every change of the innermost range is a step. */
#include "profiler/collector/range_map.h"

#include <stdbool.h>
#include <stdlib.h>

#include "profiler/collector/require_memory.h"

struct sweep {
    struct range_step *steps;
    size_t count;
    const struct range **open; /* innermost last */
    size_t open_count;
};

static int compare_ranges(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->depth != y->depth)
        return x->depth < y->depth ? -1 : 1;
    if (x->high != y->high)
        return x->high > y->high ? -1 : 1;
    return x->value < y->value ? -1 : x->value > y->value;
}

static bool is_sorted(const struct range *ranges, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (compare_ranges(&ranges[i - 1], &ranges[i]) > 0)
            return false;
    }
    return true;
}

static void add_step(struct sweep *sweep, uint64_t start, uint32_t value)
{
    if (sweep->count && sweep->steps[sweep->count - 1].start == start)
        sweep->count--;
    if (sweep->count && sweep->steps[sweep->count - 1].value == value)
        return;
    sweep->steps[sweep->count++] = (struct range_step){start, value};
}

/* Close what ends at or before `address`. A range hidden by a longer one that started later is closed together with it. */
static void close_until(struct sweep *sweep, uint64_t address)
{
    while (sweep->open_count && sweep->open[sweep->open_count - 1]->high <= address) {
        uint64_t end = sweep->open[--sweep->open_count]->high;
        while (sweep->open_count && sweep->open[sweep->open_count - 1]->high <= end)
            sweep->open_count--;
        add_step(sweep, end, sweep->open_count ? sweep->open[sweep->open_count - 1]->value : RANGE_NONE);
    }
}

void range_map_init(struct range_map *map, struct range *ranges, size_t count)
{
    *map = (struct range_map){NULL, 0};
    if (!count)
        return;
    if (!is_sorted(ranges, count))
        qsort(ranges, count, sizeof *ranges, compare_ranges);
    struct sweep sweep = {.steps = require_array(count, 2 * sizeof *sweep.steps), /* a range adds a step at its start and one at its end */
                          .open = require_array(count, sizeof *sweep.open)};
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].low >= ranges[i].high)
            continue;
        close_until(&sweep, ranges[i].low);
        sweep.open[sweep.open_count++] = &ranges[i];
        add_step(&sweep, ranges[i].low, ranges[i].value);
    }
    close_until(&sweep, UINT64_MAX);
    free(sweep.open);
    if (!sweep.count) {
        free(sweep.steps);
        return;
    }
    struct range_step *fitted = reallocarray(sweep.steps, sweep.count, sizeof *fitted);
    map->steps = fitted ? fitted : sweep.steps;
    map->count = sweep.count;
}

void range_map_deinit(struct range_map *map)
{
    free(map->steps);
    *map = (struct range_map){NULL, 0};
}

/* How many steps begin at or before `address`. */
static size_t steps_until(const struct range_map *map, uint64_t address)
{
    size_t low = 0, high = map->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->steps[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t range_map_find(const struct range_map *map, uint64_t address)
{
    size_t until = steps_until(map, address);
    return until ? map->steps[until - 1].value : RANGE_NONE;
}

void range_map_narrow(const struct range_map *map, uint64_t address, uint64_t *low, uint64_t *high)
{
    size_t until = steps_until(map, address);
    if (until && map->steps[until - 1].start > *low)
        *low = map->steps[until - 1].start;
    if (until < map->count && map->steps[until].start < *high)
        *high = map->steps[until].start;
}
