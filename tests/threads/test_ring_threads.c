/* A writer and a reader at once, under ThreadSanitizer (see tests.mk), whatever the rest is built with: the ring alone; and the sampler's
 * handler against the collector's drain, with chunks taken back and threads that end in between. Every sample arrives whole, in order, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "profiler/collector/drain.h"
#include "profiler/sampler/sampler.h"
#include "profiler/sampler/hooks_signal.h"
#include "tests/unit/made_ticks.h"

enum {
    RECORDS = 60000, /* the ring goes round some 2,500 times */
    THREADS_ONE_BY_ONE = 400,
    TICKS = 60, /* of each */
};

/* -- what handler.c, thread.c and drain.c ask of files that are left out */

struct sampler sampler = {.process = NO_INDEX};
__thread struct thread_state thread_state = {.slot = NO_INDEX};

uint32_t process_generation(void) { return 0; }
bool process_claim_block(void) { return false; }
void module_list_check(uint64_t pc) { (void)pc; }
bool module_list_note(uint64_t pc) { return pc == 0; }
void module_list_note_if_code(uint64_t word) { (void)word; }
void module_list_program(uint64_t *ret_start, uint64_t *ret_end) { *ret_start = *ret_end = 0; }
bool module_list_is_stale(uint64_t module_index) { return module_index == 0; }
void hooks_signal_chain(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    fail();
}
uint32_t processes_resolve(const struct processes *processes, uint32_t index, uint64_t pc, uint64_t *ret_address)
{
    (void)processes;
    (void)index;
    *ret_address = pc;
    return NO_MODULE;
}
struct unwind_space processes_space(const struct processes *processes, uint32_t index, const struct session_owner *owner)
{
    (void)processes;
    (void)index;
    return (struct unwind_space){.arena = owner->session->arena};
}
bool processes_read_new(struct processes *processes, uint32_t index, struct session_owner *owner, struct modules *modules)
{
    (void)processes, (void)index, (void)owner, (void)modules;
    return false;
}
uint32_t processes_find_jit(struct processes *processes, uint32_t index, struct session_owner *owner, struct modules *modules)
{
    (void)processes, (void)index, (void)owner, (void)modules;
    return NO_MODULE;
}
void processes_free_dead(struct processes *processes, struct session_owner *owner)
{
    (void)processes;
    (void)owner;
}

static struct session *session;

static int make_session(void **state)
{
    (void)state;
    session = mmap(NULL, sizeof *session, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return session == MAP_FAILED;
}

static int free_session(void **state)
{
    (void)state;
    return munmap(session, sizeof *session);
}

/* -- the ring */

static unsigned depth_of(uint64_t number) { return 1 + (unsigned)(number * 2654435761u >> 16) % SAMPLE_MAX_DEPTH; }

static void *write_records(void *argument)
{
    struct ring_chunk *chunk = argument;
    for (uint64_t number = 1; number <= RECORDS;) {
        struct ring_space space;
        if (!ring_reserve(chunk, sizeof(struct sample_record) + SAMPLE_MAX_DEPTH * sizeof(uint64_t), &space)) {
            sched_yield();
            continue;
        }
        struct sample_record record = {.kind = SAMPLE_WALKED, .depth = (uint16_t)depth_of(number), .time_ns = number};
        record.bytes = (uint16_t)(sizeof record + record.depth * sizeof(uint64_t));
        uint64_t *pcs = (uint64_t *)(void *)(space.bytes + sizeof record);
        for (unsigned i = 0; i < record.depth; i++) {
            pcs[i] = number * 1000 + i;
        }
        memcpy(space.bytes, &record, sizeof record);
        ring_commit(&space, record.bytes);
        number++;
    }
    return NULL;
}

static void what_one_thread_writes_another_reads_whole_and_in_order(void **state)
{
    (void)state;
    static uint8_t buffer[32 * 1024];
    struct ring_reader reader = {.chunk = &session->chunks[0]};
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_records, reader.chunk), 0);
    for (uint64_t read = 0; read < RECORDS;) {
        struct sample_record record;
        uint32_t bytes = ring_read(&reader, buffer, sizeof buffer);
        if (bytes == 0) {
            sched_yield();
            continue;
        }
        memcpy(&record, buffer, sizeof record);
        assert_int_equal(record.time_ns, ++read);
        assert_int_equal(record.depth, depth_of(read));
        for (unsigned i = 0; i < record.depth; i++) {
            uint64_t pc;
            memcpy(&pc, buffer + sizeof record + i * sizeof pc, sizeof pc);
            assert_int_equal(pc, read * 1000 + i);
        }
    }
    pthread_join(writer, NULL);
    assert_int_equal(ring_read(&reader, buffer, sizeof buffer), 0);
    assert_false(reader.corrupt);
}

