/* See key_table.h. Open addressing, at most half full. */
#include "profiler/collector/key_table.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/require_memory.h"

void key_table_init(struct key_table *ret, size_t key_bytes)
{
    *ret = (struct key_table){.key_bytes = key_bytes, .slot_count = 64};
    ret->slots = require_array(ret->slot_count, sizeof ret->slots[0]);
}

void key_table_deinit(struct key_table *table)
{
    free(table->keys);
    free(table->slots);
    *table = (struct key_table){0};
}

static uint64_t hash_bytes(const uint8_t *bytes, size_t length)
{
    uint64_t hash = UINT64_C(0x9e3779b97f4a7c15);
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        hash = (hash ^ word) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    for (; length > 0; bytes++, length--) {
        hash = (hash ^ *bytes) * UINT64_C(0xff51afd7ed558ccd);
        hash ^= hash >> 32;
    }
    return hash;
}

static void grow(struct key_table *table)
{
    free(table->slots);
    table->slot_count *= 2;
    table->slots = require_array(table->slot_count, sizeof table->slots[0]);
    for (uint32_t i = 0; i < table->count; i++) {
        uint32_t at = (uint32_t)hash_bytes(key_table_at(table, i), table->key_bytes) & (table->slot_count - 1);
        while (table->slots[at]) {
            at = (at + 1) & (table->slot_count - 1);
        }
        table->slots[at] = i + 1;
    }
}

uint32_t key_table_find(const struct key_table *table, const void *key, uint32_t none)
{
    uint32_t at = (uint32_t)hash_bytes(key, table->key_bytes) & (table->slot_count - 1);
    for (; table->slots[at]; at = (at + 1) & (table->slot_count - 1)) {
        if (memcmp(key_table_at(table, table->slots[at] - 1), key, table->key_bytes) == 0) {
            return table->slots[at] - 1;
        }
    }
    return none;
}

uint32_t key_table_add(struct key_table *table, const void *key, bool *ret_new)
{
    uint32_t at = (uint32_t)hash_bytes(key, table->key_bytes) & (table->slot_count - 1);
    for (; table->slots[at]; at = (at + 1) & (table->slot_count - 1)) {
        if (memcmp(key_table_at(table, table->slots[at] - 1), key, table->key_bytes) == 0) {
            if (ret_new) {
                *ret_new = false;
            }
            return table->slots[at] - 1;
        }
    }
    table->keys = require_room(table->keys, &table->capacity, (size_t)table->count + 1, table->key_bytes);
    memcpy(table->keys + table->count * table->key_bytes, key, table->key_bytes);
    table->slots[at] = ++table->count;
    if (2 * table->count > table->slot_count) {
        grow(table);
    }
    if (ret_new) {
        *ret_new = true;
    }
    return table->count - 1;
}
