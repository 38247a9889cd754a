/* See tag_intern.h. Open addressing over session->tag_sets; entry 0 is the empty set and never used. */
#include "profiler/session/tag_intern.h"

#include <string.h>

enum { KEY_BYTES = 63, VALUE_BYTES = 127, PROBES = 64 };

struct set_text {
    uint32_t bytes;
    uint32_t count;
    char text[TAG_SET_TEXT_BYTES];
};

static bool append(struct set_text *set, const char *key, size_t key_bytes, const char *value, size_t value_bytes)
{
    if (set->count == TAG_SET_MAX_TAGS || set->bytes + key_bytes + value_bytes + 2 > TAG_SET_TEXT_BYTES) {
        return false;
    }
    memcpy(set->text + set->bytes, key, key_bytes + 1);
    memcpy(set->text + set->bytes + key_bytes + 1, value, value_bytes + 1);
    set->bytes += (uint32_t)(key_bytes + value_bytes + 2);
    set->count++;
    return true;
}

/* `base` with key=value merged in, in key order: one text for one set, however it came about. */
static bool merge(const struct tag_set *base, const char *key, size_t key_bytes, const char *value, size_t value_bytes,
                  struct set_text *ret)
{
    bool placed = value_bytes == 0;
    uint32_t base_bytes = base->text_bytes <= TAG_SET_TEXT_BYTES ? base->text_bytes : 0;
    for (uint32_t at = 0; at < base_bytes;) {
        const char *base_key = base->text + at;
        size_t base_key_bytes = strnlen(base_key, base_bytes - at);
        if (at + base_key_bytes + 1 >= base_bytes) {
            break;
        }
        const char *base_value = base_key + base_key_bytes + 1;
        size_t base_value_bytes = strnlen(base_value, base_bytes - at - base_key_bytes - 1);
        if (at + base_key_bytes + base_value_bytes + 2 > base_bytes) {
            break;
        }
        int order = strcmp(base_key, key);
        if (order >= 0 && !placed) {
            if (!append(ret, key, key_bytes, value, value_bytes)) {
                return false;
            }
            placed = true;
        }
        if (order != 0 && !append(ret, base_key, base_key_bytes, base_value, base_value_bytes)) {
            return false;
        }
        at += (uint32_t)(base_key_bytes + base_value_bytes + 2);
    }
    return placed || append(ret, key, key_bytes, value, value_bytes);
}

static uint32_t hash_text(const struct set_text *set)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (uint32_t i = 0; i < set->bytes; i++) {
        hash = (hash ^ (uint8_t)set->text[i]) * 16777619u;
    }
    return hash;
}

static uint32_t intern(struct session *session, const struct set_text *set)
{
    uint32_t hash = hash_text(set);
    for (uint32_t probe = 0; probe < PROBES; probe++) {
        uint32_t index = 1 + (hash + probe) % (SESSION_TAG_SETS - 1);
        struct tag_set *entry = &session->tag_sets[index];
        uint32_t state = atomic_load_explicit(&entry->state, memory_order_acquire);
        if (state == TAG_SET_FREE &&
            atomic_compare_exchange_strong_explicit(&entry->state, &state, TAG_SET_BUSY, memory_order_acquire,
                                                    memory_order_acquire)) {
            entry->hash = hash;
            entry->text_bytes = set->bytes;
            entry->count = set->count;
            memcpy(entry->text, set->text, set->bytes);
            atomic_store_explicit(&entry->state, TAG_SET_READY, memory_order_release);
            return index;
        }
        /* A BUSY entry may become this very set: the collector merges equal texts, so a second copy is harmless. */
        if (state == TAG_SET_READY && entry->hash == hash && entry->text_bytes == set->bytes &&
            memcmp(entry->text, set->text, set->bytes) == 0) {
            return index;
        }
    }
    return 0;
}

uint32_t tag_intern_add(struct session *session, uint32_t base, const char *key, const char *value)
{
    if (!key || !value) {
        return base;
    }
    size_t key_bytes = strnlen(key, KEY_BYTES + 1);
    size_t value_bytes = strnlen(value, VALUE_BYTES + 1);
    struct set_text set = {0};
    uint32_t index = 0;
    bool fits = key_bytes >= 1 && key_bytes <= KEY_BYTES && value_bytes <= VALUE_BYTES && base < SESSION_TAG_SETS &&
                merge(&session->tag_sets[base], key, key_bytes, value, value_bytes, &set);
    if (fits && set.count == 0) {
        return 0;
    }
    if (fits) {
        index = intern(session, &set);
    }
    if (!index) {
        atomic_fetch_add_explicit(&session->header.tag_sets_dropped, 1, memory_order_relaxed);
        return base;
    }
    return index;
}
