/* See proto_out.h. */
#include "profiler/collector/proto_out.h"

#include "profiler/collector/text_out.h"

enum { TYPE_VARINT = 0, TYPE_BYTES = 2, VARINT_BYTES = 10 };

void proto_out_varint(struct text_out *out, uint64_t value)
{
    char bytes[VARINT_BYTES];
    size_t count = 0;
    for (; value > 0x7f; value >>= 7) {
        bytes[count++] = (char)(0x80 | (value & 0x7f));
    }
    bytes[count++] = (char)value;
    text_out_bytes(out, bytes, count);
}

void proto_out_number(struct text_out *out, uint32_t field, uint64_t value)
{
    if (value != 0) {
        proto_out_varint(out, (uint64_t)field << 3 | TYPE_VARINT);
        proto_out_varint(out, value);
    }
}

void proto_out_bytes(struct text_out *out, uint32_t field, const char *bytes, size_t count)
{
    proto_out_varint(out, (uint64_t)field << 3 | TYPE_BYTES);
    proto_out_varint(out, count);
    text_out_bytes(out, bytes, count);
}

void proto_out_part(struct text_out *out, uint32_t field, struct text_out *part)
{
    proto_out_bytes(out, field, part->bytes, part->count);
    out->failed |= part->failed;
    part->count = 0;
}
