/* Protocol buffer messages, written. A message is collected in a text_out in memory, then put, with its length before it, into the
 * message (or file) that it is a part of. */
#ifndef HOTLINE_PROTO_OUT_H
#define HOTLINE_PROTO_OUT_H

#include <stddef.h>
#include <stdint.h>

struct text_out;

void proto_out_varint(struct text_out *out, uint64_t value);

/* A field that holds a number; none when it is 0, as readers assume then. */
void proto_out_number(struct text_out *out, uint32_t field, uint64_t value);

void proto_out_bytes(struct text_out *out, uint32_t field, const char *bytes, size_t count);

/* A field that holds what `part` collected: a message, or packed numbers. `part` is empty afterwards, its memory kept for the next. */
void proto_out_part(struct text_out *out, uint32_t field, struct text_out *part);

#endif
