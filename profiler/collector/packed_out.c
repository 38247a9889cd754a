/* See packed_out.h. */
#include "profiler/collector/packed_out.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "profiler/collector/text_out.h"

/* Fast rather than small: the report is rewritten beside a live service. The columns of 530,000 cells, 200,000 nodes and 34,000 frames, 6.5 MB:
 * runs alone 35 ms and 2.17 MB, level 1 58 ms and 2.19 MB, level 3 88 ms and 2.11 MB, level 6 208 ms and 2.01 MB. */
static const struct {
    int level, strategy;
} WAYS[] = {[PACKED_NUMBERS] = {1, Z_RLE}, [PACKED_TEXT] = {3, Z_DEFAULT_STRATEGY}};
enum { RAW_WINDOW_BITS = -15, MEMORY_LEVEL = 8, PIECE_BYTES = 48 * 1024, BASE64_BYTES = 3 };

struct packed_out {
    struct text_out *out;
    z_stream stream;
    unsigned char piece[PIECE_BYTES]; /* deflated, not yet encoded */
};

struct packed_out *packed_out_create(struct text_out *out)
{
    struct packed_out *packed = calloc(1, sizeof *packed);
    if (!packed || deflateInit2(&packed->stream, WAYS[PACKED_NUMBERS].level, Z_DEFLATED, RAW_WINDOW_BITS, MEMORY_LEVEL,
                                WAYS[PACKED_NUMBERS].strategy) != Z_OK) {
        free(packed);
        return NULL;
    }
    packed->out = out;
    packed->stream.next_out = packed->piece;
    packed->stream.avail_out = sizeof packed->piece;
    return packed;
}

void packed_out_destroy(struct packed_out *packed)
{
    if (packed) {
        deflateEnd(&packed->stream);
        free(packed);
    }
}

static void put_base64(struct text_out *out, const unsigned char *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[4 * 256];
    size_t length = 0;
    for (size_t i = 0; i < count; i += BASE64_BYTES) {
        size_t left = count - i;
        uint32_t group =
            (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
        text[length++] = digits[group >> 18];
        text[length++] = digits[group >> 12 & 63];
        text[length++] = left > 1 ? digits[group >> 6 & 63] : '=';
        text[length++] = left > 2 ? digits[group & 63] : '=';
        if (length == sizeof text) {
            text_out_bytes(out, text, length);
            length = 0;
        }
    }
    text_out_bytes(out, text, length);
}

/* Only whole groups are encoded before the end, so that '=' stands nowhere else. */
static void hand_on(struct packed_out *packed, bool all)
{
    size_t count = sizeof packed->piece - packed->stream.avail_out, left = all ? 0 : count % BASE64_BYTES;
    put_base64(packed->out, packed->piece, count - left);
    memmove(packed->piece, packed->piece + count - left, left);
    packed->stream.next_out = packed->piece + left;
    packed->stream.avail_out = (unsigned)(sizeof packed->piece - left);
}

bool packed_out_expect(struct packed_out *packed, enum packed_kind kind)
{
    int result;
    while ((result = deflateParams(&packed->stream, WAYS[kind].level, WAYS[kind].strategy)) == Z_BUF_ERROR) {
        hand_on(packed, false);
    }
    return result == Z_OK;
}

bool packed_out_put(struct packed_out *packed, const void *bytes, size_t count)
{
    packed->stream.next_in = bytes;
    packed->stream.avail_in = (unsigned)count;
    while (packed->stream.avail_in > 0) {
        if (deflate(&packed->stream, Z_NO_FLUSH) != Z_OK) {
            return false;
        }
        if (packed->stream.avail_out == 0) {
            hand_on(packed, false);
        }
    }
    return true;
}

bool packed_out_finish(struct packed_out *packed)
{
    int result;
    while ((result = deflate(&packed->stream, Z_FINISH)) == Z_OK || result == Z_BUF_ERROR) {
        hand_on(packed, false);
    }
    hand_on(packed, true);
    return result == Z_STREAM_END;
}
