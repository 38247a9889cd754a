/* Cells, durations of requests and locks of several profiles -> one list of each: in the new numbers, equal places added up. See
 * profile_merge.c. */
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_merge_parts.h"
#include "profiler/collector/require_memory.h"

/* Sort the list by place and add up those that are equal. ret: how many remain. */
static uint32_t fold(void *list, uint32_t count, size_t bytes, int (*compare)(const void *, const void *), void (*add)(void *to, const void *from))
{
    uint8_t *items = list;
    uint32_t united = 0;
    qsort(items, count, bytes, compare);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *from = items + i * bytes;
        if (united > 0 && compare(items + (united - 1) * bytes, from) == 0) {
            add(items + (united - 1) * bytes, from);
        } else {
            memmove(items + united++ * bytes, from, bytes);
        }
    }
    return united;
}

static int compare_cells(const void *left, const void *right)
{
    const struct profile_cell *a = left, *b = right;
    int order = compare_numbers(a->node, b->node);
    order = order ? order : compare_numbers(a->tag_set, b->tag_set);
    order = order ? order : compare_numbers(a->span, b->span);
    order = order ? order : compare_numbers(a->thread, b->thread);
    order = order ? order : compare_numbers(a->bucket, b->bucket);
    return order ? order : compare_numbers(a->in_kernel, b->in_kernel);
}

static struct profile_cell new_cell(const struct merge *merge, uint32_t profile, uint64_t bucket_ns, const struct profile_cell *cell)
{
    struct profile_cell ret = *cell;
    uint64_t begin_ns = merge->offsets_ns[profile] + cell->bucket * merge->profiles[profile]->bucket_ns;
    uint64_t bucket = bucket_ns > 0 ? begin_ns / bucket_ns : cell->bucket;
    ret.node = merge->nodes[profile][cell->node];
    ret.tag_set = merge->tag_sets[profile][cell->tag_set];
    ret.span = merge->profiles[profile]->span_count > 0 ? merge->spans[profile][cell->span] : 0;
    ret.thread = cell->thread < merge->profiles[profile]->thread_count ? merge->threads[profile][cell->thread] : cell->thread;
    ret.bucket = bucket < UINT32_MAX ? (uint32_t)bucket : UINT32_MAX;
    return ret;
}

static void add_cell(void *to, const void *from)
{
    ((struct profile_cell *)to)->samples += ((const struct profile_cell *)from)->samples;
    ((struct profile_cell *)to)->cpu_ns += ((const struct profile_cell *)from)->cpu_ns;
}

/* ret: the cells of one metric. */
static struct profile_cell *merge_metric(const struct merge *merge, uint64_t bucket_ns, bool waits, uint32_t *ret_count)
{
    size_t total = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        total += waits ? merge->profiles[i]->wait_cell_count : merge->profiles[i]->cell_count;
    }
    struct profile_cell *cells = require_array(total + 1, sizeof cells[0]);
    uint32_t filled = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        const struct profile *profile = merge->profiles[i];
        for (uint32_t k = 0; k < (waits ? profile->wait_cell_count : profile->cell_count); k++) {
            cells[filled++] = new_cell(merge, i, bucket_ns, waits ? &profile->wait_cells[k] : &profile->cells[k]);
        }
    }
    *ret_count = fold(cells, filled, sizeof cells[0], compare_cells, add_cell);
    return cells;
}

static int compare_latencies(const void *left, const void *right)
{
    const struct profile_latency *a = left, *b = right;
    int order = compare_texts(a->name, b->name);
    order = order ? order : compare_numbers(a->tag_set, b->tag_set);
    return order ? order : compare_numbers(a->step, b->step);
}

static void add_latency(void *to, const void *from)
{
    ((struct profile_latency *)to)->count += ((const struct profile_latency *)from)->count;
}

static void merge_latencies(const struct merge *merge, struct merged_profile *ret)
{
    size_t total = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        total += merge->profiles[i]->latency_count;
    }
    ret->latencies = require_array(total + 1, sizeof ret->latencies[0]);
    uint32_t filled = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        for (uint32_t k = 0; k < merge->profiles[i]->latency_count; k++) {
            ret->latencies[filled] = merge->profiles[i]->latencies[k];
            ret->latencies[filled].tag_set = merge->tag_sets[i][ret->latencies[filled].tag_set];
            filled++;
        }
    }
    ret->profile.latencies = ret->latencies;
    ret->profile.latency_count = fold(ret->latencies, filled, sizeof ret->latencies[0], compare_latencies, add_latency);
}

static int compare_lock_places(const void *left, const void *right)
{
    const struct profile_lock *a = left, *b = right;
    int order = compare_numbers((uint32_t)a->pid, (uint32_t)b->pid);
    order = order ? order : compare_numbers(a->address, b->address);
    order = order ? order : compare_numbers(a->node, b->node);
    return order ? order : compare_texts(a->name, b->name);
}

static int compare_lock_waits(const void *left, const void *right)
{
    const struct profile_lock *a = left, *b = right;
    int order = compare_numbers(b->waited_ns, a->waited_ns);
    return order ? order : compare_lock_places(left, right);
}

static void add_lock(void *to, const void *from)
{
    ((struct profile_lock *)to)->samples += ((const struct profile_lock *)from)->samples;
    ((struct profile_lock *)to)->waited_ns += ((const struct profile_lock *)from)->waited_ns;
}

static void merge_locks(const struct merge *merge, struct merged_profile *ret)
{
    size_t total = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        total += merge->profiles[i]->lock_count;
    }
    ret->locks = require_array(total + 1, sizeof ret->locks[0]);
    uint32_t filled = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        for (uint32_t k = 0; k < merge->profiles[i]->lock_count; k++) {
            ret->locks[filled] = merge->profiles[i]->locks[k];
            ret->locks[filled].node = merge->nodes[i][ret->locks[filled].node];
            filled++;
        }
    }
    ret->profile.lock_count = fold(ret->locks, filled, sizeof ret->locks[0], compare_lock_places, add_lock);
    qsort(ret->locks, ret->profile.lock_count, sizeof ret->locks[0], compare_lock_waits);
    ret->profile.locks = ret->locks;
}

void merge_cells(const struct merge *merge, struct merged_profile *ret)
{
    ret->cells = merge_metric(merge, ret->profile.bucket_ns, false, &ret->profile.cell_count);
    ret->wait_cells = merge_metric(merge, ret->profile.bucket_ns, true, &ret->profile.wait_cell_count);
    ret->profile.cells = ret->cells;
    ret->profile.wait_cells = ret->wait_cells;
    merge_latencies(merge, ret);
    merge_locks(merge, ret);
}
