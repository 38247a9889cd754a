/* The bytes of columns: planes, ids, differences, the texts behind them, through deflate and base64 and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "profiler/collector/profile.h"
#include "profiler/collector/report_columns.h"

#define TEST(name) static void name(void **state)
#define NAMED(name) cmocka_unit_test(name)

enum { MOST_BYTES = 1 << 22 };

struct made_columns {
    struct text_out out;
    struct report_columns columns;
    unsigned char *bytes; /* unpacked */
    size_t count;
};

static void make(struct made_columns *made)
{
    *made = (struct made_columns){0};
    text_out_init(&made->out, NULL, NULL);
    report_columns_init(&made->columns, packed_out_create(&made->out));
    assert_false(made->columns.failed);
}

static unsigned digit(char letter)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = letter ? strchr(digits, letter) : NULL;
    assert_true(found != NULL);
    return (unsigned)(found - digits);
}

static void put_texts(struct text_out *out, const void *context)
{
    text_out_format(out, "\"v\":%s,", (const char *)context);
}

/* Write the end, take the base64 and the deflate off. */
static void finish(struct made_columns *made, const char *value)
{
    report_columns_texts(&made->columns, put_texts, value);
    assert_false(made->columns.failed);
    assert_true(packed_out_finish(made->columns.packed));
    size_t letters = made->out.count, deflated_count = 0;
    assert_int_equal(letters % 4, 0);
    unsigned char *deflated = malloc(letters + 1);
    made->bytes = malloc(MOST_BYTES);
    assert_true(deflated != NULL && made->bytes != NULL);
    for (size_t i = 0; i < letters; i += 4) {
        const char *text = made->out.bytes + i;
        size_t padding = text[2] == '=' ? 2 : text[3] == '=' ? 1 : 0;
        assert_true(padding == 0 || i + 4 == letters);
        unsigned group = digit(text[0]) << 18 | digit(text[1]) << 12 | (padding < 2 ? digit(text[2]) << 6 : 0) | (padding < 1 ? digit(text[3]) : 0);
        for (size_t j = 0; j < 3 - padding; j++) {
            deflated[deflated_count++] = (unsigned char)(group >> (16 - 8 * j));
        }
    }
    z_stream stream = {.next_in = deflated, .avail_in = (unsigned)deflated_count, .next_out = made->bytes, .avail_out = MOST_BYTES};
    assert_int_equal(inflateInit2(&stream, -15), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    made->count = stream.total_out;
    inflateEnd(&stream);
    free(deflated);
}

static void drop(struct made_columns *made)
{
    packed_out_destroy(made->columns.packed);
    report_columns_deinit(&made->columns);
    text_out_deinit(&made->out);
    free(made->bytes);
}

static void assert_bytes(const struct made_columns *made, const unsigned char *columns, size_t count, const char *json)
{
    size_t json_bytes = strlen(json);
    assert_int_equal(made->count, count + json_bytes + 4);
    assert_memory_equal(made->bytes, columns, count);
    assert_memory_equal(made->bytes + count, json, json_bytes);
    const unsigned char length[4] = {(unsigned char)json_bytes, (unsigned char)(json_bytes >> 8)};
    assert_memory_equal(made->bytes + count + json_bytes, length, 4);
}

TEST(a_column_has_as_many_planes_as_its_largest_number_needs)
{
    (void)state;
    static const uint64_t small[] = {7, 255, 0}, large[] = {1, 0x0a0b0c, 256}, wide[] = {UINT64_C(0x0102030405060708)};
    struct made_columns made;
    make(&made);
    REPORT_COLUMN(&made.columns, "a.small", COLUMN_NUMBERS, 3, small[i]);
    REPORT_COLUMN(&made.columns, "a.large", COLUMN_NUMBERS, 3, large[i]);
    REPORT_COLUMN(&made.columns, "a.none", COLUMN_NUMBERS, 0, small[i]);
    REPORT_COLUMN(&made.columns, "b.wide", COLUMN_NUMBERS, 1, wide[i]);
    finish(&made, "2");
    static const unsigned char expected[] = {7, 255, 0, 1, 0x0c, 0, 0, 0x0b, 1, 0, 0x0a, 0, 8, 7, 6, 5, 4, 3, 2, 1};
    assert_bytes(&made, expected, sizeof expected,
                 "{\"v\":2,\"columns\":[[\"a.small\",0,3,1],[\"a.large\",0,3,3],[\"a.none\",0,0,1],[\"b.wide\",0,1,8]]}");
    drop(&made);
}

TEST(none_is_zero_and_rises_are_differences)
{
    (void)state;
    static const uint32_t ids[] = {PROFILE_NONE, 0, 254}, rises[] = {5, 5, 300, 301};
    struct made_columns made;
    make(&made);
    REPORT_COLUMN(&made.columns, "a.ids", COLUMN_IDS, 3, ids[i]);
    REPORT_COLUMN(&made.columns, "a.rises", COLUMN_RISES, 4, rises[i]);
    finish(&made, "2");
    static const unsigned char expected[] = {0, 1, 255, 5, 0, 39, 1, 0, 0, 1, 0};
    assert_bytes(&made, expected, sizeof expected, "{\"v\":2,\"columns\":[[\"a.ids\",1,3,1],[\"a.rises\",2,4,2]]}");
    drop(&made);
}

TEST(bytes_stand_as_they_are_behind_a_change_of_ways)
{
    (void)state;
    struct made_columns made;
    make(&made);
    REPORT_COLUMN(&made.columns, "a.one", COLUMN_NUMBERS, 1, 9);
    assert_true(packed_out_expect(made.columns.packed, PACKED_TEXT));
    report_columns_announce(&made.columns, "a.text", 5);
    report_columns_bytes(&made.columns, "\xff<\n", 3);
    report_columns_bytes(&made.columns, "ab", 2);
    finish(&made, "\"</script>\"");
    static const unsigned char expected[] = {9, 0xff, '<', '\n', 'a', 'b'};
    assert_bytes(&made, expected, sizeof expected, "{\"v\":\"</script>\",\"columns\":[[\"a.one\",0,1,1],[\"a.text\",0,5,1]]}");
    assert_null(memchr(made.out.bytes, '<', made.out.count));
    drop(&made);
}

/* More than the encoder's piece, of numbers that do not deflate, and then text: the change of ways meets a buffer in any state. */
TEST(much_of_both_kinds_comes_back)
{
    (void)state;
    enum { NUMBERS = 300000, TEXT = 200000 };
    for (unsigned less = 0; less < 3; less++) {
        struct made_columns made;
        make(&made);
        uint32_t count = NUMBERS - less, random = 1;
        REPORT_COLUMN(&made.columns, "a.random", COLUMN_NUMBERS, count, (random = random * 1664525 + 1013904223) >> 16);
        assert_true(packed_out_expect(made.columns.packed, PACKED_TEXT));
        report_columns_announce(&made.columns, "a.text", TEXT);
        for (uint32_t i = 0; i < TEXT / 20; i++) {
            report_columns_bytes(&made.columns, "    return value;  \n", 20);
        }
        finish(&made, "2");
        random = 1;
        for (uint32_t i = 0; i < count; i++) {
            random = random * 1664525 + 1013904223;
            assert_int_equal(made.bytes[i] | made.bytes[count + i] << 8, random >> 16);
        }
        assert_memory_equal(made.bytes + 2 * count + TEXT - 20, "    return value;  \n", 20);
        drop(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        NAMED(a_column_has_as_many_planes_as_its_largest_number_needs),
        NAMED(none_is_zero_and_rises_are_differences),
        NAMED(bytes_stand_as_they_are_behind_a_change_of_ways),
        NAMED(much_of_both_kinds_comes_back),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