/* -- handler against drain */

static _Atomic uint64_t written, dropped; /* by threads that ended */
static _Atomic uint64_t passes;           /* of the reader */

/* Half of them with a piece of stack of changing size, the others without. */
static void tick(uint64_t number)
{
    thread_state.has_timer = thread_state.sampling = true;
    made_tick(0x1000 + number % 7, number % 2 ? thread_state.stack_high - 8 * (1 + number * 37 % 300) : 0);
}

static void *live_many_times(void *argument)
{
    (void)argument;
    static uint64_t stack[600];
    thread_state.stack_low = (uint64_t)(uintptr_t)stack;
    thread_state.stack_high = (uint64_t)(uintptr_t)(stack + 600);
    for (unsigned life = 0; life < THREADS_ONE_BY_ONE; life++) {
        for (uint64_t i = 0; i < TICKS; i++) {
            tick(i);
            if (i % 16 == 15) {
                sched_yield(); /* the reader's turn: this thread's chunk may be taken back */
            }
            /* Two passes without a tick, and it will be: ticks are too short for the reader to find one so by chance. */
            for (uint64_t seen = atomic_load(&passes); i == 31 && life % 4 == 0 && atomic_load(&passes) < seen + 3;) {
                sched_yield();
            }
        }
        const struct thread_slot *slot = &session->slots[thread_state.slot];
        atomic_fetch_add(&written, atomic_load(&slot->samples));
        atomic_fetch_add(&dropped, atomic_load(&slot->dropped));
        thread_end();
    }
    return (void *)1;
}

static void chunks_change_hands_without_losing_a_sample(void **state)
{
    (void)state;
    static struct session_owner owner;
    static struct modules modules;
    static struct processes processes;
    static struct thread_table threads;
    static struct aggregate aggregate;
    static struct drain drain;
    memset(&session->chunks[0], 0, sizeof session->chunks[0]);
    owner.session = sampler.session = session;
    session->header.sample_period_ns = 1000;
    session->header.on = SESSION_ON;
    atomic_store(&sampler.process, 0);
    session->processes[0].state = PROCESS_LIVE;
    processes.high = 1;
    processes.views[0].known = true;
    thread_table_init(&threads);
    assert_true(aggregate_init(&aggregate, 100000000));
    uint64_t now_ns = UINT64_C(1) << 50;
    drain_init(&drain, &owner, &modules, &processes, &threads, &aggregate, 0, 0);
    pthread_t writer;
    void *ended = NULL;
    unsigned taken_back = 0;
    assert_int_equal(pthread_create(&writer, NULL, live_many_times, NULL), 0);
    while (!ended) {
        if (pthread_tryjoin_np(writer, &ended) != 0) {
            ended = NULL;
        }
        drain.took_back = false;
        drain.chunks_in_use = SESSION_CHUNKS;  /* short of them */
        now_ns += UINT64_C(10000000000);       /* what nobody wrote to since the last pass is idle */
        drain_pass(&drain, now_ns, false);
        atomic_fetch_add(&passes, 1);
        taken_back += drain.took_back;
        drain.took_back = true;
    }
    for (unsigned i = 0; i < 2; i++) {
        drain_pass(&drain, now_ns, false);
    }
    assert_int_equal(drain.counts.samples, atomic_load(&written));
    assert_int_equal(atomic_load(&written) + atomic_load(&dropped), THREADS_ONE_BY_ONE * TICKS);
    assert_int_equal(atomic_load(&dropped), atomic_load(&session->header.samples_dropped) + atomic_load(&session->header.samples_without_chunk));
    assert_int_equal(drain.counts.corrupt, 0);
    assert_int_equal(drain.counts.sampled_ns, 1000 * drain.counts.samples);
    assert_true(drain.counts.deferred > 0 && drain.counts.deferred < drain.counts.samples);
    assert_true(taken_back > 0);
    for (unsigned i = 0; i < SESSION_CHUNKS; i++) {
        assert_int_equal(atomic_load(&session->header.chunk_owner[i]), 0);
    }
    for (unsigned i = 0; i < atomic_load(&session->header.slot_high); i++) {
        assert_int_equal(atomic_load(&session->slots[i].state), SLOT_FREE);
    }
    drain_deinit(&drain);
    aggregate_deinit(&aggregate);
    thread_table_deinit(&threads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_thread_writes_another_reads_whole_and_in_order),
        cmocka_unit_test(chunks_change_hands_without_losing_a_sample),
    };
    return cmocka_run_group_tests(tests, make_session, free_session);
}
