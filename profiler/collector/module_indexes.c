/* See module_indexes.h. The shared memory is only written to: what stands there is remembered here, as the program may overwrite it. */
#include "profiler/collector/module_indexes.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/require_memory.h"

enum {
    ROOM_STEP_BYTES = 512, /* 12 modules: rooms fit the next process's list too */
    INDEXES_MAX = 8192,    /* more than there are processes: a hostile one may keep withdrawn lists from being freed */
};

void module_indexes_init(struct module_indexes *ret)
{
    *ret = (struct module_indexes){0};
}

void module_indexes_deinit(struct module_indexes *indexes)
{
    free(indexes->all);
    *indexes = (struct module_indexes){0};
}

static uint64_t hash_of(const struct unwind_module *modules, uint32_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a, by words */
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t words[] = {modules[i].start, modules[i].end, modules[i].bias, modules[i].table};
        for (unsigned word = 0; word < sizeof words / sizeof words[0]; word++) {
            hash = (hash ^ words[word]) * UINT64_C(0x100000001b3);
            hash ^= hash >> 32;
        }
    }
    return hash;
}

static struct module_index *index_at(const struct session_owner *owner, uint64_t at)
{
    return (struct module_index *)(void *)(owner->session->arena + at);
}

static uint64_t value_of(const struct published_index *index)
{
    return (uint64_t)index->serial << MODULE_INDEX_SERIAL_SHIFT | index->at;
}

static struct published_index *find_equal(struct module_indexes *indexes, const struct session_owner *owner,
                                          const struct unwind_module *modules, uint32_t count, uint64_t hash)
{
    for (uint32_t i = 0; i < indexes->count; i++) {
        struct published_index *index = &indexes->all[i];
        if (index->state == INDEX_USED && index->hash == hash && index->count == count &&
            (count == 0 || memcmp(index_at(owner, index->at)->modules, modules, count * sizeof modules[0]) == 0)) {
            return index;
        }
    }
    return NULL;
}

/* Room for a list of `bytes`: free, or new in the arena. NULL: the arena is full. */
static struct published_index *find_room(struct module_indexes *indexes, struct session_owner *owner, uint32_t bytes)
{
    for (uint32_t i = 0; i < indexes->count; i++) {
        struct published_index *index = &indexes->all[i];
        if (index->state == INDEX_FREE && index->room_bytes >= bytes && index->room_bytes / 2 <= bytes) {
            return index;
        }
    }
    if (indexes->count == INDEXES_MAX) {
        return NULL;
    }
    uint32_t room_bytes = (bytes + ROOM_STEP_BYTES - 1) / ROOM_STEP_BYTES * ROOM_STEP_BYTES;
    void *nothing = require_array(room_bytes, 1);
    uint64_t at = session_arena_add(owner, nothing, room_bytes);
    free(nothing);
    if (!at) {
        return NULL;
    }
    size_t capacity = indexes->capacity;
    indexes->all = require_room(indexes->all, &capacity, (size_t)indexes->count + 1, sizeof indexes->all[0]);
    indexes->capacity = (uint32_t)capacity;
    indexes->all[indexes->count] = (struct published_index){.at = at, .room_bytes = room_bytes, .state = INDEX_FREE};
    return &indexes->all[indexes->count++];
}

uint64_t module_indexes_publish(struct module_indexes *indexes, struct session_owner *owner, const struct unwind_module *modules,
                                uint32_t count)
{
    uint64_t hash = hash_of(modules, count);
    struct published_index *index = find_equal(indexes, owner, modules, count, hash);
    if (!index) {
        index = find_room(indexes, owner, (uint32_t)(sizeof(struct module_index) + count * sizeof modules[0]));
        if (!index) {
            return 0;
        }
        if (++indexes->last_serial == 0) {
            indexes->last_serial = 1;
        }
        struct module_index *published = index_at(owner, index->at);
        published->count = count;
        if (count) {
            memcpy(published->modules, modules, count * sizeof modules[0]);
        }
        __atomic_store_n(&published->serial, indexes->last_serial, __ATOMIC_RELEASE);
        index->hash = hash;
        index->count = count;
        index->users = 0;
        index->serial = indexes->last_serial;
        index->state = INDEX_USED;
    }
    index->users++;
    return value_of(index);
}

void module_indexes_withdraw(struct module_indexes *indexes, const struct session_owner *owner, uint64_t published)
{
    for (uint32_t i = 0; published && i < indexes->count; i++) {
        struct published_index *index = &indexes->all[i];
        if (index->state == INDEX_USED && value_of(index) == published) {
            if (--index->users == 0) {
                index->state = INDEX_WITHDRAWN;
                __atomic_store_n(&index_at(owner, index->at)->serial, 0, __ATOMIC_SEQ_CST);
            }
            return;
        }
    }
}

static bool is_handler_at_work(const struct session *session)
{
    for (uint32_t i = 0; i < SESSION_CHUNKS; i++) {
        if (atomic_load(&session->header.chunk_owner[i]) & CHUNK_BUSY) {
            return true;
        }
    }
    return false;
}

void module_indexes_reclaim(struct module_indexes *indexes, const struct session_owner *owner)
{
    uint32_t withdrawn = 0;
    for (uint32_t i = 0; i < indexes->count; i++) {
        withdrawn += indexes->all[i].state == INDEX_WITHDRAWN;
    }
    if (withdrawn == 0 || is_handler_at_work(owner->session)) {
        return;
    }
    for (uint32_t i = 0; i < indexes->count; i++) {
        if (indexes->all[i].state == INDEX_WITHDRAWN) {
            indexes->all[i].state = INDEX_FREE;
        }
    }
}
