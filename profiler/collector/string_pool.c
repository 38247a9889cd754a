/* An arena of blocks for the bytes and an open-addressing hash table over them. Nothing is ever removed, so a block never moves. */
#include "profiler/collector/string_pool.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/require_memory.h"

enum {
    BLOCK_BYTES = 64 * 1024, /* more than any text */
    FIRST_SLOTS = 1024,
    MAX_TEXT_BYTES = 16 * 1024,  /* longer ones are cut: names of C++ templates come near it, nothing else does */
    MAX_POOL_BYTES = 256 << 20,  /* a crooked file can name each of its addresses anew: what comes behind that is not told apart */
};
static const char TOO_MANY[] = "(more names than hotline keeps)";

struct block {
    struct block *previous;
    char bytes[];
};

struct slot {
    const char *text; /* NULL: free */
    size_t length;
    uint64_t hash;
};

struct string_pool {
    struct block *blocks;
    char *free_bytes;
    size_t free_count;
    struct slot *slots; /* a power of two, at most 3/4 full */
    size_t slot_count, used;
    size_t total_bytes; /* of all texts */
};

struct string_pool *string_pool_create(void)
{
    struct string_pool *pool = require_array(1, sizeof *pool);
    pool->slot_count = FIRST_SLOTS;
    pool->slots = require_array(pool->slot_count, sizeof *pool->slots);
    return pool;
}

void string_pool_destroy(struct string_pool *pool)
{
    if (!pool)
        return;
    for (struct block *block = pool->blocks, *previous; block; block = previous) {
        previous = block->previous;
        free(block);
    }
    free(pool->slots);
    free(pool);
}

/* FNV-1a, then a finalizer: the table takes its low bits. Inputs are file contents the user chose to profile; a crafted flood of
 * collisions costs its author's own report some time. */
static uint64_t hash_bytes(const char *text, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static struct slot *find_slot(struct slot *slots, size_t slot_count, const char *text, size_t length, uint64_t hash)
{
    for (size_t i = hash & (slot_count - 1);; i = (i + 1) & (slot_count - 1)) {
        struct slot *slot = &slots[i];
        if (!slot->text || (slot->hash == hash && slot->length == length && memcmp(slot->text, text, length) == 0))
            return slot;
    }
}

static void grow_table(struct string_pool *pool)
{
    size_t larger = pool->slot_count * 2;
    struct slot *slots = require_array(larger, sizeof *slots);
    for (size_t i = 0; i < pool->slot_count; i++) {
        const struct slot *old = &pool->slots[i];
        if (old->text)
            *find_slot(slots, larger, old->text, old->length, old->hash) = *old;
    }
    free(pool->slots);
    pool->slots = slots;
    pool->slot_count = larger;
}

static char *take_bytes(struct string_pool *pool, size_t bytes)
{
    if (bytes > pool->free_count) {
        struct block *block = require_array(1, sizeof *block + BLOCK_BYTES);
        block->previous = pool->blocks;
        pool->blocks = block;
        pool->free_bytes = block->bytes;
        pool->free_count = BLOCK_BYTES;
    }
    char *taken = pool->free_bytes;
    pool->free_bytes += bytes;
    pool->free_count -= bytes;
    return taken;
}

const char *string_pool_intern_bytes(struct string_pool *pool, const char *text, size_t length)
{
    length = length < MAX_TEXT_BYTES ? length : MAX_TEXT_BYTES;
    uint64_t hash = hash_bytes(text, length);
    struct slot *slot = find_slot(pool->slots, pool->slot_count, text, length, hash);
    if (slot->text)
        return slot->text;
    if (pool->total_bytes > MAX_POOL_BYTES)
        return TOO_MANY;
    if (pool->used >= pool->slot_count / 4 * 3) {
        grow_table(pool);
        slot = find_slot(pool->slots, pool->slot_count, text, length, hash);
    }
    char *copy = take_bytes(pool, length + 1);
    memcpy(copy, text, length);
    copy[length] = 0;
    *slot = (struct slot){copy, length, hash};
    pool->used++;
    pool->total_bytes += length + 1;
    return copy;
}

const char *string_pool_intern(struct string_pool *pool, const char *text)
{
    return string_pool_intern_bytes(pool, text, strlen(text));
}

const char *string_pool_format(struct string_pool *pool, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return string_pool_intern(pool, "(out of memory)");
    const char *interned = string_pool_intern_bytes(pool, text, (size_t)length);
    free(text);
    return interned;
}
