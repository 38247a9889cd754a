/* The session's table of spans as the collector reads it: samples find their span, ends are taken after the samples, and whatever a
 * program writes there, nothing grows, hangs or is read beyond its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profiler/collector/drain_spans.h"

#define TEST(name) static void name(void **state)

enum { PROCESS = 5, NOW = 900000 };

static struct session session;
static struct session_owner owner = {.session = &session};
static struct processes processes;
static struct thread_table threads;
static struct aggregate aggregate;
static struct drain_spans spans;

static int begin(void **state)
{
    (void)state;
    memset(session.span_states, 0, sizeof session.span_states);
    memset(session.spans, 0, sizeof session.spans);
    memset(&session.header, 0, sizeof session.header);
    memset(&processes, 0, sizeof processes);
    processes.views[PROCESS] = (struct process_view){.known = true, .pid = 77, .joined_ns = 10};
    session.processes[PROCESS].joined_ns = 10;
    thread_table_init(&threads);
    assert_true(aggregate_init(&aggregate, 100));
    assert_true(drain_spans_init(&spans, &owner, &processes, &threads, &aggregate, 1000, 0));
    return 0;
}

static int end(void **state)
{
    (void)state;
    drain_spans_deinit(&spans);
    aggregate_deinit(&aggregate);
    thread_table_deinit(&threads);
    return 0;
}

static uint32_t state_word(uint32_t generation, uint32_t process, enum span_state phase)
{
    return generation << SPAN_GENERATION_SHIFT | process << SPAN_PROCESS_SHIFT | (uint32_t)phase;
}

/* ret: the span as contexts name it */
static uint32_t put(uint32_t row, uint32_t generation, enum span_state phase, uint64_t begin_ns, uint64_t end_ns)
{
    session.spans[row] = (struct span_row){.begin_ns = begin_ns, .end_ns = end_ns, .slot = SPAN_NO_SLOT, .tid = 78, .text = {.name = "x"}};
    session.span_states[row] = state_word(generation, PROCESS, phase);
    if (session.header.span_high <= row) {
        session.header.span_high = row + 1;
    }
    return span_word_of(session.span_states[row], row);
}

static uint64_t context(uint32_t span) { return (uint64_t)span << 32; }

static void look(void)
{
    drain_spans_note(&spans);
    drain_spans_end(&spans, NOW);
}

TEST(a_sample_that_is_read_between_note_and_end_is_the_spans)
{
    (void)state;
    uint32_t span = put(7, 3, SPAN_ENDED, 2000, 5000);
    drain_spans_note(&spans);
    uint32_t number = drain_spans_number(&spans, context(span) | 4);
    assert_int_not_equal(number, 0);
    drain_spans_end(&spans, NOW);
    assert_true(spans.table.spans[number].is_kept);
    assert_int_equal(spans.table.spans[number].facts.wall_ns, 3000);
    assert_int_equal(threads.rows[spans.table.spans[number].facts.thread].tid, 78);
    assert_int_equal(session.span_states[7], state_word(3, 0, SPAN_FREE));
    /* What comes late is still its own, until another has its row. */
    assert_int_equal(drain_spans_number(&spans, context(span)), number);
    uint32_t next = put(7, 4, SPAN_LIVE, 6000, 0);
    assert_int_not_equal(drain_spans_number(&spans, context(next)), number);
    assert_int_equal(drain_spans_number(&spans, context(span)), 0);
}

TEST(what_names_no_span_is_nobodys)
{
    (void)state;
    put(7, 3, SPAN_LIVE, 2000, 0);
    put(8, 3, SPAN_CLAIMED, 2000, 0);
    assert_int_equal(drain_spans_number(&spans, 0), 0);
    assert_int_equal(drain_spans_number(&spans, context(2 << SPAN_ROW_BITS | 7)), 0);
    assert_int_equal(drain_spans_number(&spans, context(3 << SPAN_ROW_BITS | 8)), 0);
    assert_int_equal(drain_spans_number(&spans, context(UINT32_MAX)), 0);
}

TEST(one_that_ended_after_the_note_waits_for_the_next)
{
    (void)state;
    put(0, 1, SPAN_LIVE, 2000, 0);
    drain_spans_note(&spans);
    session.span_states[0] = state_word(1, PROCESS, SPAN_ENDED);
    drain_spans_end(&spans, NOW);
    assert_int_equal(spans.table.ended, 0);
    look();
    assert_int_equal(spans.table.ended, 1);
}

TEST(a_dead_process_leaves_its_spans_as_running_and_no_row)
{
    (void)state;
    put(0, 1, SPAN_LIVE, 2000, 0);
    put(1, 1, SPAN_CLAIMED, 0, 0);
    put(2, 1, SPAN_ENDED, 2000, 3000);
    processes.views[PROCESS].dead = true;
    look();
    assert_int_equal(spans.table.ended, 1);
    assert_int_equal(spans.table.kept_count, 2);
    uint32_t running = 0;
    for (uint32_t i = 0; i < 2; i++) {
        running += spans.table.spans[spans.table.kept[i].number].facts.running;
    }
    assert_int_equal(running, 1);
    for (uint32_t row = 0; row < 3; row++) {
        assert_int_equal(session.span_states[row] & SPAN_STATE_MASK, SPAN_FREE);
    }
}

