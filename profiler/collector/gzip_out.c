/* See gzip_out.h. */
#include "profiler/collector/gzip_out.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#include "profiler/collector/text_out.h"

/* Fast rather than small, as in report_data.c: the file is rewritten beside a live service. */
enum { DEFLATE_LEVEL = 3, GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 8, PIECE_BYTES = 32 * 1024 };

struct packer {
    struct text_out *out;
    z_stream stream;
    unsigned char packed[PIECE_BYTES];
};

static bool pack(struct packer *packer, const char *bytes, size_t count, int flush)
{
    packer->stream.next_in = (const unsigned char *)bytes;
    packer->stream.avail_in = (unsigned)count;
    for (;;) {
        packer->stream.next_out = packer->packed;
        packer->stream.avail_out = sizeof packer->packed;
        int result = deflate(&packer->stream, flush);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            return false;
        }
        text_out_bytes(packer->out, (const char *)packer->packed, sizeof packer->packed - packer->stream.avail_out);
        if (packer->stream.avail_out > 0 || result == Z_STREAM_END) {
            return !packer->out->failed;
        }
    }
}

static bool sink(void *context, const char *bytes, size_t count)
{
    return pack(context, bytes, count, Z_NO_FLUSH);
}

void gzip_out_write(struct text_out *out, void (*write)(struct text_out *out, const void *context), const void *context)
{
    struct packer *packer = calloc(1, sizeof *packer);
    if (!packer || deflateInit2(&packer->stream, DEFLATE_LEVEL, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(packer);
        out->failed = true;
        return;
    }
    packer->out = out;
    struct text_out plain;
    text_out_init(&plain, sink, packer);
    write(&plain, context);
    if (!text_out_flush(&plain) || !pack(packer, "", 0, Z_FINISH)) {
        out->failed = true;
    }
    text_out_deinit(&plain);
    deflateEnd(&packer->stream);
    free(packer);
}
