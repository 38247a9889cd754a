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

struct blob {
    uint8_t *bytes; /* exactly as long as it says: a sanitizer sees a read behind it */
    size_t length;
    struct unwind_table_header *header;
    struct unwind_row *rows;
    uint32_t *buckets;
};

static struct blob make_blob(unsigned gap)
{
    struct blob blob;
    struct unwind_table_header header = {.magic = UNWIND_TABLE_MAGIC, .row_count = ROWS, .rows = sizeof header};
    uint32_t pcs[ROWS], pc = FIRST;
    for (unsigned i = 0; i < ROWS; i++) {
        pcs[i] = pc;
        pc += 1 + noise() % gap;
    }
    header.first_pc = FIRST >> UNWIND_BUCKET_BITS << UNWIND_BUCKET_BITS;
    header.bucket_count = ((pcs[ROWS - 1] - header.first_pc) >> UNWIND_BUCKET_BITS) + 1;
    header.extras = header.buckets = (uint32_t)(sizeof header + ROWS * sizeof(struct unwind_row));
    header.total_bytes = (uint32_t)(header.buckets + header.bucket_count * sizeof(uint32_t));
    blob.length = header.total_bytes;
    blob.bytes = calloc(1, blob.length);
    blob.header = (void *)blob.bytes;
    *blob.header = header;
    blob.rows = (void *)(blob.bytes + header.rows);
    blob.buckets = (void *)(blob.bytes + header.buckets);
    for (uint32_t i = 0; i < ROWS; i++)
        blob.rows[i] = (struct unwind_row){.pc = pcs[i], .kind = i % 5 == 4 ? UNWIND_NONE : UNWIND_RSP, .cfa_words = i & 0xfff};
    for (uint32_t i = 0, row = 0; i < header.bucket_count; i++) {
        while (row + 1 < ROWS && pcs[row + 1] <= header.first_pc + (i << UNWIND_BUCKET_BITS))
            row++;
        blob.buckets[i] = row;
    }
    return blob;
}

static const struct unwind_row *find_slowly(const struct blob *blob, uint32_t pc)
{
    const struct unwind_row *found = NULL;
    for (uint32_t i = 0; i < ROWS && blob->rows[i].pc <= pc; i++)
        found = &blob->rows[i];
    return found && found->kind != UNWIND_NONE ? found : NULL;
}

TEST(every_pc_finds_its_row)
{
    (void)state;
    static const unsigned gaps[] = {1, 3, 40, 300, 3000};
    for (unsigned g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        struct blob blob = make_blob(gaps[g]);
        struct unwind_table table;
        assert_true(unwind_table_open(blob.bytes, blob.length, &table));
        uint32_t last = blob.rows[ROWS - 1].pc + 1000, stride = 1 + gaps[g] / 16;
        for (uint32_t pc = FIRST - 600; pc < last; pc += stride)
            assert_ptr_equal(unwind_table_find(&table, pc), find_slowly(&blob, pc));
        for (uint32_t i = 0; i < ROWS; i++)
            assert_ptr_equal(unwind_table_find(&table, blob.rows[i].pc), find_slowly(&blob, blob.rows[i].pc));
        free(blob.bytes);
    }
}

TEST(the_ends_of_the_address_range)
{
    (void)state;
    struct blob blob = make_blob(40);
    struct unwind_table table;
    assert_true(unwind_table_open(blob.bytes, blob.length, &table));
    blob.rows[ROWS - 1].kind = UNWIND_END;
    assert_null(unwind_table_find(&table, 0));
    assert_null(unwind_table_find(&table, FIRST - 1));
    assert_ptr_equal(unwind_table_find(&table, UINT32_MAX), &blob.rows[ROWS - 1]);
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
    REFUSED(row_count, 0);
    REFUSED(row_count, UINT32_MAX);
    REFUSED(row_count, UINT32_MAX / sizeof(struct unwind_row) + 2);
    REFUSED(extra_count, good.total_bytes);
    REFUSED(bucket_count, 0);
    REFUSED(bucket_count, good.bucket_count + 1);
    REFUSED(bucket_count, UINT32_MAX / 4 + 2);
    REFUSED(rows, good.total_bytes);
    REFUSED(rows, UINT32_MAX);
    REFUSED(rows, good.rows + 1);
    REFUSED(buckets, good.buckets + 4);
    REFUSED(extras, UINT32_MAX - 3);
    free(blob.bytes);
}

/* The arena is shared memory: rows and buckets may be overwritten after they were checked. */
TEST(overwritten_rows_and_buckets_keep_the_search_inside)
{
    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct blob blob = make_blob(40);
        struct unwind_table table;
        assert_true(unwind_table_open(blob.bytes, blob.length, &table));
        for (unsigned i = 0; i < 1 + noise() % 400; i++) {
            size_t at = sizeof(struct unwind_table_header) + noise() % (blob.length - sizeof(struct unwind_table_header));
            blob.bytes[at] = (uint8_t)(round % 3 ? noise() : 0xff);
        }
        for (unsigned i = 0; i < 500; i++) {
            const struct unwind_row *row = unwind_table_find(&table, i % 2 ? FIRST + noise() % 40000 : noise());
            assert_true(!row || (row >= blob.rows && row < blob.rows + ROWS));
        }
        free(blob.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pc_finds_its_row),
        cmocka_unit_test(the_ends_of_the_address_range),
        cmocka_unit_test(blobs_that_do_not_fit_are_refused),
        cmocka_unit_test(overwritten_rows_and_buckets_keep_the_search_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
