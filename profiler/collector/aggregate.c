/* See aggregate.h. */
#include "profiler/collector/aggregate.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

static uint64_t mix(uint64_t value)
{
    value ^= value >> 31;
    value *= UINT64_C(0x7fb5d329728ea185);
    value ^= value >> 27;
    value *= UINT64_C(0x81dadef4bc2dd44d);
    return value ^ value >> 33;
}

static uint64_t node_hash(uint32_t parent, uint32_t module, uint64_t address)
{
    return mix(mix(address) ^ ((uint64_t)parent << 32 | module));
}

static uint64_t cell_hash(const struct raw_cell *cell)
{
    return mix(mix((uint64_t)cell->node << 32 | cell->tag_set) ^ ((uint64_t)cell->thread << 32 | cell->bucket)) ^ cell->waited;
}

bool aggregate_init(struct aggregate *ret, uint64_t bucket_ns)
{
    *ret = (struct aggregate){.bucket_ns = bucket_ns,
                              .node_capacity = FIRST_CAPACITY,
                              .cell_capacity = FIRST_CAPACITY,
                              .node_table_size = 2 * FIRST_CAPACITY,
                              .cell_table_size = 2 * FIRST_CAPACITY};
    ret->nodes = malloc(FIRST_CAPACITY * sizeof ret->nodes[0]);
    ret->cells = malloc(FIRST_CAPACITY * sizeof ret->cells[0]);
    ret->node_table = calloc(ret->node_table_size, sizeof ret->node_table[0]);
    ret->cell_table = calloc(ret->cell_table_size, sizeof ret->cell_table[0]);
    if (!ret->nodes || !ret->cells || !ret->node_table || !ret->cell_table) {
        aggregate_deinit(ret);
        return false;
    }
    ret->nodes[AGGREGATE_ROOT] = (struct raw_node){.parent = AGGREGATE_ROOT, .module = NO_MODULE};
    ret->node_count = 1;
    return true;
}

void aggregate_deinit(struct aggregate *aggregate)
{
    free(aggregate->nodes);
    free(aggregate->cells);
    free(aggregate->node_table);
    free(aggregate->cell_table);
    *aggregate = (struct aggregate){0};
}

static void place(uint32_t *table, uint32_t size, uint64_t hash, uint32_t index)
{
    uint32_t at = (uint32_t)hash & (size - 1);
    while (table[at]) {
        at = (at + 1) & (size - 1);
    }
    table[at] = index + 1;
}

static bool grow_nodes(struct aggregate *a)
{
    uint32_t capacity = a->node_capacity * 2;
    struct raw_node *nodes = capacity <= AGGREGATE_MAX_NODES ? realloc(a->nodes, capacity * sizeof nodes[0]) : NULL;
    if (!nodes) {
        return false;
    }
    a->nodes = nodes;
    uint32_t *table = calloc(2 * (size_t)capacity, sizeof table[0]);
    if (!table) {
        return false;
    }
    for (uint32_t i = 1; i < a->node_count; i++) {
        place(table, 2 * capacity, node_hash(nodes[i].parent, nodes[i].module, nodes[i].address), i);
    }
    free(a->node_table);
    a->node_table = table;
    a->node_table_size = 2 * capacity;
    a->node_capacity = capacity;
    return true;
}

static uint32_t find_or_add(struct aggregate *a, uint32_t parent, uint32_t module, uint64_t address, uint32_t most)
{
    uint64_t hash = node_hash(parent, module, address);
    for (uint32_t at = (uint32_t)hash & (a->node_table_size - 1); a->node_table[at];
         at = (at + 1) & (a->node_table_size - 1)) {
        const struct raw_node *node = &a->nodes[a->node_table[at] - 1];
        if (node->address == address && node->parent == parent && node->module == module) {
            return a->node_table[at] - 1;
        }
    }
    if (a->node_count >= most || (a->node_count == a->node_capacity && !grow_nodes(a))) {
        return parent;
    }
    a->nodes[a->node_count] = (struct raw_node){.parent = parent, .module = module, .address = address};
    place(a->node_table, a->node_table_size, hash, a->node_count);
    return a->node_count++;
}

uint32_t aggregate_child(struct aggregate *aggregate, uint32_t parent, uint32_t module, uint64_t address)
{
    return find_or_add(aggregate, parent, module, address, AGGREGATE_MAX_INNER);
}

uint32_t aggregate_leaf(struct aggregate *aggregate, uint32_t module, uint64_t address)
{
    return find_or_add(aggregate, AGGREGATE_ROOT, module, address, AGGREGATE_MAX_NODES);
}

static bool same_cell(const struct raw_cell *x, const struct raw_cell *y)
{
    return x->node == y->node && x->tag_set == y->tag_set && x->thread == y->thread && x->bucket == y->bucket &&
           x->waited == y->waited;
}

