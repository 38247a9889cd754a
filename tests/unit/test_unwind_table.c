/* The search in a table blob: right for every pc, and inside its bounds whatever the blob holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profiler/unwind/unwind_table.h"

#define TEST(name) static void name(void **state)

enum { ROWS = 700, FIRST = 0x12345 };

static uint32_t seed = 1;

static uint32_t noise(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* Rows of the test's choice, and the blob that the builder's layout makes of them; here laid out a second time, plainly. */
struct blob {
    uint8_t *bytes; /* exactly as long as it says: a sanitizer sees a read behind it */
    size_t length;
    struct unwind_table_header *header;
    struct unwind_row rows[ROWS];
};

static uint32_t behind_pc(const struct unwind_row *row)
{
    uint32_t bits;
    memcpy(&bits, (const uint8_t *)row + sizeof row->pc, sizeof bits);
    return bits;
}

/* The row that holds at `pc`; index -1: before the first. */
static int row_at(const struct blob *blob, uint32_t pc)
{
    int found = -1;
    for (int i = 0; i < ROWS && blob->rows[i].pc <= pc; i++)
        found = i;
    return found;
}

/* Fill the line of `pc`, and `more` behind *more_count if it does not hold them all. */
static void fill_line(const struct blob *blob, uint32_t pc, struct unwind_line *line, struct unwind_row *more, uint32_t *more_count)
{
    struct unwind_row here[1 << UNWIND_LINE_BITS];
    uint32_t count = 0;
    for (uint32_t a = pc, last = UINT32_MAX - 1; a < pc + (1u << UNWIND_LINE_BITS); a++) {
        uint32_t row = (uint32_t)row_at(blob, a);
        if (row == last)
            continue;
        here[count] = (int)row < 0 ? (struct unwind_row){.kind = UNWIND_NONE} : blob->rows[row];
        here[count++].pc = a == pc && (int)row >= 0 ? blob->rows[row].pc : a;
        last = row;
    }
    line->count = (uint16_t)count;
    if (count > UNWIND_LINE_ROWS)
        line->first_more = *more_count;
    for (uint32_t i = 0; i < count; i++) {
        if (count > UNWIND_LINE_ROWS) {
            more[(*more_count)++] = here[i];
            continue;
        }
        line->begins[i] = i ? (uint8_t)(here[i].pc - pc) : 0;
        line->rows[i] = behind_pc(&here[i]);
    }
}

static struct blob make_blob(unsigned gap)
{
    struct blob blob;
    struct unwind_table_header header = {.magic = UNWIND_TABLE_MAGIC, .lines = sizeof header};
    static struct unwind_row more[ROWS * 2];
    uint32_t pc = FIRST;
    for (unsigned i = 0; i < ROWS; i++) {
        blob.rows[i] = (struct unwind_row){.pc = pc, .kind = i % 5 == 4 ? UNWIND_NONE : UNWIND_RSP, .cfa_words = i & 0xfff};
        pc += 1 + noise() % gap;
    }
    header.first_pc = FIRST >> UNWIND_LINE_BITS << UNWIND_LINE_BITS;
    header.line_count = ((blob.rows[ROWS - 1].pc - header.first_pc) >> UNWIND_LINE_BITS) + 1;
    struct unwind_line *lines = calloc(header.line_count, sizeof *lines);
    for (uint32_t i = 0; i < header.line_count; i++)
        fill_line(&blob, header.first_pc + (i << UNWIND_LINE_BITS), &lines[i], more, &header.more_count);
    header.more = (uint32_t)(header.lines + header.line_count * sizeof *lines);
    header.extras = header.total_bytes = (uint32_t)(header.more + header.more_count * sizeof more[0]);
    blob.length = header.total_bytes;
    blob.bytes = calloc(1, blob.length);
    blob.header = (void *)blob.bytes;
    *blob.header = header;
    memcpy(blob.bytes + header.lines, lines, header.line_count * sizeof *lines);
    memcpy(blob.bytes + header.more, more, header.more_count * sizeof more[0]);
    free(lines);
    return blob;
}

static void assert_found(const struct blob *blob, const struct unwind_table *table, uint32_t pc)
{
    struct unwind_row row;
    int expected = row_at(blob, pc);
    bool beyond = pc >= table->first_pc + (table->line_count << UNWIND_LINE_BITS);
    bool found = unwind_table_find(table, pc, &row);
    assert_int_equal(found, expected >= 0 && !beyond && blob->rows[expected].kind != UNWIND_NONE);
    if (found)
        assert_int_equal(behind_pc(&row), behind_pc(&blob->rows[expected]));
}

