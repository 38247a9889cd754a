/* An ELF file inside a section, compressed with xz. Both sizes are bounded: libraries have some 100 KiB of it, and a few bytes of xz can
 * stand for gigabytes. */
#include "profiler/collector/mini_debug_file.h"

#include <stdlib.h>

#include <lzma.h>

#include "profiler/collector/require_memory.h"

enum { IMAGE_MAX_BYTES = 64 << 20, DECODER_MAX_BYTES = 64 << 20, FIRST_BYTES = 256 << 10 };

/* The whole stream into memory that the caller frees. NULL: damaged or too long. */
static uint8_t *expand(const uint8_t *packed, size_t packed_bytes, size_t *ret_bytes)
{
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&stream, DECODER_MAX_BYTES, 0) != LZMA_OK)
        return NULL;
    uint8_t *image = NULL;
    size_t bytes = 0, capacity = 0;
    lzma_ret status = LZMA_OK;
    stream.next_in = packed;
    stream.avail_in = packed_bytes;
    while (status == LZMA_OK && bytes < IMAGE_MAX_BYTES) {
        image = require_room(image, &capacity, bytes ? bytes + 1 : FIRST_BYTES, 1);
        stream.next_out = image + bytes;
        stream.avail_out = capacity - bytes;
        status = lzma_code(&stream, LZMA_FINISH);
        bytes = capacity - stream.avail_out;
    }
    lzma_end(&stream);
    if (status != LZMA_STREAM_END) {
        free(image);
        return NULL;
    }
    *ret_bytes = bytes;
    return image;
}

bool mini_debug_file_open(struct symbol_file *ret, const struct symbol_file *stripped)
{
    GElf_Shdr header;
    Elf_Scn *section;
    const char *why;
    size_t bytes;
    if (!symbol_file_section(stripped, ".gnu_debugdata", &header, &section) || header.sh_type == SHT_NOBITS)
        return false;
    const Elf_Data *data = elf_rawdata(section, NULL);
    uint8_t *image = data && data->d_buf ? expand(data->d_buf, data->d_size, &bytes) : NULL;
    return image && symbol_file_open_image(ret, image, bytes, &why);
}
