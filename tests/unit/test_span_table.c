/* Which spans are kept, and what is counted: bounded, the slowest, some of each kind, and every one that ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profiler/collector/latency_scale.h"
#include "profiler/collector/span_table.h"

#define TEST(name) static void name(void **state)

static struct aggregate aggregate;
static struct span_table table;

static void begin(uint64_t slower_than_ns)
{
    assert_true(aggregate_init(&aggregate, 100000000));
    assert_true(span_table_init(&table, &aggregate, slower_than_ns));
}

static void end(void)
{
    span_table_deinit(&table);
    aggregate_deinit(&aggregate);
}

/* A span of one sample, in a row of its own as long as there are some. */
static uint32_t run_span(uint32_t i, const char *name, uint32_t tag_set, uint64_t wall_ns, bool running)
{
    uint32_t row = i % SESSION_SPANS, word = (1 + i / SESSION_SPANS) << SPAN_ROW_BITS | row;
    uint32_t number = span_table_meet(&table, row, word);
    assert_int_not_equal(number, 0);
    aggregate_add(&aggregate, &(struct raw_place){.node = i % 5, .span = number}, 0, 1, 10);
    struct span_facts facts = {.id = i + 1, .begin_ns = i, .wall_ns = wall_ns, .tag_set = tag_set, .row = row, .running = running};
    snprintf(facts.text.name, sizeof facts.text.name, "%s", name);
    uint32_t kept = span_table_end(&table, word, &facts);
    assert_true(kept == 0 || kept == number);
    assert_int_equal(span_table_number(&table, row, word), kept);
    return kept;
}

static uint32_t kept_of(uint32_t tag_set, uint64_t *ret_fastest_ns)
{
    uint32_t count = 0;
    *ret_fastest_ns = UINT64_MAX;
    for (uint32_t i = 0; i < table.kept_count; i++) {
        const struct span_facts *facts = &table.spans[table.kept[i].number].facts;
        if (facts->tag_set == tag_set) {
            count++;
            *ret_fastest_ns = facts->wall_ns < *ret_fastest_ns ? facts->wall_ns : *ret_fastest_ns;
        }
    }
    return count;
}

static uint64_t counted(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < table.latencies.count; i++) {
        sum += table.latency_counts[i];
    }
    return sum;
}

/* Every cell is of a kept span, or nobody's. */
static void assert_cells_are_of_the_kept(uint64_t weight_ns)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < aggregate.cell_count; i++) {
        const struct raw_cell *cell = &aggregate.cells[i];
        assert_true(cell->samples == 0 || cell->place.span == 0 || table.spans[cell->place.span].is_kept);
        sum += cell->weight_ns;
    }
    assert_int_equal(sum, weight_ns);
}

TEST(the_slowest_are_kept_and_all_are_counted)
{
    (void)state;
    enum { COUNT = 100000 };
    begin(0);
    for (uint32_t i = 0; i < COUNT; i++) {
        run_span(i, "request", 1, (uint64_t)i * 7919 % COUNT * 1000, false); /* a permutation */
    }
    uint64_t fastest_ns;
    assert_int_equal(kept_of(1, &fastest_ns), SPANS_KEPT);
    assert_int_equal(fastest_ns, (uint64_t)(COUNT - SPANS_KEPT) * 1000);
    assert_int_equal(table.ended, COUNT);
    assert_int_equal(counted(), COUNT);
    assert_cells_are_of_the_kept((uint64_t)COUNT * 10);
    assert_true(aggregate.cell_count <= SPANS_KEPT + 16);
    assert_int_equal(table.free_count, SPAN_NUMBERS - 1 - SPANS_KEPT);
    end();
}

TEST(a_fast_operation_has_its_slowest_too)
{
    (void)state;
    begin(0);
    uint64_t fastest_ns;
    for (uint32_t i = 0; i < 20000; i++) {
        bool is_rare = i % 100 == 7;
        run_span(i, "request", is_rare ? 2 : 1, is_rare ? 1000 + i : 1000000000 + i, false);
    }
    assert_int_equal(kept_of(2, &fastest_ns), SPANS_KEPT_PER_GROUP);
    assert_int_equal(fastest_ns, 1000 + 19907 - (SPANS_KEPT_PER_GROUP - 1) * 100);
    assert_int_equal(kept_of(1, &fastest_ns), SPANS_KEPT - SPANS_KEPT_PER_GROUP);
    end();
}

