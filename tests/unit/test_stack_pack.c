/* A packed stack holds every address that unwinding can need, at its place, and everything else as no address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "profiler/session/stack_pack.h"

enum { WORDS = STACK_PACK_MAX_SPAN_BYTES / 8 };

static const struct stack_pack_rule rule = {
    .low = 0x400000, .high = 0x420000, .near = UINT64_C(0x7ffd12345678), .code = UINT64_C(0x7fff00000000)};
static uint64_t stack[WORDS], unpacked[WORDS], packed[2 * WORDS];

static uint64_t expected(uint64_t word)
{
    bool kept = word >> 40 == 0x7f || (word >= 0x400000 && word < 0x420000);
    return kept || word == 0 ? word : STACK_PACK_OTHER;
}

/* One word in `every` is an address. */
static void fill(unsigned every)
{
    static const uint64_t addresses[] = {0x400000, 0x41ffff, 0x7f0000000000, 0x7fffffffffff, 0x7ffd00000008};
    static const uint64_t others[] = {0, 0x3fffff, 0x420000, 0x800000000000, 0x7e0000000000, UINT64_MAX, 1, 0x6c6c6548};
    uint32_t random = every;
    for (unsigned i = 0; i < WORDS; i++) {
        random = random * 1664525 + 1013904223;
        stack[i] = (random >> 8) % every == 0 ? addresses[(random >> 20) % 5] : others[(random >> 20) % 8];
    }
}

static void addresses_stay_and_the_rest_is_none(void **state)
{
    (void)state;
    for (unsigned every = 1; every < 200; every += 7) {
        size_t bytes;
        fill(every);
        size_t words = every == 1 ? 1000 : WORDS - every; /* also a last block that is not full */
        assert_int_equal(stack_pack(stack, words * 8, &rule, packed, sizeof packed, &bytes), words * 8);
        assert_int_equal(stack_unpack(packed, bytes, unpacked, words * 8), words * 8);
        for (size_t i = 0; i < words; i++) {
            assert_int_equal(unpacked[i], expected(stack[i]));
        }
    }
}

static void what_does_not_fit_is_cut_behind_a_whole_block(void **state)
{
    (void)state;
    fill(2);
    for (size_t room = 0; room < 20000; room += 808) {
        size_t bytes, cut;
        memset(packed, 0xee, sizeof packed);
        cut = stack_pack(stack, sizeof stack, &rule, packed, room, &bytes);
        assert_true(bytes <= room && cut % (STACK_PACK_BLOCK_WORDS * 8) == 0);
        assert_int_equal(packed[room / 8 + 1], UINT64_C(0xeeeeeeeeeeeeeeee));
        /* What comes back may be longer only by words that are no address. */
        size_t back = stack_unpack(packed, bytes, unpacked, sizeof unpacked);
        assert_int_equal(back, cut);
    }
}

static void buffers_pack_well(void **state)
{
    (void)state;
    size_t bytes;
    fill(64);
    assert_int_equal(stack_pack(stack, 128 * 1024, &rule, packed, 16 * 1024, &bytes), 128 * 1024);
    assert_true(bytes < 8 * 1024);
}

static void hostile_bytes_stay_within_bounds(void **state)
{
    (void)state;
    uint32_t random = 3;
    for (int round = 0; round < 2000; round++) {
        size_t words = random % 300, room = random % 700;
        for (size_t i = 0; i < words; i++) {
            random = random * 1664525 + 1013904223;
            packed[i] = (uint64_t)random << (random % 40);
        }
        unpacked[room] = 0x5a5a;
        assert_true(stack_unpack(packed, words * 8, unpacked, room * 8) <= room * 8);
        assert_int_equal(unpacked[room], 0x5a5a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_stay_and_the_rest_is_none),
        cmocka_unit_test(what_does_not_fit_is_cut_behind_a_whole_block),
        cmocka_unit_test(buffers_pack_well),
        cmocka_unit_test(hostile_bytes_stay_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