static struct raw_cell *find_cell(struct aggregate *a, const struct raw_cell *key)
{
    uint32_t at = (uint32_t)cell_hash(key) & (a->cell_table_size - 1);
    for (; a->cell_table[at]; at = (at + 1) & (a->cell_table_size - 1)) {
        struct raw_cell *cell = &a->cells[a->cell_table[at] - 1];
        if (same_cell(cell, key)) {
            return cell;
        }
    }
    return NULL;
}

static void rebuild_cells(struct aggregate *a, uint32_t *table, uint32_t size)
{
    memset(table, 0, size * sizeof table[0]);
    a->cell_table = table;
    a->cell_table_size = size;
    for (uint32_t i = 0; i < a->cell_count; i++) {
        place(table, size, cell_hash(&a->cells[i]), i);
    }
}

/* Twice the bucket width: neighbours fall together. */
static void coarsen(struct aggregate *a)
{
    uint32_t count = a->cell_count;
    a->bucket_ns *= 2;
    a->cell_count = 0;
    memset(a->cell_table, 0, a->cell_table_size * sizeof a->cell_table[0]);
    for (uint32_t i = 0; i < count; i++) {
        struct raw_cell cell = a->cells[i];
        cell.bucket /= 2;
        struct raw_cell *same = find_cell(a, &cell);
        if (same) {
            same->samples += cell.samples;
            same->weight_ns += cell.weight_ns;
        } else {
            a->cells[a->cell_count] = cell; /* never ahead of i */
            place(a->cell_table, a->cell_table_size, cell_hash(&cell), a->cell_count++);
        }
    }
}

static bool grow_cells(struct aggregate *a)
{
    uint32_t capacity = a->cell_capacity * 2;
    struct raw_cell *cells = capacity <= AGGREGATE_MAX_CELLS ? realloc(a->cells, capacity * sizeof cells[0]) : NULL;
    if (!cells) {
        return false;
    }
    a->cells = cells;
    uint32_t *table = malloc(2 * (size_t)capacity * sizeof table[0]);
    if (!table) {
        return false;
    }
    free(a->cell_table);
    rebuild_cells(a, table, 2 * capacity);
    a->cell_capacity = capacity;
    return true;
}

static void add(struct aggregate *a, struct raw_cell key, uint64_t elapsed_ns, uint32_t samples, uint64_t weight_ns)
{
    for (;;) {
        uint64_t bucket = elapsed_ns / a->bucket_ns;
        key.bucket = bucket < UINT32_MAX ? (uint32_t)bucket : UINT32_MAX;
        struct raw_cell *cell = find_cell(a, &key);
        if (!cell && (a->cell_count < a->cell_capacity || grow_cells(a))) {
            a->cells[a->cell_count] = key;
            place(a->cell_table, a->cell_table_size, cell_hash(&key), a->cell_count);
            cell = &a->cells[a->cell_count++];
        }
        if (cell) {
            cell->samples += samples;
            cell->weight_ns += weight_ns;
            return;
        }
        if (a->bucket_ns > UINT64_MAX / 4) { /* one bucket for all time, and still full: keep the weight at the root */
            a->pruned_ns += weight_ns;
            return;
        }
        coarsen(a);
    }
}

void aggregate_add(struct aggregate *a, uint32_t node, uint32_t tag_set, uint32_t thread, uint64_t elapsed_ns,
                   uint32_t samples, uint64_t weight_ns)
{
    add(a, (struct raw_cell){.node = node, .tag_set = tag_set, .thread = thread}, elapsed_ns, samples, weight_ns);
}

void aggregate_add_wait(struct aggregate *a, uint32_t node, uint32_t tag_set, uint32_t thread, uint64_t elapsed_ns,
                        uint64_t weight_ns)
{
    add(a, (struct raw_cell){.node = node, .tag_set = tag_set, .thread = thread, .waited = true}, elapsed_ns, 1, weight_ns);
}

bool aggregate_copy(const struct aggregate *aggregate, struct aggregate *ret)
{
    *ret = (struct aggregate){.node_count = aggregate->node_count,
                              .cell_count = aggregate->cell_count,
                              .bucket_ns = aggregate->bucket_ns,
                              .pruned_ns = aggregate->pruned_ns};
    ret->nodes = malloc(aggregate->node_count * sizeof ret->nodes[0]);
    ret->cells = malloc((aggregate->cell_count + (size_t)1) * sizeof ret->cells[0]);
    if (!ret->nodes || !ret->cells) {
        aggregate_deinit(ret);
        return false;
    }
    memcpy(ret->nodes, aggregate->nodes, aggregate->node_count * sizeof ret->nodes[0]);
    memcpy(ret->cells, aggregate->cells, aggregate->cell_count * sizeof ret->cells[0]);
    return true;
}
