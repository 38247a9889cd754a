/* The one way that tables are united: see profile_merge.c. */
#include <stdlib.h>

#include "profiler/collector/profile_merge_parts.h"
#include "profiler/collector/require_memory.h"

struct sort_context {
    const struct merge *merge;
    compare_items compare;
};

static int compare_in_context(const void *left, const void *right, void *context)
{
    const struct sort_context *sort = context;
    return sort->compare(sort->merge, left, right);
}

uint32_t merge_unite(const struct merge *merge, const uint32_t *counts, compare_items compare, uint32_t **ret_maps, struct item **ret_items,
                     uint32_t *ret_item_count)
{
    size_t total = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        total += counts[i];
        ret_maps[i] = require_array((size_t)counts[i] + 1, sizeof ret_maps[i][0]);
    }
    struct item *items = require_array(total + 1, sizeof items[0]);
    uint32_t filled = 0, united = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        for (uint32_t k = 0; k < counts[i]; k++) {
            items[filled++] = (struct item){i, k};
        }
    }
    struct sort_context context = {merge, compare};
    qsort_r(items, filled, sizeof items[0], compare_in_context, &context);
    for (uint32_t i = 0; i < filled; i++) {
        united += i == 0 || compare(merge, &items[i - 1], &items[i]) != 0;
        ret_maps[items[i].profile][items[i].index] = united - 1;
    }
    *ret_items = items;
    *ret_item_count = filled;
    return united;
}
