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
    const struct raw_place *place = &cell->place;
    uint64_t hash = mix((uint64_t)place->node << 32 | place->tag_set) ^ ((uint64_t)place->thread << 32 | cell->bucket);
    return mix(hash + place->span * UINT64_C(0x9e3779b97f4a7c15)) ^ place->waited;
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
    ret->spans = calloc(AGGREGATE_MAX_SPANS, sizeof ret->spans[0]);
    if (!ret->nodes || !ret->cells || !ret->node_table || !ret->cell_table || !ret->spans) {
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
    free(aggregate->spans);
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
    return x->place.node == y->place.node && x->place.tag_set == y->place.tag_set && x->place.thread == y->place.thread &&
           x->place.span == y->place.span && x->place.waited == y->place.waited && x->bucket == y->bucket;
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

/* The cell at `index` can be found, by its key and by its span. */
static void link_cell(struct aggregate *a, uint32_t index)
{
    struct raw_cell *cell = &a->cells[index];
    place(a->cell_table, a->cell_table_size, cell_hash(cell), index);
    cell->next = 0;
    if (cell->place.span) {
        cell->next = a->spans[cell->place.span];
        a->spans[cell->place.span] = index + 1;
        a->span_cell_count++;
    }
}

/* Take the cell at `index` out of the table; those behind it that it kept from their places move up. */
static void unplace(struct aggregate *a, uint32_t index)
{
    uint32_t mask = a->cell_table_size - 1, hole = (uint32_t)cell_hash(&a->cells[index]) & mask;
    while (a->cell_table[hole] != index + 1) {
        hole = (hole + 1) & mask;
    }
    for (uint32_t at = (hole + 1) & mask; a->cell_table[at]; at = (at + 1) & mask) {
        uint32_t home = (uint32_t)cell_hash(&a->cells[a->cell_table[at] - 1]) & mask;
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            a->cell_table[hole] = a->cell_table[at];
            hole = at;
        }
    }
    a->cell_table[hole] = 0;
}

/* Anew, without the unused ones, which are dropped; with every bucket divided by `divisor`, where neighbours fall together. */
static void rebuild_cells(struct aggregate *a, uint32_t divisor)
{
    uint32_t count = a->cell_count;
    memset(a->cell_table, 0, a->cell_table_size * sizeof a->cell_table[0]);
    memset(a->spans, 0, AGGREGATE_MAX_SPANS * sizeof a->spans[0]);
    a->cell_count = a->span_cell_count = a->unused = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct raw_cell cell = a->cells[i];
        if (cell.samples == 0) {
            continue;
        }
        cell.bucket /= divisor;
        struct raw_cell *same = divisor > 1 ? find_cell(a, &cell) : NULL;
        if (same) {
            same->samples += cell.samples;
            same->weight_ns += cell.weight_ns;
        } else {
            a->cells[a->cell_count] = cell; /* never ahead of i */
            link_cell(a, a->cell_count++);
        }
    }
}

static void coarsen(struct aggregate *a)
{
    a->bucket_ns *= 2;
    rebuild_cells(a, 2);
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
    a->cell_table = table;
    a->cell_table_size = 2 * capacity;
    rebuild_cells(a, 1);
    a->cell_capacity = capacity;
    return true;
}

/* ret: NULL when there is no room. */
static struct raw_cell *new_cell(struct aggregate *a, const struct raw_cell *key)
{
    uint32_t index = a->unused - 1;
    if (a->unused) {
        a->unused = a->cells[index].next;
    } else if (a->cell_count < a->cell_capacity || grow_cells(a)) {
        index = a->cell_count++;
    } else {
        return NULL;
    }
    a->cells[index] = *key;
    link_cell(a, index);
    return &a->cells[index];
}

/* The spans have all the cells that are theirs: one less, or wider buckets, or `key` is nobody's. */
static void make_span_room(struct aggregate *a, struct raw_cell *key, uint64_t elapsed_ns, uint64_t weight_ns)
{
    if (a->make_room && a->make_room(a->user, key->place.span)) {
        return;
    }
    if (elapsed_ns / a->bucket_ns >= AGGREGATE_LEAST_BUCKETS) {
        coarsen(a);
        return;
    }
    a->span_cut_ns += weight_ns;
    key->place.span = 0;
}

void aggregate_add(struct aggregate *a, const struct raw_place *where, uint64_t elapsed_ns, uint32_t samples, uint64_t weight_ns)
{
    struct raw_cell key = {.place = *where};
    for (;;) {
        uint64_t bucket = elapsed_ns / a->bucket_ns;
        key.bucket = bucket < UINT32_MAX ? (uint32_t)bucket : UINT32_MAX;
        struct raw_cell *cell = find_cell(a, &key);
        if (!cell && key.place.span && a->span_cell_count >= AGGREGATE_MAX_SPAN_CELLS) {
            make_span_room(a, &key, elapsed_ns, weight_ns);
            continue;
        }
        cell = cell ? cell : new_cell(a, &key);
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

void aggregate_forget_span(struct aggregate *a, uint32_t span)
{
    for (uint32_t at = a->spans[span], next; at; at = next) {
        struct raw_cell *cell = &a->cells[at - 1];
        next = cell->next;
        unplace(a, at - 1);
        a->span_cell_count--;
        cell->place.span = 0;
        struct raw_cell *same = find_cell(a, cell);
        if (same) {
            same->samples += cell->samples;
            same->weight_ns += cell->weight_ns;
            *cell = (struct raw_cell){.next = a->unused};
            a->unused = at;
        } else {
            link_cell(a, at - 1);
        }
    }
    a->spans[span] = 0;
}

bool aggregate_copy(const struct aggregate *aggregate, struct aggregate *ret)
{
    *ret = (struct aggregate){.node_count = aggregate->node_count,
                              .bucket_ns = aggregate->bucket_ns,
                              .pruned_ns = aggregate->pruned_ns,
                              .span_cut_ns = aggregate->span_cut_ns};
    ret->nodes = malloc(aggregate->node_count * sizeof ret->nodes[0]);
    ret->cells = malloc((aggregate->cell_count + (size_t)1) * sizeof ret->cells[0]);
    if (!ret->nodes || !ret->cells) {
        aggregate_deinit(ret);
        return false;
    }
    memcpy(ret->nodes, aggregate->nodes, aggregate->node_count * sizeof ret->nodes[0]);
    for (uint32_t i = 0; i < aggregate->cell_count; i++) {
        if (aggregate->cells[i].samples) {
            ret->cells[ret->cell_count++] = aggregate->cells[i];
        }
    }
    return true;
}
