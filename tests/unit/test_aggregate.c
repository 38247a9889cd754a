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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_stacks_share_nodes),
        cmocka_unit_test(a_full_tree_stops_growing),
        cmocka_unit_test(too_many_cells_merge_in_time_and_lose_no_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
