/* [S] See ring.h. The first half runs in the program's signal handler, the second in the collector. */
#include "profiler/session/ring.h"

#include <string.h>

#include "profiler/session/stack_pack.h"

/* head and tail count bytes for ever, so "full" and "empty" differ and no index ever wraps (2^64 bytes). */
bool ring_reserve(struct ring_chunk *chunk, uint32_t bytes, struct ring_space *ret)
{
    uint64_t head = atomic_load_explicit(&chunk->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&chunk->tail, memory_order_acquire);
    uint64_t used = head - tail;
    uint32_t at = (uint32_t)(head % SESSION_RING_BYTES);
    uint32_t to_end = SESSION_RING_BYTES - at;
    uint32_t pad = to_end < bytes ? to_end : 0;
    /* Another process may have written here: a place that is not a record's would lead behind the ring. */
    if (head % 8 != 0 || used > SESSION_RING_BYTES || SESSION_RING_BYTES - used < (uint64_t)bytes + pad) {
        return false;
    }
    if (pad) {
        /* Not visible before the commit of the record behind it. */
        struct sample_record *filler = (struct sample_record *)(void *)(chunk->data + at);
        filler->bytes = (uint16_t)pad;
        filler->kind = SAMPLE_PAD;
        at = 0;
    }
    ret->chunk = chunk;
    ret->head = head + pad;
    ret->bytes = chunk->data + at;
    return true;
}

void ring_commit(const struct ring_space *space, uint32_t bytes)
{
    atomic_store_explicit(&space->chunk->head, space->head + bytes, memory_order_release);
}

bool ring_is_filling(const struct ring_chunk *chunk)
{
    return atomic_load_explicit(&chunk->head, memory_order_relaxed) - atomic_load_explicit(&chunk->tail, memory_order_relaxed) >
           SESSION_RING_BYTES / 4;
}

static bool record_is_whole(const uint8_t *buffer, uint32_t bytes)
{
    struct sample_record record;
    memcpy(&record, buffer, sizeof record);
    if (record.slot >= SESSION_SLOTS) {
        return false;
    }
    if (record.kind == SAMPLE_WALKED) {
        return record.depth >= 1 && record.depth <= SAMPLE_MAX_DEPTH &&
               bytes == sizeof record + record.depth * sizeof(uint64_t);
    }
    if (record.kind == SAMPLE_DEFERRED && bytes >= sizeof record + sizeof(struct sample_deferred)) {
        struct sample_deferred deferred;
        memcpy(&deferred, buffer + sizeof record, sizeof deferred);
        return deferred.stack_bytes <= SAMPLE_MAX_STACK_BYTES && deferred.stack_bytes % 8 == 0 &&
               bytes == sizeof record + sizeof deferred + deferred.stack_bytes &&
               deferred.stack_address <= UINT64_MAX - STACK_PACK_MAX_SPAN_BYTES;
    }
    return false;
}

static uint32_t give_up(struct ring_reader *reader, uint64_t head)
{
    reader->corrupt = true;
    reader->tail = head;
    atomic_store_explicit(&reader->chunk->tail, head, memory_order_release);
    return 0;
}

uint32_t ring_read(struct ring_reader *reader, void *buffer, uint32_t buffer_bytes)
{
    uint64_t head = 0;
    /* A PAD is never alone: it is published with the record behind it. Two in a row, and a writer that goes on like that could keep
     * the reader here for ever. */
    for (unsigned pads = 0; pads < 2; pads++) {
        head = atomic_load_explicit(&reader->chunk->head, memory_order_acquire);
        uint64_t used = head - reader->tail;
        if (used == 0) {
            return 0;
        }
        uint32_t at = (uint32_t)(reader->tail % SESSION_RING_BYTES);
        uint32_t to_end = SESSION_RING_BYTES - at;
        if (used > SESSION_RING_BYTES || used % 8 != 0 || at % 8 != 0) {
            return give_up(reader, head);
        }
        /* Read the size once: the program may change it between a check and a use. */
        const struct sample_record *record = (const struct sample_record *)(const void *)(reader->chunk->data + at);
        uint16_t bytes = __atomic_load_n(&record->bytes, __ATOMIC_RELAXED);
        uint8_t kind = __atomic_load_n(&record->kind, __ATOMIC_RELAXED);
        if (bytes < 8 || bytes % 8 != 0 || bytes > to_end || bytes > used) {
            return give_up(reader, head);
        }
        bool pad = kind == SAMPLE_PAD && bytes == to_end;
        if (!pad) {
            if (bytes < sizeof(struct sample_record) || bytes > buffer_bytes) {
                return give_up(reader, head);
            }
            memcpy(buffer, reader->chunk->data + at, bytes);
            memcpy(buffer, &bytes, sizeof bytes);
        }
        reader->tail += bytes;
        atomic_store_explicit(&reader->chunk->tail, reader->tail, memory_order_release);
        if (pad) {
            continue;
        }
        if (!record_is_whole(buffer, bytes)) {
            return give_up(reader, head);
        }
        return bytes;
    }
    return give_up(reader, head);
}
