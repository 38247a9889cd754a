/* The call tree stays a tree and keeps every weight, however many nodes and cells it is given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "profiler/collector/aggregate.h"

static uint64_t total(const struct aggregate *aggregate)
{
    uint64_t sum = aggregate->pruned_ns;
    for (uint32_t i = 0; i < aggregate->cell_count; i++) {
        sum += aggregate->cells[i].weight_ns;
    }
    return sum;
}

static void equal_stacks_share_nodes(void **state)
{
    (void)state;
    struct aggregate tree;
    assert_true(aggregate_init(&tree, 100));
    uint32_t a = aggregate_child(&tree, AGGREGATE_ROOT, 1, 0x10);
    uint32_t b = aggregate_child(&tree, a, 1, 0x20);
    assert_int_equal(aggregate_child(&tree, AGGREGATE_ROOT, 1, 0x10), a);
    assert_int_equal(aggregate_child(&tree, a, 1, 0x20), b);
    assert_int_not_equal(aggregate_child(&tree, a, 2, 0x20), b);
    assert_int_not_equal(aggregate_child(&tree, AGGREGATE_ROOT, 1, 0x20), b);
    aggregate_add(&tree, &(struct raw_place){.node = b, .tag_set = 0}, 50, 1, 10);
    aggregate_add(&tree, &(struct raw_place){.node = b, .tag_set = 0}, 99, 2, 20);
    aggregate_add(&tree, &(struct raw_place){.node = b, .tag_set = 0}, 100, 1, 10);
    aggregate_add(&tree, &(struct raw_place){.node = b, .tag_set = 3}, 100, 1, 10);
    assert_int_equal(tree.cell_count, 3);
    assert_int_equal(tree.cells[0].samples, 3);
    assert_int_equal(tree.cells[0].weight_ns, 30);
    aggregate_deinit(&tree);
}

static void a_full_tree_stops_growing(void **state)
{
    (void)state;
    struct aggregate tree;
    assert_true(aggregate_init(&tree, 100));
    uint32_t parent = AGGREGATE_ROOT;
    for (uint32_t i = 0; i < AGGREGATE_MAX_INNER + 1000; i++) {
        uint32_t child = aggregate_child(&tree, i % 3 ? parent : AGGREGATE_ROOT, 0, i);
        if (i + 1 < AGGREGATE_MAX_INNER) {
            assert_int_equal(child, i + 1);
        }
        parent = child;
    }
    assert_int_equal(tree.node_count, AGGREGATE_MAX_INNER);
    for (uint32_t i = 1; i < tree.node_count; i++) {
        assert_true(tree.nodes[i].parent < i);
    }
    assert_int_equal(aggregate_child(&tree, 5, 9, 9), 5);
    uint32_t leaf = aggregate_leaf(&tree, 9, 9); /* the place of a sample whose stack has no room */
    assert_int_equal(leaf, AGGREGATE_MAX_INNER);
    assert_int_equal(aggregate_leaf(&tree, 9, 9), leaf);
    assert_int_equal(tree.nodes[leaf].parent, AGGREGATE_ROOT);
    aggregate_deinit(&tree);
}

static void too_many_cells_merge_in_time_and_lose_no_weight(void **state)
{
    (void)state;
    struct aggregate tree;
    assert_true(aggregate_init(&tree, 100));
    uint32_t node = aggregate_child(&tree, AGGREGATE_ROOT, 0, 1);
    uint64_t given = 0;
    for (uint64_t i = 0; i < 3 * (uint64_t)AGGREGATE_MAX_CELLS; i++) {
        aggregate_add(&tree, &(struct raw_place){.node = node, .tag_set = (uint32_t)(i % 3)}, i * 40, 1, i);
        given += i;
    }
    assert_true(tree.cell_count <= AGGREGATE_MAX_CELLS);
    assert_true(tree.bucket_ns > 100);
    assert_int_equal(total(&tree), given);
    assert_int_equal(tree.pruned_ns, 0);
    struct aggregate copy;
    assert_true(aggregate_copy(&tree, &copy));
    assert_int_equal(total(&copy), given);
    aggregate_deinit(&copy);
    aggregate_deinit(&tree);
}

static uint64_t of_span(const struct aggregate *aggregate, uint32_t span)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < aggregate->cell_count; i++) {
        sum += aggregate->cells[i].place.span == span ? aggregate->cells[i].weight_ns : 0;
    }
    return sum;
}