/* More groups than places for eight of each: still bounded, and the slowest of all are there. */
TEST(many_kinds_are_bounded_and_so_are_names)
{
    (void)state;
    begin(0);
    for (uint32_t i = 0; i < 3 * SPAN_GROUPS; i++) {
        char name[32];
        snprintf(name, sizeof name, "name %u", i);
        run_span(i, name, i % 4000, 1000 * (1 + (uint64_t)i), false);
    }
    assert_true(table.groups.count <= SPAN_GROUPS);
    assert_int_equal(table.kept_count, SPANS_KEPT);
    assert_int_equal(counted(), 3 * SPAN_GROUPS);
    uint64_t slowest_ns = 0;
    for (uint32_t i = 0; i < table.kept_count; i++) {
        slowest_ns = table.kept[i].wall_ns > slowest_ns ? table.kept[i].wall_ns : slowest_ns;
    }
    assert_int_equal(slowest_ns, 1000 * 3 * (uint64_t)SPAN_GROUPS);
    end();
}

/* Names and durations of every size: the counts stay within their room and are still complete. */
TEST(latencies_are_bounded_and_complete)
{
    (void)state;
    begin(0);
    uint32_t count = 0;
    for (uint32_t group = 1; group < 300; group++) {
        for (uint32_t step = 0; step < LATENCY_STEPS; step += 3) {
            run_span(count++, "x", group, latency_of_step(step), false);
        }
    }
    assert_true(count > SPAN_LATENCIES && table.latencies.count <= SPAN_LATENCIES);
    assert_int_equal(counted(), count);
    end();
}

TEST(those_below_the_bound_are_counted_only)
{
    (void)state;
    begin(5000000);
    assert_int_equal(run_span(0, "a", 0, 4999999, false), 0);
    assert_int_not_equal(run_span(1, "a", 0, 5000000, false), 0);
    assert_int_not_equal(run_span(2, "a", 0, 9000000, true), 0); /* its process died: kept, and not among those that ended */
    assert_int_equal(counted(), 2);
    assert_int_equal(table.ended, 2);
    end();
}

/* A row's next span is met without the end of the one before it having been seen. */
TEST(a_row_taken_by_another_span_loses_its_number)
{
    (void)state;
    begin(0);
    uint32_t first = span_table_meet(&table, 3, 1 << SPAN_ROW_BITS | 3);
    aggregate_add(&aggregate, &(struct raw_place){.node = 1, .span = first}, 0, 1, 10);
    uint32_t second = span_table_meet(&table, 3, 2 << SPAN_ROW_BITS | 3);
    assert_int_not_equal(second, 0);
    assert_int_equal(span_table_number(&table, 3, 1 << SPAN_ROW_BITS | 3), 0);
    assert_int_equal(aggregate.cells[0].place.span, 0);
    end();
}

/* The cells run short: kept spans go, the fastest first; one that is being added to stays. */
TEST(kept_spans_make_room_for_cells)
{
    (void)state;
    begin(0);
    for (uint32_t i = 0; i < SPANS_KEPT; i++) {
        uint32_t number = run_span(i, "request", 1, 1000 + i, false);
        for (uint32_t k = 0; k < AGGREGATE_MAX_SPAN_CELLS / SPANS_KEPT + 10; k++) {
            aggregate_add(&aggregate, &(struct raw_place){.node = k, .thread = i, .span = number}, 0, 1, 10);
        }
    }
    assert_true(aggregate.span_cell_count <= AGGREGATE_MAX_SPAN_CELLS && aggregate.span_cut_ns == 0);
    assert_true(table.kept_count < SPANS_KEPT && table.kept_count > SPANS_KEPT * 8 / 10);
    uint64_t fastest_ns;
    kept_of(1, &fastest_ns);
    assert_int_equal(fastest_ns, 1000 + SPANS_KEPT - table.kept_count);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slowest_are_kept_and_all_are_counted),
        cmocka_unit_test(a_fast_operation_has_its_slowest_too),
        cmocka_unit_test(many_kinds_are_bounded_and_so_are_names),
        cmocka_unit_test(latencies_are_bounded_and_complete),
        cmocka_unit_test(those_below_the_bound_are_counted_only),
        cmocka_unit_test(a_row_taken_by_another_span_loses_its_number),
        cmocka_unit_test(kept_spans_make_room_for_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
