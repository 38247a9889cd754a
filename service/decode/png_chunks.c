/* Six files of 57 bytes each in libpng's own collection make libpng touch 1 GiB, because it believes a chunk's length
 * before it has seen the chunk. So the list is walked here first: a length that is not in the file ends the matter. */
#include "service/decode/png_chunks.h"

#include "service/decode/byte_cursor.h"

enum {
    SIGNATURE_BYTES = 8,
    IHDR_BYTES = 13,
    CRC_BYTES = 4,
    /* Metadata: the largest in the wild are colour profiles and XMP packets of a few hundred KB. */
    MAX_METADATA_BYTES = 8 << 20,
    TYPE_IHDR = 0x49484452,
    TYPE_IDAT = 0x49444154,
    TYPE_IEND = 0x49454E44,
    TYPE_TRNS = 0x74524E53
};

static bool read_ihdr(struct byte_cursor cursor, struct png_chunks *ret)
{
    uint8_t compression, filter, interlace;
    if (!byte_cursor_u32(&cursor, true, &ret->width) || !byte_cursor_u32(&cursor, true, &ret->height) ||
        !byte_cursor_u8(&cursor, &ret->bit_depth) || !byte_cursor_u8(&cursor, &ret->color_type) ||
        !byte_cursor_u8(&cursor, &compression) || !byte_cursor_u8(&cursor, &filter) ||
        !byte_cursor_u8(&cursor, &interlace))
        return false;
    ret->interlaced = interlace == 1;
    return compression == 0 && filter == 0 && interlace <= 1;
}

enum status png_chunks_walk(const uint8_t *bytes, size_t length, struct png_chunks *ret)
{
    struct byte_cursor cursor = byte_cursor_over(bytes, length);
    struct png_chunks chunks = {.width = 0};
    bool pixels = false;
    if (!byte_cursor_skip(&cursor, SIGNATURE_BYTES))
        return STATUS_INVALID_IMAGE;

    for (bool first = true;; first = false) {
        uint32_t chunk_bytes, type;
        if (!byte_cursor_u32(&cursor, true, &chunk_bytes) || !byte_cursor_u32(&cursor, true, &type))
            return STATUS_INVALID_IMAGE;
        const struct byte_cursor chunk = cursor;
        if (!byte_cursor_skip(&cursor, (uint64_t)chunk_bytes + CRC_BYTES))
            return STATUS_INVALID_IMAGE;
        if (first != (type == TYPE_IHDR))
            return STATUS_INVALID_IMAGE;

        if (type == TYPE_IDAT)
            pixels = true;
        else if (chunk_bytes > MAX_METADATA_BYTES)
            return STATUS_IMAGE_TOO_LARGE;
        if (type == TYPE_IHDR && (chunk_bytes != IHDR_BYTES || !read_ihdr(chunk, &chunks)))
            return STATUS_INVALID_IMAGE;
        if (type == TYPE_TRNS && !pixels)
            chunks.transparency = true;
        if (type == TYPE_IEND)
            break;
    }
    if (!pixels)
        return STATUS_INVALID_IMAGE;
    *ret = chunks;
    return STATUS_OK;
}
