/* The ring with its writer stopped at every single instruction: a child is single-stepped by its parent, which reads the ring in between.
 * What is drained is always whole samples, in order; a writer that is killed anywhere leaves a ring that can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "profiler/session/ring.h"

enum {
    RECORDS = 12,
    DEPTH_MAX = 24,
    ROOM_BYTES = sizeof(struct sample_record) + DEPTH_MAX * sizeof(uint64_t),
    STEPS_MAX = 200000, /* far more than writing takes; less with a sanitizer's checks between */
};

static struct ring_chunk *chunk; /* shared with the child */

static unsigned depth_of(uint64_t number) { return 1 + (unsigned)(number * 7 % DEPTH_MAX); }

/* Begins so near the end that the third record or so needs a PAD. */
static void begin_ring(void)
{
    memset(chunk, 0xee, sizeof *chunk);
    atomic_store(&chunk->head, 3 * (uint64_t)SESSION_RING_BYTES - 600);
    atomic_store(&chunk->tail, 3 * (uint64_t)SESSION_RING_BYTES - 600);
}

static struct ring_reader begin_reading(void) { return (struct ring_reader){.chunk = chunk, .tail = 3 * (uint64_t)SESSION_RING_BYTES - 600}; }

static void write_records(unsigned count)
{
    for (uint64_t number = 1; number <= count; number++) {
        struct ring_space space;
        if (!ring_reserve(chunk, ROOM_BYTES, &space)) {
            _exit(2);
        }
        struct sample_record record = {.kind = SAMPLE_WALKED, .depth = (uint16_t)depth_of(number), .time_ns = number};
        record.bytes = (uint16_t)(sizeof record + record.depth * sizeof(uint64_t));
        uint64_t *pcs = (uint64_t *)(void *)(space.bytes + sizeof record);
        for (unsigned i = 0; i < record.depth; i++) {
            pcs[i] = number * 1000 + i;
        }
        memcpy(space.bytes, &record, sizeof record);
        ring_commit(&space, record.bytes);
    }
}

/* Everything that is there, which must be the records behind *read. */
static void read_records(struct ring_reader *reader, uint64_t *read)
{
    uint8_t buffer[1024];
    uint32_t bytes;
    while ((bytes = ring_read(reader, buffer, sizeof buffer)) > 0) {
        struct sample_record record;
        memcpy(&record, buffer, sizeof record);
        assert_int_equal(record.time_ns, ++*read);
        assert_int_equal(record.depth, depth_of(*read));
        assert_int_equal(record.bytes, bytes);
        for (unsigned i = 0; i < record.depth; i++) {
            uint64_t pc;
            memcpy(&pc, buffer + sizeof record + i * sizeof pc, sizeof pc);
            assert_int_equal(pc, *read * 1000 + i);
        }
    }
    assert_false(reader->corrupt);
}

/* A child that waits to be stepped through write_records(). */
static pid_t start_writer(unsigned records)
{
    begin_ring();
    pid_t writer = fork();
    if (writer == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        write_records(records);
        raise(SIGSTOP); /* the end of what is stepped */
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    return writer;
}

/* ret: there is another instruction. */
static bool step(pid_t writer)
{
    int status;
    assert_int_equal(ptrace(PTRACE_SINGLESTEP, writer, NULL, NULL), 0);
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_true(WIFSTOPPED(status));
    return WSTOPSIG(status) == SIGTRAP;
}

static void end_writer(pid_t writer)
{
    kill(writer, SIGKILL);
    waitpid(writer, NULL, 0);
}

static int make_chunk(void **state)
{
    (void)state;
    chunk = mmap(NULL, sizeof *chunk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return chunk == MAP_FAILED;
}

static int free_chunk(void **state)
{
    (void)state;
    return munmap(chunk, sizeof *chunk);
}

/* The reader goes along: each record appears once, as a whole, in the instruction that publishes it. */
static void a_reader_at_every_instruction_sees_whole_records(void **state)
{
    (void)state;
    pid_t writer = start_writer(RECORDS);
    struct ring_reader reader = begin_reading();
    uint64_t read = 0;
    unsigned steps = 0;
    while (step(writer) && ++steps < STEPS_MAX) {
        uint64_t before = read;
        read_records(&reader, &read);
        assert_true(read - before <= 1);
    }
    end_writer(writer);
    assert_int_equal(read, RECORDS);
    assert_true(steps > 100 && steps < STEPS_MAX);
    assert_true(atomic_load(&chunk->head) > 3 * (uint64_t)SESSION_RING_BYTES); /* the PAD was there */
}

/* Nobody reads until the writer has stopped for good: a fresh reader at every instruction. */
static void a_ring_found_at_any_instruction_is_whole(void **state)
{
    (void)state;
    pid_t writer = start_writer(RECORDS);
    uint64_t most = 0;
    unsigned steps = 0;
    while (step(writer) && ++steps < STEPS_MAX) {
        struct ring_chunk *live = chunk, *copy = malloc(sizeof *copy);
        assert_non_null(copy);
        memcpy(copy, live, sizeof *copy);
        chunk = copy;
        struct ring_reader reader = begin_reading();
        uint64_t read = 0;
        read_records(&reader, &read);
        chunk = live;
        free(copy);
        assert_true(read == most || read == most + 1);
        most = read;
    }
    end_writer(writer);
    assert_int_equal(most, RECORDS);
}

/* Killed for real after 1, 2, 3... instructions, across the PAD; then another writer goes on in the same ring. */
static void a_writer_killed_at_any_instruction_leaves_a_ring_to_go_on_with(void **state)
{
    (void)state;
    enum { FEW = 5 };
    bool more = true;
    uint64_t read = 0;
    for (unsigned steps = 1; more; steps += 1 + steps / 400) { /* every one of the first 400, where the PAD is */
        pid_t writer = start_writer(FEW);
        for (unsigned i = 0; i < steps && more; i++) {
            more = step(writer);
        }
        end_writer(writer);
        struct ring_reader reader = begin_reading();
        read = 0;
        read_records(&reader, &read);
        assert_true(read <= FEW);
        struct ring_space space;
        assert_true(ring_reserve(chunk, ROOM_BYTES, &space));
        struct sample_record record = {.kind = SAMPLE_WALKED, .depth = 1, .time_ns = 99, .bytes = sizeof record + 8};
        memcpy(space.bytes, &record, sizeof record);
        ring_commit(&space, record.bytes);
        uint8_t buffer[1024];
        assert_int_equal(ring_read(&reader, buffer, sizeof buffer), record.bytes);
        assert_memory_equal(buffer, &record, sizeof record);
    }
    assert_int_equal(read, FEW);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_chunk, free_chunk)
    const struct CMUnitTest tests[] = {
        TEST(a_reader_at_every_instruction_sees_whole_records),
        TEST(a_ring_found_at_any_instruction_is_whole),
        TEST(a_writer_killed_at_any_instruction_leaves_a_ring_to_go_on_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