TEST(a_process_that_is_not_known_yet_keeps_its_rows)
{
    (void)state;
    put(0, 1, SPAN_ENDED, 2000, 3000);
    session.processes[PROCESS].joined_ns = 11; /* another program in the same block */
    look();
    assert_int_equal(spans.table.ended, 0);
    assert_int_equal(session.span_states[0] & SPAN_STATE_MASK, SPAN_ENDED);
}

TEST(times_and_texts_are_checked)
{
    (void)state;
    static const struct {
        uint64_t begin_ns, end_ns, wall_ns;
    } cases[] = {{0, 5000, 4000}, {2000, UINT64_MAX, NOW - 2000}, {2000, 0, NOW - 2000}, {5000, 4000, 0}, {UINT64_MAX, UINT64_MAX, 0}, {2000, 1, 0}};
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put(i, 1, SPAN_ENDED, cases[i].begin_ns, cases[i].end_ns);
        session.spans[i].tag_set = UINT32_MAX;
        session.spans[i].slot = INT32_MAX;
        memset(&session.spans[i].text, 'x', sizeof session.spans[i].text);
    }
    look();
    assert_int_equal(spans.table.kept_count, sizeof cases / sizeof cases[0]);
    for (uint32_t i = 0; i < spans.table.kept_count; i++) {
        const struct span_facts *facts = &spans.table.spans[spans.table.kept[i].number].facts;
        assert_int_equal(facts->wall_ns, cases[facts->row].wall_ns);
        assert_int_equal(facts->tag_set, 0);
        assert_true(facts->begin_ns >= 1000 && facts->begin_ns + facts->wall_ns <= NOW);
        assert_int_equal(strlen(facts->text.name), SPAN_NAME_BYTES - 1);
        assert_int_equal(strlen(facts->text.request_id), SPAN_REQUEST_ID_BYTES - 1);
    }
}

/* Noise in every word of the table, with samples of every context, over and over. */
TEST(noise_changes_nothing_but_counts)
{
    (void)state;
    uint32_t seed = 5;
    uint64_t weight_ns = 0;
    for (unsigned round = 0; round < 30; round++) {
        session.header.span_high = round % 3 ? UINT32_MAX : SESSION_SPANS;
        for (uint32_t row = 0; row < SESSION_SPANS; row++) {
            seed = seed * 1664525 + 1013904223;
            session.span_states[row] = seed % 3 ? seed : (seed & ~(1023u << SPAN_PROCESS_SHIFT)) | PROCESS << SPAN_PROCESS_SHIFT;
            uint32_t *words = (uint32_t *)(void *)&session.spans[row];
            words[seed % (sizeof session.spans[row] / 4)] = seed * 77;
        }
        drain_spans_note(&spans);
        for (uint32_t i = 0; i < 20000; i++) {
            seed = seed * 1664525 + 1013904223;
            uint32_t row = seed % SESSION_SPANS, word = seed % 2 ? seed : span_word_of(session.span_states[row], row);
            uint32_t number = drain_spans_number(&spans, context(word));
            assert_true(number < SPAN_NUMBERS);
            aggregate_add(&aggregate, &(struct raw_place){.node = seed % 9, .span = number}, round * 1000, 1, 1);
            weight_ns++;
        }
        drain_spans_end(&spans, NOW);
        struct running_span *running = calloc(100, sizeof running[0]);
        assert_non_null(running);
        assert_true(drain_spans_running(&spans, NOW, running, 100) <= 100);
        free(running);
        assert_true(spans.table.kept_count <= SPANS_KEPT);
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < aggregate.cell_count; i++) {
        sum += aggregate.cells[i].weight_ns;
    }
    assert_int_equal(sum, weight_ns);
    assert_true(threads.count <= THREAD_TABLE_MAX * 2 + 1);
}

TEST(the_longest_running_are_shown)
{
    (void)state;
    for (uint32_t row = 0; row < 300; row++) {
        put(row, 1, SPAN_LIVE, 2000 + (row * 7919) % 300, 0);
    }
    struct running_span *running = calloc(10, sizeof running[0]);
    assert_non_null(running);
    assert_int_equal(drain_spans_running(&spans, NOW, running, 10), 10);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(running[i].facts.begin_ns, 2000 + i);
        assert_int_equal(running[i].facts.wall_ns, NOW - 2000 - i);
        assert_true(running[i].facts.running);
    }
    free(running);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sample_that_is_read_between_note_and_end_is_the_spans, begin, end),
        cmocka_unit_test_setup_teardown(what_names_no_span_is_nobodys, begin, end),
        cmocka_unit_test_setup_teardown(one_that_ended_after_the_note_waits_for_the_next, begin, end),
        cmocka_unit_test_setup_teardown(a_dead_process_leaves_its_spans_as_running_and_no_row, begin, end),
        cmocka_unit_test_setup_teardown(a_process_that_is_not_known_yet_keeps_its_rows, begin, end),
        cmocka_unit_test_setup_teardown(times_and_texts_are_checked, begin, end),
        cmocka_unit_test_setup_teardown(noise_changes_nothing_but_counts, begin, end),
        cmocka_unit_test_setup_teardown(the_longest_running_are_shown, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
