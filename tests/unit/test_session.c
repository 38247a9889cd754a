/* The session: joined through the inherited descriptor or /proc, refused when it is not the right one; over when its owner is killed;
 * tag sets interned once, from any thread. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "profiler/collector/session_create.h"
#include "profiler/session/session_join.h"
#include "profiler/session/session_state.h"
#include "profiler/session/tag_intern.h"

static void leave(struct session *session)
{
    munmap(session, sizeof *session);
}

static void both_ways_lead_to_the_session(void **state)
{
    (void)state;
    struct session_owner owner;
    const char *why = NULL;
    assert_true(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    struct session *inherited = session_join(owner.environment, &why);
    assert_non_null(inherited);
    assert_int_equal(inherited->header.sample_period_ns, 10000000);
    leave(inherited);
    /* A child that closed its descriptors opens it through /proc. */
    pid_t child = fork();
    if (child == 0) {
        close(owner.fd);
        struct session *opened = session_join(owner.environment, &why);
        _exit(opened && opened->header.magic == SESSION_MAGIC ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    session_destroy(&owner);
}

static void what_is_not_the_session_is_refused(void **state)
{
    (void)state;
    struct session_owner owner;
    const char *why = NULL;
    char other[128];
    assert_true(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    assert_null(session_join("", &why));
    assert_null(session_join("1:2:3", &why));
    assert_null(session_join("1:x:3:4", &why));
    assert_null(session_join("99999999999999999999:1:1:1", &why));
    snprintf(other, sizeof other, "%d%s", SESSION_VERSION + 1, strchr(owner.environment, ':'));
    assert_null(session_join(other, &why));
    snprintf(other, sizeof other, "%d:%d:%d:1", SESSION_VERSION, (int)getpid(), owner.fd); /* another inode */
    assert_null(session_join(other, &why));
    assert_non_null(why);
    atomic_store(&owner.session->header.on, SESSION_CLOSED);
    assert_null(session_join(owner.environment, &why));
    session_destroy(&owner);
}

/* Its robust lock was once a mutex, unmapped while it was held: the C library, which keeps a list of those, wrote there when it took the
 * next one. Seen where the second session did not happen to land on the address of the first. */
static void a_destroyed_session_is_not_written_to(void **state)
{
    (void)state;
    struct session_owner first, second;
    assert_true(session_create(&first, SESSION_ENGINE_TIMER, 10000000, true));
    void *place = first.session;
    session_destroy(&first);
    assert_ptr_equal(mmap(place, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), place);
    assert_true(session_create(&second, SESSION_ENGINE_TIMER, 10000000, true));
    session_destroy(&second);
    munmap(place, 4096);
}

/* As a mutex it also kept the pointers of that list in the shared memory, where a program could bend them: letting go of it wrote
 * wherever they led. */
static void a_spoiled_lock_leads_nowhere(void **state)
{
    (void)state;
    struct session_owner owner;
    assert_true(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    memset(owner.session->header.collector_lock + sizeof(uint32_t), 0x41, sizeof owner.session->header.collector_lock - sizeof(uint32_t));
    session_destroy(&owner);
    assert_true(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    memset(owner.session->header.collector_lock, 0x41, sizeof owner.session->header.collector_lock);
    session_destroy(&owner);
}

/* The kernel marks the robust lock: no heartbeat, no pid that may be somebody else's by now. */
static void a_killed_collector_is_noticed(void **state)
{
    (void)state;
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    if (syscall(SYS_set_robust_list, NULL, 0) != 0 && errno == ENOSYS) {
        skip(); /* qemu-user has no robust locks */
    }
    pid_t collector = fork();
    if (collector == 0) {
        struct session_owner owner;
        if (!session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true)) {
            _exit(1);
        }
        (void)!write(pipe_ends[1], owner.environment, sizeof owner.environment);
        pause();
        _exit(0);
    }
    char environment[96];
    const char *why = NULL;
    assert_int_equal(read(pipe_ends[0], environment, sizeof environment), sizeof environment);
    struct session *session = session_join(environment, &why);
    assert_non_null(session);
    assert_false(session_is_over(session));
    kill(collector, SIGKILL);
    waitpid(collector, NULL, 0);
    assert_true(session_is_over(session));
    leave(session);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void sets_are_the_same_whatever_the_order(void **state)
{
    (void)state;
    struct session_owner owner;
    assert_true(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    struct session *session = owner.session;
    uint32_t ab = tag_intern_add(session, tag_intern_add(session, 0, "a", "1"), "b", "2");
    uint32_t ba = tag_intern_add(session, tag_intern_add(session, 0, "b", "2"), "a", "1");
    assert_int_not_equal(ab, 0);
    assert_int_equal(ab, ba);
    assert_memory_equal(session->tag_sets[ab].text, "a\0001\0b\0002\0", 8);
    assert_int_equal(tag_intern_add(session, ab, "a", "1"), ab);
    assert_int_equal(tag_intern_add(session, ab, "b", ""), tag_intern_add(session, 0, "a", "1"));
    assert_int_equal(tag_intern_add(session, tag_intern_add(session, 0, "a", "1"), "a", ""), 0);
    session_destroy(&owner);
}

static void what_does_not_fit_is_left_out_and_counted(void **state)
{
    (void)state;
    struct session_owner owner;
    assert_true(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    struct session *session = owner.session;
    char long_key[80], long_value[200], key[16];
    memset(long_key, 'k', sizeof long_key - 1);
    memset(long_value, 'v', sizeof long_value - 1);
    long_key[sizeof long_key - 1] = long_value[sizeof long_value - 1] = '\0';
    assert_int_equal(tag_intern_add(session, 0, long_key, "v"), 0);
    assert_int_equal(tag_intern_add(session, 0, "k", long_value), 0);
    assert_int_equal(tag_intern_add(session, 0, "", "v"), 0);
    assert_int_equal(tag_intern_add(session, 123456, "k", "v"), 123456);
    uint32_t set = 0;
    for (int i = 0; i < TAG_SET_MAX_TAGS; i++) {
        snprintf(key, sizeof key, "key%d", i);
        set = tag_intern_add(session, set, key, "v");
    }
    assert_int_equal(session->tag_sets[set].count, TAG_SET_MAX_TAGS);
    assert_int_equal(tag_intern_add(session, set, "one more", "v"), set);
    assert_int_equal(atomic_load(&session->header.tag_sets_dropped), 5);
    /* A table full of other sets: still an answer, still counted. */
    for (int i = 0; i < 3 * SESSION_TAG_SETS; i++) {
        snprintf(key, sizeof key, "%d", i);
        tag_intern_add(session, 0, "n", key);
    }
    assert_true(atomic_load(&session->header.tag_sets_dropped) > SESSION_TAG_SETS);
    session_destroy(&owner);
}

static void *intern_many(void *session)
{
    char value[16];
    for (int i = 0; i < 2000; i++) {
        snprintf(value, sizeof value, "%d", i % 50);
        uint32_t set = tag_intern_add(session, 0, "n", value);
        const struct tag_set *entry = &((struct session *)session)->tag_sets[set];
        if (set == 0 || strcmp(entry->text, "n") != 0 || strcmp(entry->text + 2, value) != 0) {
            return session;
        }
    }
    return NULL;
}

static void many_threads_intern_at_once(void **state)
{
    (void)state;
    struct session_owner owner;
    pthread_t threads[4];
    assert_true(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, intern_many, owner.session), 0);
    }
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(atomic_load(&owner.session->header.tag_sets_dropped), 0);
    session_destroy(&owner);
}

static void the_arena_ends_before_it_overflows(void **state)
{
    (void)state;
    struct session_owner owner;
    static const uint8_t bytes[1000];
    assert_true(session_create(&owner, SESSION_ENGINE_TIMER, 10000000, true));
    uint64_t first = session_arena_add(&owner, bytes, sizeof bytes);
    assert_int_not_equal(first, 0);
    assert_int_equal(first % 64, 0);
    assert_int_equal(session_arena_add(&owner, bytes, UINT64_MAX), 0);
    owner.arena_used = SESSION_ARENA_BYTES - 1000;
    assert_int_equal(session_arena_add(&owner, bytes, 1001), 0);
    assert_int_not_equal(session_arena_add(&owner, bytes, 500), 0);
    session_destroy(&owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_lead_to_the_session),
        cmocka_unit_test(what_is_not_the_session_is_refused),
        cmocka_unit_test(a_destroyed_session_is_not_written_to),
        cmocka_unit_test(a_spoiled_lock_leads_nowhere),
        cmocka_unit_test(a_killed_collector_is_noticed),
        cmocka_unit_test(sets_are_the_same_whatever_the_order),
        cmocka_unit_test(what_does_not_fit_is_left_out_and_counted),
        cmocka_unit_test(many_threads_intern_at_once),
        cmocka_unit_test(the_arena_ends_before_it_overflows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