/* Thousands of spans come and go, by a plain model of what each has: nothing is lost, and what is forgotten is nobody's. */
static void a_forgotten_span_leaves_its_weight_to_nobody(void **state)
{
    (void)state;
    enum { SPANS = 50 };
    struct aggregate tree;
    assert_true(aggregate_init(&tree, 100));
    uint64_t model[SPANS] = {0}, given = 0;
    uint32_t seed = 1, cells = 0;
    for (uint32_t i = 0; i < 200000; i++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t span = (seed >> 8) % SPANS, node = (seed >> 16) % 7, thread = (seed >> 20) % 3;
        if (i % 97 == 0 && span) {
            aggregate_forget_span(&tree, span);
            model[0] += model[span];
            model[span] = 0;
            assert_int_equal(of_span(&tree, span), 0);
        }
        aggregate_add(&tree, &(struct raw_place){.node = node, .thread = thread, .span = span, .waited = seed >> 31}, i / 16, 1, i);
        model[span] += i;
        given += i;
    }
    for (uint32_t span = 0; span < SPANS; span++) {
        assert_int_equal(of_span(&tree, span), model[span]);
    }
    assert_int_equal(total(&tree), given);
    for (uint32_t span = 1; span < SPANS; span++) {
        aggregate_forget_span(&tree, span);
    }
    assert_int_equal(tree.span_cell_count, 0);
    assert_int_equal(of_span(&tree, 0), given);
    /* Equal keys have fallen together: one cell for each. */
    struct aggregate copy;
    assert_true(aggregate_copy(&tree, &copy));
    for (uint32_t i = 0; i < copy.cell_count; i++) {
        assert_true(copy.cells[i].samples > 0);
    }
    assert_true(copy.cell_count <= 7 * 3 * 2 * (200000 / 16 / 100 + 1));
    for (uint32_t i = 0; i < tree.cell_count; i++) {
        cells += tree.cells[i].samples > 0;
    }
    assert_int_equal(cells, copy.cell_count);
    aggregate_deinit(&copy);
    aggregate_deinit(&tree);
}

static uint32_t forgotten;
static struct aggregate *forgets_in;
static bool forget_next(void *last, uint32_t but_span)
{
    (void)but_span;
    if (forgotten >= *(uint32_t *)last) {
        return false;
    }
    aggregate_forget_span(forgets_in, ++forgotten);
    return true;
}

/* One more than the spans' half: first those that may go are forgotten, then time buckets widen, but 256 are left, then it is nobody's. */
static void spans_have_half_of_the_cells_at_most(void **state)
{
    (void)state;
    struct aggregate tree;
    uint32_t may_go = 1000;
    uint64_t given = 0;
    assert_true(aggregate_init(&tree, 100));
    tree.make_room = forget_next;
    tree.user = &may_go;
    forgets_in = &tree;
    for (uint32_t i = 0; i < AGGREGATE_MAX_SPAN_CELLS + 4000; i++) {
        aggregate_add(&tree, &(struct raw_place){.node = i, .span = 1 + i / 100}, i, 1, 3);
        assert_true(tree.span_cell_count <= AGGREGATE_MAX_SPAN_CELLS);
        given += 3;
    }
    assert_true(forgotten >= 39 && forgotten <= 41);
    assert_int_equal(tree.bucket_ns, 100);
    may_go = forgotten;
    for (uint32_t i = 0; i < 400; i++) {
        aggregate_add(&tree, &(struct raw_place){.node = i, .span = 20000 + i}, 400000, 1, 3);
        given += 3;
    }
    assert_true(400000 / tree.bucket_ns < AGGREGATE_LEAST_BUCKETS && tree.bucket_ns > 100);
    assert_true(400000 / (tree.bucket_ns / 2) >= AGGREGATE_LEAST_BUCKETS);
    assert_true(tree.span_cut_ns > 0 && tree.pruned_ns == 0);
    assert_int_equal(total(&tree), given);
    aggregate_deinit(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_stacks_share_nodes),
        cmocka_unit_test(a_full_tree_stops_growing),
        cmocka_unit_test(a_forgotten_span_leaves_its_weight_to_nobody),
        cmocka_unit_test(spans_have_half_of_the_cells_at_most),
        cmocka_unit_test(too_many_cells_merge_in_time_and_lose_no_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
