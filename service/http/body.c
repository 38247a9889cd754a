/* Pieces of an upload -> one buffer. With a Content-Length it has its final size from the start and nothing ever moves;
 * a chunked body doubles (beyond 128 KiB that is mremap, which moves pages and not bytes). */
#include "service/http/body.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY_BYTES = 64 << 10, BUDGET_STEP_BYTES = 64 << 10 };

void body_init(struct body *body, struct memory_budget *budget, uint64_t declared_bytes)
{
    *body = (struct body){.budget = budget, .capacity = (size_t)declared_bytes};
}

void body_deinit(struct body *body)
{
    free(body->bytes);
    if (body->taken_bytes > 0) {
        memory_budget_give(body->budget, body->taken_bytes);
    }
    *body = (struct body){0};
}

static enum status pay(struct body *body, size_t length)
{
    while (body->taken_bytes < length) {
        if (!memory_budget_take(body->budget, BUDGET_STEP_BYTES)) {
            return STATUS_OVERLOADED;
        }
        body->taken_bytes += BUDGET_STEP_BYTES;
    }
    return STATUS_OK;
}

static enum status make_room(struct body *body, size_t length)
{
    size_t capacity = body->capacity > 0 ? body->capacity : FIRST_CAPACITY_BYTES;
    while (capacity < length) {
        capacity *= 2; /* length is bounded by MAX_BODY_BYTES: no overflow */
    }
    if (body->bytes && capacity == body->capacity) {
        return STATUS_OK;
    }
    uint8_t *bytes = realloc(body->bytes, capacity);
    if (!bytes) {
        return STATUS_NO_MEMORY;
    }
    body->bytes = bytes;
    body->capacity = capacity;
    return STATUS_OK;
}

enum status body_append(struct body *body, const void *bytes, size_t length)
{
    enum status status = pay(body, body->length + length);
    if (status == STATUS_OK) {
        status = make_room(body, body->length + length);
    }
    if (status == STATUS_OK) {
        memcpy(body->bytes + body->length, bytes, length);
        body->length += length;
    }
    return status;
}
