/* See proto_in.h. */
#include "profiler/collector/proto_in.h"

enum { TYPE_VARINT = 0, TYPE_FIXED64 = 1, TYPE_BYTES = 2, TYPE_FIXED32 = 5, TYPE_BITS = 3 };

uint64_t proto_in_varint(struct proto_in *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (in->pos == in->end) {
            break;
        }
        uint8_t byte = *in->pos++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return value;
        }
    }
    in->failed = true;
    in->pos = in->end;
    return 0;
}

static struct proto_in take(struct proto_in *in, uint64_t count)
{
    if (count > proto_in_left(in)) {
        in->failed = true;
        count = 0;
    }
    struct proto_in taken = proto_in_over(in->pos, (size_t)count);
    in->pos += count;
    return taken;
}

bool proto_in_next(struct proto_in *in, struct proto_field *ret)
{
    if (in->pos == in->end || in->failed) {
        return false;
    }
    uint64_t key = proto_in_varint(in), number = key >> TYPE_BITS;
    *ret = (struct proto_field){.number = (uint32_t)number};
    if (number == 0 || number > UINT32_MAX >> TYPE_BITS) {
        in->failed = true;
        return false;
    }
    switch (key & ((1U << TYPE_BITS) - 1)) {
    case TYPE_VARINT:
        ret->value = proto_in_varint(in);
        break;
    case TYPE_BYTES:
        ret->is_bytes = true;
        ret->bytes = take(in, proto_in_varint(in));
        break;
    case TYPE_FIXED64: /* of fields that profiles do not have: stepped over */
        take(in, 8);
        ret->number = 0;
        break;
    case TYPE_FIXED32:
        take(in, 4);
        ret->number = 0;
        break;
    default:
        in->failed = true;
    }
    return !in->failed;
}
