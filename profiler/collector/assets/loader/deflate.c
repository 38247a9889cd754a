/* A file on stdin -> deflated, as tightly as libdeflate can, on stdout. Runs while hotline is built. */
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIGHTEST = 12, MOST_BYTES = 8 << 20 };

int main(void)
{
    char *in = malloc(MOST_BYTES), *out = malloc(MOST_BYTES);
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(TIGHTEST);
    size_t bytes = in && out && compressor ? fread(in, 1, MOST_BYTES, stdin) : 0;
    size_t packed = bytes > 0 && bytes < MOST_BYTES ? libdeflate_deflate_compress(compressor, in, bytes, out, MOST_BYTES) : 0;
    return packed > 0 && fwrite(out, 1, packed, stdout) == packed && fflush(stdout) == 0 ? 0 : 1;
}
