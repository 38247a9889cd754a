/* One growing block. The first capacity is the encoder's guess of the whole file, so that most files never grow. */
#include "service/encode/output_buffer.h"

#include <stdlib.h>
#include <string.h>

bool output_buffer_init(struct output_buffer *buffer, size_t capacity)
{
    *buffer = (struct output_buffer){.bytes = malloc(capacity), .capacity = capacity};
    if (!buffer->bytes)
        buffer->capacity = 0;
    return buffer->bytes != NULL;
}

void output_buffer_deinit(struct output_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct output_buffer){.bytes = NULL};
}

bool output_buffer_reserve(struct output_buffer *buffer, size_t more)
{
    if (more <= buffer->capacity - buffer->length)
        return true;
    size_t needed, capacity;
    if (__builtin_add_overflow(buffer->length, more, &needed) || __builtin_mul_overflow(needed, 2, &capacity))
        return false;
    uint8_t *bytes = realloc(buffer->bytes, capacity);
    if (!bytes)
        return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

bool output_buffer_append(struct output_buffer *buffer, const uint8_t *bytes, size_t length)
{
    if (!output_buffer_reserve(buffer, length))
        return false;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    return true;
}

void output_buffer_release(struct output_buffer *buffer, struct encoded *ret)
{
    uint8_t *cut = buffer->length ? realloc(buffer->bytes, buffer->length) : NULL;
    *ret = (struct encoded){.bytes = cut ? cut : buffer->bytes, .length = buffer->length};
    *buffer = (struct output_buffer){.bytes = NULL};
}
