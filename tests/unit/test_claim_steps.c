/* Taking a process block, a thread slot and a ring chunk, stopped wherever the session changes: a child runs the sampler's own code, its
 * parent single-steps it and is the collector. Killed there, it leaves nothing behind that stays taken; left alone, no sample is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "profiler/collector/drain.h"
#include "profiler/sampler/sampler.h"
#include "tests/unit/made_ticks.h"

enum {
    TICKS = 3,
    USED = 4, /* blocks, slots and chunks that are looked at */
    STEPS_MAX = 500000,
};
static const uint64_t PERIOD_NS = 10000000, MISSED_NS = 200000000;

static struct session_owner owner;

/* The collector's side. */
static struct modules modules;
static struct processes processes;
static struct thread_table threads;
static struct aggregate aggregate;
static struct drain drain;
static uint64_t now_ns;

static void begin_collector(void)
{
    struct session *session = owner.session;
    for (unsigned i = 0; i < SESSION_CHUNKS; i++) {
        atomic_store(&session->header.chunk_owner[i], 0);
    }
    session->header.slot_hint = session->header.chunk_hint = session->header.process_hint = 0;
    session->header.slot_high = session->header.process_high = 0;
    session->header.sample_period_ns = PERIOD_NS;
    memset(session->slots, 0, USED * sizeof session->slots[0]);
    memset(session->processes, 0, USED * sizeof session->processes[0]);
    memset(session->chunks, 0, USED * sizeof session->chunks[0]);
    now_ns = clock_now_ns(CLOCK_MONOTONIC);
    modules_init(&modules);
    processes_init(&processes);
    thread_table_init(&threads);
    assert_true(aggregate_init(&aggregate, 100000000));
    drain_init(&drain, &owner, &modules, &processes, &threads, &aggregate, now_ns, 0);
}

static void end_collector(void)
{
    drain_deinit(&drain);
    aggregate_deinit(&aggregate);
    thread_table_deinit(&threads);
    processes_deinit(&processes);
    modules_deinit(&modules);
}

static void look(void)
{
    now_ns += UINT64_C(10000000000); /* whatever is idle has been so for long */
    processes_update(&processes, &owner, &modules, true);
    drain_pass(&drain, now_ns, false);
}

/* The program's side. */
static void live(void)
{
    sampler.session = owner.session;
    sampler.signal_number = SIGPROF;
    if (!process_claim_block()) {
        _exit(2);
    }
    thread_begin(thread_claim_slot(), clock_now_ns(CLOCK_THREAD_CPUTIME_ID), 0, 0); /* a thread with samples */
    for (int i = 0; i < TICKS; i++) {
        made_tick(0x1000, 0);
    }
    thread_end();
    thread_begin(thread_claim_slot(), clock_now_ns(CLOCK_THREAD_CPUTIME_ID), 0, 0); /* one without */
    thread_end();
    /* And one without that the report shall name: it used CPU time all the same, and takes a chunk only to end with. */
    thread_begin(thread_claim_slot(), clock_now_ns(CLOCK_THREAD_CPUTIME_ID) - MISSED_NS, 0, 0);
    thread_end();
}

static pid_t start_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        live();
        raise(SIGSTOP);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    return child;
}

/* What of the session says that something is taken. */
struct claims {
    struct session_header header;
    struct thread_slot slots[USED];
    uint8_t blocks[USED][128];
    uint64_t heads[USED];
};

static void read_claims(struct claims *ret)
{
    memcpy(&ret->header, &owner.session->header, sizeof ret->header);
    memcpy(ret->slots, owner.session->slots, sizeof ret->slots);
    for (unsigned i = 0; i < USED; i++) {
        memcpy(ret->blocks[i], &owner.session->processes[i], sizeof ret->blocks[i]);
        ret->heads[i] = atomic_load(&owner.session->chunks[i].head);
    }
}