TEST(every_pc_finds_its_row)
{
    (void)state;
    static const unsigned gaps[] = {1, 3, 12, 40, 300, 3000};
    for (unsigned g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        struct blob blob = make_blob(gaps[g]);
        struct unwind_table table;
        assert_true(unwind_table_open(blob.bytes, blob.length, &table));
        uint32_t last = blob.rows[ROWS - 1].pc + 1000, stride = 1 + gaps[g] / 16;
        for (uint32_t pc = FIRST - 600; pc < last; pc += stride)
            assert_found(&blob, &table, pc);
        for (uint32_t i = 0; i < ROWS; i++)
            assert_found(&blob, &table, blob.rows[i].pc);
        free(blob.bytes);
    }
}

TEST(the_ends_of_the_address_range)
{
    (void)state;
    struct blob blob = make_blob(40);
    struct unwind_table table;
    struct unwind_row row;
    assert_true(unwind_table_open(blob.bytes, blob.length, &table));
    assert_false(unwind_table_find(&table, 0, &row));
    assert_false(unwind_table_find(&table, FIRST - 1, &row));
    assert_false(unwind_table_find(&table, table.first_pc + (table.line_count << UNWIND_LINE_BITS), &row));
    assert_false(unwind_table_find(&table, UINT32_MAX, &row));
    free(blob.bytes);
}

TEST(blobs_that_do_not_fit_are_refused)
{
    (void)state;
    struct blob blob = make_blob(40);
    const struct unwind_table_header good = *blob.header;
    struct unwind_table table;
    assert_true(unwind_table_open(blob.bytes, blob.length, &table));
    assert_false(unwind_table_open(blob.bytes, blob.length - 1, &table));
    assert_false(unwind_table_open(blob.bytes, sizeof good - 1, &table));
    assert_false(unwind_table_open(blob.bytes, 0, &table));
#define REFUSED(field, value)                                                                                                              \
    do {                                                                                                                                   \
        *blob.header = good;                                                                                                               \
        blob.header->field = (uint32_t)(value);                                                                                            \
        assert_false(unwind_table_open(blob.bytes, blob.length, &table));                                                                  \
    } while (0)
    REFUSED(magic, 0);
    REFUSED(total_bytes, good.total_bytes + 4);
    REFUSED(total_bytes, good.total_bytes - 4);
    REFUSED(total_bytes, 0);
    REFUSED(line_count, 0);
    REFUSED(line_count, good.line_count + good.total_bytes / sizeof(struct unwind_line));
    REFUSED(line_count, UINT32_MAX);
    REFUSED(line_count, UINT32_MAX / sizeof(struct unwind_line) + 2);
    REFUSED(extra_count, good.total_bytes);
    REFUSED(more_count, good.total_bytes);
    REFUSED(more_count, UINT32_MAX / sizeof(struct unwind_row) + 2);
    REFUSED(lines, good.total_bytes);
    REFUSED(lines, UINT32_MAX);
    REFUSED(lines, good.lines + 1);
    REFUSED(more, good.total_bytes + 4);
    REFUSED(extras, UINT32_MAX - 3);
    free(blob.bytes);
}

/* The arena is shared memory: lines and rows may be overwritten after they were checked. (That nothing outside is read, a sanitizer sees.) */
TEST(overwritten_lines_keep_the_search_inside)
{
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct blob blob = make_blob(round % 2 ? 40 : 12);
        struct unwind_table table;
        struct unwind_row row;
        unsigned found = 0;
        assert_true(unwind_table_open(blob.bytes, blob.length, &table));
        for (unsigned i = 0; i < 1 + noise() % 400; i++) {
            size_t at = sizeof(struct unwind_table_header) + noise() % (blob.length - sizeof(struct unwind_table_header));
            blob.bytes[at] = (uint8_t)(round % 3 ? noise() : 0xff);
        }
        for (unsigned i = 0; i < 500; i++)
            found += unwind_table_find(&table, i % 2 ? FIRST + noise() % 40000 : noise(), &row);
        assert_true(found < 500);
        free(blob.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pc_finds_its_row),
        cmocka_unit_test(the_ends_of_the_address_range),
        cmocka_unit_test(blobs_that_do_not_fit_are_refused),
        cmocka_unit_test(overwritten_lines_keep_the_search_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
