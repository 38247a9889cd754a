/* Samples -> call tree x tag set x span x thread x time bucket, in bounded memory.
 *
 * A raw node is (parent, module, module-relative address); symbols come later, at report time. When there are too many
 * cells the time buckets double in width and are merged; when there are too many nodes, the rest of a stack is cut off
 * and its weight counted. Spans have at most half of the cells: above that one of them is forgotten, or, if none may be, buckets double as
 * long as there are many, and then what is new is nobody's. Threads: the owner locks. */
#ifndef HOTLINE_AGGREGATE_H
#define HOTLINE_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The last eighth of the nodes is for leaves below the root: see aggregate_leaf(). */
enum { AGGREGATE_MAX_NODES = 1 << 18, AGGREGATE_MAX_INNER = AGGREGATE_MAX_NODES / 8 * 7, AGGREGATE_MAX_CELLS = 1 << 18, AGGREGATE_ROOT = 0 };
enum { AGGREGATE_MAX_SPANS = 1 << 15, AGGREGATE_MAX_SPAN_CELLS = AGGREGATE_MAX_CELLS / 2, AGGREGATE_LEAST_BUCKETS = 256 };

struct raw_node {
    uint32_t parent; /* smaller than the node's own index, except the root */
    uint32_t module; /* id of the module registry; NO_MODULE: address is a run-time address of unknown code */
    uint64_t address;
};
enum { NO_MODULE = UINT32_MAX };

/* What was sampled. */
struct raw_place {
    uint32_t node, tag_set, thread;
    uint32_t span; /* the owner's number for it, below AGGREGATE_MAX_SPANS; 0: none */
    bool waited;   /* the weight is blocked time, not CPU time */
};

struct raw_cell {
    struct raw_place place;
    uint32_t bucket;
    uint32_t samples; /* 0: an unused cell */
    uint32_t next;    /* of the same span, or the next unused one: index + 1 */
    uint64_t weight_ns;
};

struct aggregate {
    struct raw_node *nodes;
    uint32_t node_count, node_capacity;
    struct raw_cell *cells;
    uint32_t cell_count, cell_capacity;
    uint64_t bucket_ns;
    uint64_t pruned_ns;
    uint32_t *node_table, *cell_table; /* open addressing: index + 1 */
    uint32_t node_table_size, cell_table_size;
    uint32_t *spans; /* for each span its first cell: index + 1 */
    uint32_t unused; /* the first of the unused cells below cell_count: index + 1 */
    uint32_t span_cell_count;
    uint64_t span_cut_ns; /* of spans, and nobody's for want of cells */
    bool (*make_room)(void *user, uint32_t but_span); /* forget a span other than that one; false: none may be. NULL: likewise */
    void *user;
};

bool aggregate_init(struct aggregate *ret, uint64_t bucket_ns);
void aggregate_deinit(struct aggregate *aggregate);

/* The child of `parent` at (module, address), made when it is new. ret: its index; `parent` itself when the tree is
 * full. */
uint32_t aggregate_child(struct aggregate *aggregate, uint32_t parent, uint32_t module, uint64_t address);

/* A child of the root at (module, address), when the tree has no room for a sample's stack. ret: its index; the root when even
 * those are used up. */
uint32_t aggregate_leaf(struct aggregate *aggregate, uint32_t module, uint64_t address);

/* Add `samples` samples (> 0) of together `weight_ns` at `place`, `elapsed_ns` after the start. */
void aggregate_add(struct aggregate *aggregate, const struct raw_place *place, uint64_t elapsed_ns, uint32_t samples, uint64_t weight_ns);

/* What is `span`'s is nobody's from now on; its number is free for another. */
void aggregate_forget_span(struct aggregate *aggregate, uint32_t span);

/* A copy of nodes and used cells (no tables), to be read without a lock and freed by aggregate_deinit(). */
bool aggregate_copy(const struct aggregate *aggregate, struct aggregate *ret);

#endif
