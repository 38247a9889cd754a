/* Checked reads of protocol buffer messages. A read behind the end, or of what is no message, sets `failed`, which stays. */
#ifndef HOTLINE_PROTO_IN_H
#define HOTLINE_PROTO_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proto_in {
    const uint8_t *pos, *end;
    bool failed;
};

/* One field: a number, or bytes, which may be text, a message or packed numbers. */
struct proto_field {
    uint32_t number;
    bool is_bytes;
    uint64_t value;
    struct proto_in bytes;
};

static inline struct proto_in proto_in_over(const uint8_t *bytes, size_t count)
{
    return (struct proto_in){bytes, bytes + count, false};
}

static inline size_t proto_in_left(const struct proto_in *in)
{
    return (size_t)(in->end - in->pos);
}

uint64_t proto_in_varint(struct proto_in *in);

/* The next field; false: there is none, or `in` failed. */
bool proto_in_next(struct proto_in *in, struct proto_field *ret);

#endif