/* Step the child until it has changed the session. false: it is at the end of live(). */
static bool step_to_change(pid_t child)
{
    struct claims before, now;
    read_claims(&before);
    for (unsigned steps = 0; steps < STEPS_MAX; steps++) {
        int status;
        assert_int_equal(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSTOPPED(status));
        if (WSTOPSIG(status) == SIGSTOP) {
            return false;
        }
        assert_int_equal(WSTOPSIG(status), SIGTRAP);
        read_claims(&now);
        if (memcmp(&before, &now, sizeof before) != 0) {
            return true;
        }
    }
    fail();
    return false;
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void require_threads_gone(void)
{
    for (unsigned i = 0; i < USED; i++) {
        assert_int_equal(atomic_load(&owner.session->slots[i].state), SLOT_FREE);
    }
    for (unsigned i = 0; i < SESSION_CHUNKS; i++) {
        assert_int_equal(atomic_load(&owner.session->header.chunk_owner[i]), 0);
    }
    assert_int_equal(drain.counts.corrupt, 0);
}

static void require_all_gone(void)
{
    require_threads_gone();
    for (unsigned i = 0; i < USED; i++) {
        assert_int_equal(atomic_load(&owner.session->processes[i].state), PROCESS_FREE);
        assert_false(processes.views[i].known);
    }
}

/* Run the child up to its change number `change`, kill it there, and look whether everything comes back. ret: there was such a change. */
static bool kill_at(unsigned change, bool met_alive)
{
    begin_collector();
    pid_t child = start_child();
    bool more = true;
    for (unsigned i = 0; i < change && more; i++) {
        more = step_to_change(child);
    }
    if (met_alive) {
        look();
    }
    end_child(child);
    look();
    look();
    require_all_gone();
    assert_true(more || drain.counts.samples == TICKS);
    end_collector();
    return more;
}

static void a_process_killed_before_it_was_seen_leaves_nothing(void **state)
{
    (void)state;
    unsigned changes = 0;
    while (kill_at(changes, false)) {
        changes++;
    }
    assert_true(changes > 40);
}

static void a_process_killed_after_it_was_seen_leaves_nothing(void **state)
{
    (void)state;
    for (unsigned changes = 0; kill_at(changes, true);) {
        changes++;
    }
}

/* The collector, short of chunks, looks after change number `change` and takes back what is idle; the program goes on. Once, the slot of a
 * thread stayed taken whose chunk was taken back between its last look at it and its end. */
static bool take_back_at(unsigned change)
{
    begin_collector();
    pid_t child = start_child();
    bool more = true;
    for (unsigned i = 0; more; i++) {
        if (i == change) {
            look();
            for (unsigned round = 0; round < 2; round++) {
                drain.chunks_in_use = SESSION_CHUNKS;
                look();
            }
        }
        more = step_to_change(child);
        if (!more && i < change) {
            change = 0;
        }
    }
    look();
    look();
    require_threads_gone(); /* the process is alive, its threads are not */
    assert_int_equal(drain.counts.samples, TICKS);
    end_child(child);
    look();
    require_all_gone();
    end_collector();
    return change > 0;
}

static void chunks_taken_back_at_any_moment_lose_neither_samples_nor_slots(void **state)
{
    (void)state;
    for (unsigned changes = 1; take_back_at(changes);) {
        changes++;
    }
}

/* All chunks but one are taken for good. */
static void leave_one_chunk(bool leave)
{
    for (unsigned i = 1; i < SESSION_CHUNKS; i++) {
        atomic_store(&owner.session->header.chunk_owner[i], leave ? CHUNK_OF_COLLECTOR : 0);
    }
}

/* This process's turn to be a program: one thread, one tick. ret: its sample found a ring. */
static bool tick_beside(void)
{
    sampler.session = owner.session;
    assert_true(process_claim_block());
    thread_begin(thread_claim_slot(), clock_now_ns(CLOCK_THREAD_CPUTIME_ID), 0, 0);
    const struct thread_slot *slot = &owner.session->slots[thread_state.slot];
    made_tick(0x2000, 0);
    bool written = atomic_load(&slot->samples) == 1;
    thread_end();
    return written;
}

/* After change number `change` another thread needs the only chunk; the child goes on, or is killed there. ret: there was such a change. */
static bool take_over_at(unsigned change, bool killed, unsigned *written)
{
    begin_collector();
    leave_one_chunk(true);
    pid_t child = start_child();
    bool more = true, taken = false;
    for (unsigned i = 0; more && !(killed && i > change); i++) {
        more = step_to_change(child);
        if (more && i == change) {
            taken = tick_beside();
        }
        if (!more && i <= change) {
            change = 0;
        }
    }
    *written += taken;
    if (killed) {
        end_child(child);
    }
    for (unsigned i = 0; i < 3; i++) {
        look();
    }
    leave_one_chunk(false);
    require_threads_gone();
    if (!killed) {
        assert_int_equal(drain.counts.samples, TICKS + taken);
        end_child(child);
    }
    end_collector();
    return change > 0;
}

static void chunks_taken_over_at_any_moment_lose_neither_samples_nor_slots(void **state)
{
    (void)state;
    for (unsigned killed = 0; killed < 2; killed++) {
        unsigned changes = 1, written = 0;
        while (take_over_at(changes, killed, &written)) {
            changes++;
        }
        assert_true(written > changes / 2 && written < changes); /* not while the other one writes */
    }
}

static int make_session(void **state)
{
    (void)state;
    return session_create(&owner, SESSION_ENGINE_TIMER, PERIOD_NS, true) ? 0 : 1;
}

static int free_session(void **state)
{
    (void)state;
    session_destroy(&owner);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_killed_before_it_was_seen_leaves_nothing),
        cmocka_unit_test(a_process_killed_after_it_was_seen_leaves_nothing),
        cmocka_unit_test(chunks_taken_back_at_any_moment_lose_neither_samples_nor_slots),
        cmocka_unit_test(chunks_taken_over_at_any_moment_lose_neither_samples_nor_slots),
    };
    return cmocka_run_group_tests(tests, make_session, free_session);
}
