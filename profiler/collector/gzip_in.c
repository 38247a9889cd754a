/* See gzip_in.h. */
#include "profiler/collector/gzip_in.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

enum { GZIP_WINDOW_BITS = 15 + 16, FIRST_BYTES = 1 << 16 };

uint8_t *gzip_in_read(const uint8_t *bytes, size_t count, size_t most, size_t *ret_count, const char **ret_why)
{
    z_stream stream = {0};
    uint8_t *plain = NULL;
    size_t room = 0, filled = 0;
    int result = inflateInit2(&stream, GZIP_WINDOW_BITS);
    if (result != Z_OK || count > UINT32_MAX || most > UINT32_MAX) {
        *ret_why = result != Z_OK ? "out of memory" : "it is too large";
        return NULL;
    }
    stream.next_in = bytes;
    stream.avail_in = (unsigned)count;
    *ret_why = NULL;
    while (!*ret_why && result != Z_STREAM_END) {
        if (filled == room) {
            size_t more = room == 0 ? FIRST_BYTES : 2 * room;
            more = more < most ? more : most;
            uint8_t *grown = more > room ? realloc(plain, more) : NULL;
            if (!grown) {
                *ret_why = more > room ? "out of memory" : "it is too large";
                break;
            }
            plain = grown;
            room = more;
        }
        stream.next_out = plain + filled;
        stream.avail_out = (unsigned)(room - filled);
        result = inflate(&stream, Z_NO_FLUSH);
        filled = room - stream.avail_out;
        if (result == Z_BUF_ERROR || (result == Z_OK && stream.avail_in == 0 && stream.avail_out > 0)) {
            *ret_why = "it ends in the middle";
        } else if (result != Z_OK && result != Z_STREAM_END) {
            *ret_why = result == Z_MEM_ERROR ? "out of memory" : "its compression is damaged";
        }
    }
    if (!*ret_why && stream.avail_in > 0) {
        *ret_why = "there is something behind its end";
    }
    inflateEnd(&stream);
    if (*ret_why) {
        free(plain);
        return NULL;
    }
    *ret_count = filled;
    return plain;
}
