/* Bytes -> raw deflate -> base64, into a text: data that stands in a script element of a page, where nothing in it can end the element. */
#ifndef HOTLINE_PACKED_OUT_H
#define HOTLINE_PACKED_OUT_H

#include <stdbool.h>
#include <stddef.h>

struct text_out;
struct packed_out;

/* What the next bytes are like: numbers repeat themselves as runs of one byte, texts as what stood before. */
enum packed_kind { PACKED_NUMBERS, PACKED_TEXT };

/* ret: NULL: out of memory. Begins with numbers. */
struct packed_out *packed_out_create(struct text_out *out);
void packed_out_destroy(struct packed_out *packed);

/* ret of all: false: no more may be put. */
bool packed_out_expect(struct packed_out *packed, enum packed_kind kind);
bool packed_out_put(struct packed_out *packed, const void *bytes, size_t count);
/* Once, last. */
bool packed_out_finish(struct packed_out *packed);

#endif
