/* The bytes of a file being written: malloc'ed, doubled when full. */
#ifndef SERVICE_OUTPUT_BUFFER_H
#define SERVICE_OUTPUT_BUFFER_H

#include "service/encode/encode.h"

struct output_buffer {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
};

/* ret: false when memory is out; `buffer` is then empty. */
bool output_buffer_init(struct output_buffer *buffer, size_t capacity);
void output_buffer_deinit(struct output_buffer *buffer);

/* Room for `more` bytes behind `length`. ret: false when memory is out; `buffer` is unchanged then. */
bool output_buffer_reserve(struct output_buffer *buffer, size_t more);
bool output_buffer_append(struct output_buffer *buffer, const uint8_t *bytes, size_t length);

/* Give the bytes away, cut to their length; `buffer` is empty afterwards. */
void output_buffer_release(struct output_buffer *buffer, struct encoded *ret);

#endif
