/* The ring: whole records in order, full and empty told apart, a hostile writer never leads the reader outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profiler/session/ring.h"

static struct ring_chunk *chunk;

static int make_chunk(void **state)
{
    (void)state;
    chunk = calloc(1, sizeof *chunk);
    return chunk == NULL;
}

static int free_chunk(void **state)
{
    (void)state;
    free(chunk);
    return 0;
}

static uint32_t walked_bytes(unsigned depth)
{
    return (uint32_t)(sizeof(struct sample_record) + depth * sizeof(uint64_t));
}

static bool write_walked(unsigned depth, uint64_t mark)
{
    struct ring_space space;
    if (!ring_reserve(chunk, walked_bytes(SAMPLE_MAX_DEPTH), &space)) {
        return false;
    }
    struct sample_record record = {.bytes = (uint16_t)walked_bytes(depth), .kind = SAMPLE_WALKED, .depth = (uint16_t)depth, .time_ns = mark};
    memcpy(space.bytes, &record, sizeof record);
    for (unsigned i = 0; i < depth; i++) {
        uint64_t pc = mark * 1000 + i;
        memcpy(space.bytes + sizeof record + i * sizeof pc, &pc, sizeof pc);
    }
    ring_commit(&space, record.bytes);
    return true;
}

static uint8_t buffer[64 * 1024];

static void records_come_out_whole_and_in_order(void **state)
{
    (void)state;
    struct ring_reader reader = {.chunk = chunk};
    uint64_t written = 0, read = 0;
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        random = random * 1664525 + 1013904223;
        if (random >> 31) {
            written += write_walked(1 + (random >> 8) % SAMPLE_MAX_DEPTH, written + 1);
        } else if (ring_read(&reader, buffer, sizeof buffer)) {
            struct sample_record record;
            memcpy(&record, buffer, sizeof record);
            assert_int_equal(record.time_ns, ++read);
            for (unsigned i = 0; i < record.depth; i++) {
                uint64_t pc;
                memcpy(&pc, buffer + sizeof record + i * sizeof pc, sizeof pc);
                assert_int_equal(pc, read * 1000 + i);
            }
        }
    }
    while (ring_read(&reader, buffer, sizeof buffer)) {
        read++;
    }
    assert_int_equal(read, written);
    assert_true(written > 5000);
    assert_false(reader.corrupt);
}

static void a_full_ring_refuses_and_recovers(void **state)
{
    (void)state;
    struct ring_reader reader = {.chunk = chunk};
    unsigned written = 0;
    while (write_walked(SAMPLE_MAX_DEPTH, ++written)) {
        assert_true(written < 100);
    }
    written--;
    assert_true(written >= SESSION_RING_BYTES / walked_bytes(SAMPLE_MAX_DEPTH) - 2);
    assert_false(write_walked(1, 99));
    for (unsigned i = 0; i < written; i++) {
        assert_int_equal(ring_read(&reader, buffer, sizeof buffer), walked_bytes(SAMPLE_MAX_DEPTH));
    }
    assert_int_equal(ring_read(&reader, buffer, sizeof buffer), 0);
    assert_true(write_walked(1, 1));
}

/* A writer that dies before the commit leaves nothing. */
static void an_uncommitted_record_is_not_there(void **state)
{
    (void)state;
    struct ring_reader reader = {.chunk = chunk};
    struct ring_space space;
    assert_true(ring_reserve(chunk, 4096, &space));
    memset(space.bytes, 0xff, 4096);
    assert_int_equal(ring_read(&reader, buffer, sizeof buffer), 0);
    assert_true(write_walked(3, 7));
    assert_int_equal(ring_read(&reader, buffer, sizeof buffer), walked_bytes(3));
}

