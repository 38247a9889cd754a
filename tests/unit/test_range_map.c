/* Ranges that nest, touch, overlap and contradict each other; held against a search through all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profiler/collector/range_map.h"

#define TEST(name) static void name(void **state)
#define COUNT(array) (sizeof(array) / sizeof *(array))

TEST(innermost_range_wins)
{
    (void)state;
    struct range ranges[] = {{10, 100, 0, 0}, {20, 60, 1, 1}, {30, 40, 2, 2}, {60, 70, 1, 3}, {200, 300, 0, 4}};
    struct range_map map;
    range_map_init(&map, ranges, COUNT(ranges));
    static const struct {
        uint64_t address;
        uint32_t value;
    } expected[] = {{0, RANGE_NONE}, {9, RANGE_NONE}, {10, 0}, {19, 0}, {20, 1}, {30, 2}, {39, 2}, {40, 1}, {59, 1}, {60, 3},
                    {69, 3}, {70, 0}, {99, 0}, {100, RANGE_NONE}, {199, RANGE_NONE}, {200, 4}, {299, 4}, {300, RANGE_NONE},
                    {UINT64_MAX, RANGE_NONE}};
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(range_map_find(&map, expected[i].address), expected[i].value);
    range_map_deinit(&map);
}

TEST(of_ranges_with_one_start_the_deeper_is_inside)
{
    (void)state;
    struct range ranges[] = {{10, 20, 3, 7}, {10, 20, 1, 9}, {10, 20, 2, 8}};
    struct range_map map;
    range_map_init(&map, ranges, COUNT(ranges));
    assert_int_equal(range_map_find(&map, 10), 7);
    assert_int_equal(range_map_find(&map, 19), 7);
    assert_int_equal(range_map_find(&map, 20), RANGE_NONE);
    range_map_deinit(&map);
}

TEST(empty_and_inverted_ranges_are_ignored)
{
    (void)state;
    struct range ranges[] = {{10, 10, 0, 1}, {30, 20, 0, 2}, {UINT64_MAX, UINT64_MAX, 0, 3}};
    struct range_map map;
    range_map_init(&map, ranges, COUNT(ranges));
    assert_int_equal(map.count, 0);
    assert_int_equal(range_map_find(&map, 10), RANGE_NONE);
    assert_int_equal(range_map_find(&map, 25), RANGE_NONE);
    range_map_deinit(&map);
    range_map_init(&map, ranges, 0);
    assert_int_equal(range_map_find(&map, 0), RANGE_NONE);
    range_map_deinit(&map);
}

TEST(a_stretch_is_narrowed_to_its_step)
{
    (void)state;
    struct range ranges[] = {{10, 20, 0, 0}, {12, 14, 1, 1}, {40, 60, 0, 2}};
    struct range_map map;
    range_map_init(&map, ranges, COUNT(ranges));
    static const struct {
        uint64_t address, low, high;
    } expected[] = {{5, 0, 10}, {9, 0, 10}, {10, 10, 12}, {13, 12, 14}, {14, 14, 20}, {20, 20, 40}, {39, 20, 40}, {60, 60, 100}, {99, 60, 100}};
    for (size_t i = 0; i < COUNT(expected); i++) {
        uint64_t low = 0, high = 100;
        range_map_narrow(&map, expected[i].address, &low, &high);
        assert_int_equal(low, expected[i].low);
        assert_int_equal(high, expected[i].high);
    }
    uint64_t low = 25, high = 30;
    range_map_narrow(&map, 27, &low, &high); /* it is within the step already */
    assert_int_equal(low, 25);
    assert_int_equal(high, 30);
    range_map_deinit(&map);
    range_map_init(&map, ranges, 0);
    range_map_narrow(&map, 27, &low, &high);
    assert_int_equal(low, 25);
    assert_int_equal(high, 30);
    range_map_deinit(&map);
}

TEST(range_up_to_the_last_address_is_closed)
{
    (void)state;
    struct range ranges[] = {{UINT64_MAX - 1, UINT64_MAX, 0, 5}};
    struct range_map map;
    range_map_init(&map, ranges, 1);
    assert_int_equal(range_map_find(&map, UINT64_MAX - 1), 5);
    assert_int_equal(range_map_find(&map, UINT64_MAX), RANGE_NONE);
    range_map_deinit(&map);
}

static uint32_t random_state = 12345;
static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)random_state * limit >> 32);
}

/* Properly nested ranges inside [low, high), as compilers write them. */
// NOLINTNEXTLINE(misc-no-recursion)
static size_t add_nested(struct range *ranges, size_t count, size_t limit, uint64_t low, uint64_t high, uint32_t depth)
{
    while (count < limit && high - low > 4) {
        uint64_t start = low + random_below((uint32_t)(high - low) / 2), end = start + 1 + random_below((uint32_t)(high - start));
        end = end > high ? high : end;
        ranges[count] = (struct range){start, end, depth, (uint32_t)count};
        count = add_nested(ranges, count + 1, limit, start, end, depth + 1);
        low = end;
    }
    return count;
}

TEST(nested_ranges_answer_as_a_full_search_does)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        enum { SPAN = 500 };
        struct range ranges[64], copy[64];
        size_t count = add_nested(ranges, 0, COUNT(ranges), 0, SPAN, 0);
        for (size_t i = 0; i < count; i++) /* any order of insertion */
            copy[i] = ranges[(i * 37 + round) % count];
        bool all_copied = count % 37 != 0;
        struct range_map map;
        range_map_init(&map, all_copied ? copy : ranges, count);
        for (uint64_t address = 0; address < SPAN + 10; address++) {
            uint32_t deepest = RANGE_NONE, depth = 0;
            for (size_t i = 0; i < count; i++) {
                const struct range *range = all_copied ? &copy[i] : &ranges[i];
                if (range->low <= address && address < range->high && (deepest == RANGE_NONE || range->depth > depth)) {
                    deepest = range->value;
                    depth = range->depth;
                }
            }
            assert_int_equal(range_map_find(&map, address), deepest);
        }
        range_map_deinit(&map);
    }
}

/* Crooked ranges: whatever is found must contain the address, and something is found wherever something is. */
TEST(overlapping_ranges_answer_with_one_that_holds_the_address)
{
    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        struct range ranges[48], sorted[48];
        for (uint32_t i = 0; i < COUNT(ranges); i++) {
            uint64_t low = random_below(300);
            sorted[i] = ranges[i] = (struct range){low, low + random_below(100), random_below(4), i};
        }
        struct range_map map;
        range_map_init(&map, sorted, COUNT(sorted));
        for (uint64_t address = 0; address < 420; address++) {
            bool any = false;
            for (size_t i = 0; i < COUNT(ranges); i++)
                any |= ranges[i].low <= address && address < ranges[i].high;
            uint32_t found = range_map_find(&map, address);
            assert_int_equal(found != RANGE_NONE, any);
            if (any)
                assert_true(ranges[found].low <= address && address < ranges[found].high);
        }
        range_map_deinit(&map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(innermost_range_wins),
        cmocka_unit_test(of_ranges_with_one_start_the_deeper_is_inside),
        cmocka_unit_test(empty_and_inverted_ranges_are_ignored),
        cmocka_unit_test(a_stretch_is_narrowed_to_its_step),
        cmocka_unit_test(range_up_to_the_last_address_is_closed),
        cmocka_unit_test(nested_ranges_answer_as_a_full_search_does),
        cmocka_unit_test(overlapping_ranges_answer_with_one_that_holds_the_address),
    };
    return cmocka_run_group_tests_name("range_map", tests, NULL, NULL);
}
