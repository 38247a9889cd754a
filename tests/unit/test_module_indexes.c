/* The module lists in the arena: shared, withdrawn, and their room used again, but never under a handler that may be reading them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "profiler/collector/module_indexes.h"

enum { MODULES = 9 };

#define TEST(name) static void name(void **state)

struct fixture {
    struct session_owner owner;
    struct module_indexes indexes;
    struct unwind_module modules[MODULES];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (!fixture || !session_create(&fixture->owner, SESSION_ENGINE_TIMER, 10000000, true))
        return 1;
    module_indexes_init(&fixture->indexes);
    for (unsigned i = 0; i < MODULES; i++)
        fixture->modules[i] = (struct unwind_module){.start = 0x10000 * (i + 1), .end = 0x10000 * (i + 1) + 0x8000, .table = 64};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    module_indexes_deinit(&fixture->indexes);
    session_destroy(&fixture->owner);
    free(fixture);
    return 0;
}

/* As the next exec finds its libraries: elsewhere. */
static uint64_t publish_moved(struct fixture *fixture, uint64_t distance)
{
    for (unsigned i = 0; i < MODULES; i++)
        fixture->modules[i].bias = distance;
    return module_indexes_publish(&fixture->indexes, &fixture->owner, fixture->modules, MODULES);
}

static const struct module_index *at(const struct fixture *fixture, uint64_t published)
{
    return (const void *)(fixture->owner.session->arena + (published & UINT32_MAX));
}

static uint32_t serial_of(uint64_t published) { return (uint32_t)(published >> MODULE_INDEX_SERIAL_SHIFT); }

TEST(equal_lists_are_one_until_the_last_user_is_gone)
{
    struct fixture *fixture = *state;
    uint64_t parent = publish_moved(fixture, 1), child = publish_moved(fixture, 1), other = publish_moved(fixture, 2);
    assert_int_equal(parent, child);
    assert_int_not_equal(parent, other);
    assert_int_equal(at(fixture, parent)->count, MODULES);
    assert_int_equal(at(fixture, parent)->modules[3].bias, 1);
    module_indexes_withdraw(&fixture->indexes, &fixture->owner, parent);
    assert_int_equal(at(fixture, child)->serial, serial_of(child));
    module_indexes_withdraw(&fixture->indexes, &fixture->owner, child);
    assert_int_equal(at(fixture, child)->serial, 0);
    assert_int_equal(at(fixture, other)->serial, serial_of(other));
}

/* Every exec has its libraries elsewhere: 96 MB were full after some 560,000 of them. */
TEST(a_million_execs_take_the_room_of_one)
{
    struct fixture *fixture = *state;
    uint64_t used = 0;
    for (uint64_t i = 1; i <= 1000000; i++) {
        uint64_t published = publish_moved(fixture, i);
        assert_int_not_equal(published, 0);
        used = used ? used : fixture->owner.arena_used;
        module_indexes_withdraw(&fixture->indexes, &fixture->owner, published);
        module_indexes_reclaim(&fixture->indexes, &fixture->owner);
    }
    assert_int_equal(fixture->owner.arena_used, used);
}

TEST(room_is_not_used_again_while_a_handler_is_at_work)
{
    struct fixture *fixture = *state;
    struct session *session = fixture->owner.session;
    uint64_t first = publish_moved(fixture, 1);
    atomic_store(&session->header.chunk_owner[2], 8 | CHUNK_BUSY);
    module_indexes_withdraw(&fixture->indexes, &fixture->owner, first);
    module_indexes_reclaim(&fixture->indexes, &fixture->owner);
    uint64_t second = publish_moved(fixture, 2);
    assert_int_not_equal(second & UINT32_MAX, first & UINT32_MAX);
    assert_int_equal(at(fixture, first)->modules[0].bias, 1); /* what the handler reads still stands there */
    atomic_store(&session->header.chunk_owner[2], 8);
    module_indexes_reclaim(&fixture->indexes, &fixture->owner);
    uint64_t third = publish_moved(fixture, 3);
    assert_int_equal(third & UINT32_MAX, first & UINT32_MAX);
    assert_int_not_equal(serial_of(third), serial_of(first)); /* who knows the old list sees that this is another one */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(equal_lists_are_one_until_the_last_user_is_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_million_execs_take_the_room_of_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(room_is_not_used_again_while_a_handler_is_at_work, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