static void a_hostile_ring_is_emptied_and_counted(void **state)
{
    (void)state;
    uint32_t random = 7;
    for (int round = 0; round < 3000; round++) {
        struct ring_reader reader = {.chunk = chunk};
        uint32_t *words = (uint32_t *)(void *)chunk->data;
        for (size_t i = 0; i < SESSION_RING_BYTES / 4; i += 1 + random % 97) {
            random = random * 1664525 + 1013904223;
            words[i] = random >> (random % 32);
        }
        atomic_store(&chunk->head, (uint64_t)random << (random % 24));
        atomic_store(&chunk->tail, 0);
        for (int reads = 0; reads < 20000; reads++) {
            uint32_t bytes = ring_read(&reader, buffer, sizeof buffer);
            if (bytes == 0) {
                break;
            }
            struct sample_record record;
            memcpy(&record, buffer, sizeof record);
            assert_int_equal(record.bytes, bytes);
            assert_true(record.slot < SESSION_SLOTS);
            assert_true(bytes <= sizeof buffer);
            if (record.kind == SAMPLE_WALKED) {
                assert_int_equal(bytes, walked_bytes(record.depth));
            } else {
                assert_int_equal(record.kind, SAMPLE_DEFERRED);
            }
        }
        assert_int_equal(ring_read(&reader, buffer, sizeof buffer), 0);
    }
}

/* A PAD says nothing; a writer that published one after the other, as fast as the reader took them, held it for ever. */
/* The collector looks the thread up by it. */
static void a_record_of_no_slot_is_corrupt(void **state)
{
    (void)state;
    struct ring_reader reader = {.chunk = chunk};
    assert_true(write_walked(3, 1));
    struct sample_record *record = (struct sample_record *)(void *)chunk->data;
    assert_int_equal(record->time_ns, 1);
    record->slot = SESSION_SLOTS;
    assert_int_equal(ring_read(&reader, buffer, sizeof buffer), 0);
    assert_true(reader.corrupt);
    assert_true(write_walked(3, 2));
    assert_int_equal(ring_read(&reader, buffer, sizeof buffer), walked_bytes(3));
}

static void pads_alone_are_corrupt(void **state)
{
    (void)state;
    struct ring_reader reader = {.chunk = chunk};
    struct sample_record pad = {.bytes = SESSION_RING_BYTES, .kind = SAMPLE_PAD};
    memcpy(chunk->data, &pad, sizeof pad);
    atomic_store(&chunk->head, SESSION_RING_BYTES);
    assert_int_equal(ring_read(&reader, buffer, sizeof buffer), 0); /* one: a record may have been meant to follow */
    assert_false(reader.corrupt);
    reader.tail = SESSION_RING_BYTES - 16;
    pad.bytes = 16;
    memcpy(chunk->data + SESSION_RING_BYTES - 16, &pad, 16);
    atomic_store(&chunk->head, 2 * SESSION_RING_BYTES - 16);
    pad.bytes = SESSION_RING_BYTES;
    memcpy(chunk->data, &pad, sizeof pad);
    assert_int_equal(ring_read(&reader, buffer, sizeof buffer), 0);
    assert_true(reader.corrupt);
}

/* What another program left in the ring's head once led a writer behind the ring's end. */
static void a_crooked_head_is_refused(void **state)
{
    (void)state;
    struct ring_space space;
    for (uint64_t head = SESSION_RING_BYTES - 9; head < SESSION_RING_BYTES; head++) {
        atomic_store(&chunk->head, head);
        atomic_store(&chunk->tail, head);
        assert_int_equal(ring_reserve(chunk, 64, &space), head % 8 == 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_chunk, free_chunk)
    const struct CMUnitTest tests[] = {
        TEST(records_come_out_whole_and_in_order),
        TEST(a_full_ring_refuses_and_recovers),
        TEST(an_uncommitted_record_is_not_there),
        TEST(a_hostile_ring_is_emptied_and_counted),
        TEST(a_record_of_no_slot_is_corrupt),
        TEST(pads_alone_are_corrupt),
        TEST(a_crooked_head_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
