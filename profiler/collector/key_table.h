/* Fixed-size keys -> dense numbers 0, 1, 2...: the hash table behind every "find this or add it" of the profile
 * builder. */
#ifndef HOTLINE_KEY_TABLE_H
#define HOTLINE_KEY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keys are compared byte by byte: zero the padding. */
struct key_table {
    uint8_t *keys; /* key_bytes each, in order of their numbers */
    size_t key_bytes;
    size_t capacity;
    uint32_t count;
    uint32_t *slots; /* number + 1 */
    uint32_t slot_count;
};

void key_table_init(struct key_table *ret, size_t key_bytes);
void key_table_deinit(struct key_table *table);

/* The number of `key`, given to it now when it is new (*ret_new, may be NULL). */
uint32_t key_table_add(struct key_table *table, const void *key, bool *ret_new);

/* The number of `key`; `none` when it has none. */
uint32_t key_table_find(const struct key_table *table, const void *key, uint32_t none);

static inline const void *key_table_at(const struct key_table *table, uint32_t number)
{
    return table->keys + number * table->key_bytes;
}

#endif
