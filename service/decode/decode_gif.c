/* GIF -> RGB, or RGBA when the first frame has a transparent colour or does not fill the screen. First frame only, on a
 * transparent screen, as browsers show it.
 *
 * Written here because the one small library at hand decodes strings recursively (a hostile file needs 8,192 stack
 * frames, more than a worker has), keeps three more pictures of memory, and takes a file that ends early for a good
 * one. */
#include "service/decode/decode_format.h"

#include <string.h>

#include "service/decode/gif_lzw.h"
#include "service/image/image_allocate.h"

enum {
    SIGNATURE_BYTES = 6,
    FLAG_PALETTE = 0x80,
    FLAG_INTERLACED = 0x40,
    FLAG_TRANSPARENT = 0x01,
    BLOCK_EXTENSION = 0x21,
    BLOCK_IMAGE = 0x2C,
    EXTENSION_GRAPHIC_CONTROL = 0xF9,
    NO_INDEX = 256,
    ROWS_PER_CHECK = 64
};

struct gif {
    uint16_t width, height; /* of the screen */
    uint16_t left, top, frame_width, frame_height;
    bool interlaced;
    const uint8_t *palette; /* RGB */
    uint32_t palette_entries;
    uint32_t transparent; /* index, or NO_INDEX */
    struct byte_cursor data;
};

/* flags: of the screen or of a frame; ret: false when the palette it announces is not there. */
static bool read_palette(struct byte_cursor *cursor, uint8_t flags, struct gif *gif)
{
    if (!(flags & FLAG_PALETTE))
        return true;
    const uint32_t entries = 2U << (flags & 7);
    const uint8_t *palette = cursor->pos;
    if (!byte_cursor_skip(cursor, 3 * entries))
        return false;
    gif->palette = palette;
    gif->palette_entries = entries;
    return true;
}

static bool skip_blocks(struct byte_cursor *cursor)
{
    uint8_t bytes;
    do {
        if (!byte_cursor_u8(cursor, &bytes) || !byte_cursor_skip(cursor, bytes))
            return false;
    } while (bytes != 0);
    return true;
}

static bool read_extension(struct byte_cursor *cursor, struct gif *gif)
{
    uint8_t label;
    if (!byte_cursor_u8(cursor, &label))
        return false;
    const uint8_t *block = cursor->pos; /* size, flags, delay, transparent index */
    if (label == EXTENSION_GRAPHIC_CONTROL && byte_cursor_left(cursor) >= 5 && block[0] == 4)
        gif->transparent = block[1] & FLAG_TRANSPARENT ? block[4] : NO_INDEX;
    return skip_blocks(cursor);
}

static bool read_frame(struct byte_cursor *cursor, struct gif *gif)
{
    uint8_t flags;
    if (!byte_cursor_u16(cursor, false, &gif->left) || !byte_cursor_u16(cursor, false, &gif->top) ||
        !byte_cursor_u16(cursor, false, &gif->frame_width) || !byte_cursor_u16(cursor, false, &gif->frame_height) ||
        !byte_cursor_u8(cursor, &flags) || !read_palette(cursor, flags, gif))
        return false;
    gif->interlaced = flags & FLAG_INTERLACED;
    gif->data = *cursor;
    return gif->palette && gif->frame_width > 0 && gif->frame_height > 0 &&
           gif->left + gif->frame_width <= gif->width && gif->top + gif->frame_height <= gif->height;
}

/* Everything up to the first frame's data. */
static bool read_header(const uint8_t *bytes, size_t length, struct gif *ret)
{
    struct gif gif = {.transparent = NO_INDEX};
    struct byte_cursor cursor = byte_cursor_over(bytes, length);
    uint8_t flags;
    if (!byte_cursor_skip(&cursor, SIGNATURE_BYTES) || !byte_cursor_u16(&cursor, false, &gif.width) ||
        !byte_cursor_u16(&cursor, false, &gif.height) || !byte_cursor_u8(&cursor, &flags) ||
        !byte_cursor_skip(&cursor, 2) || !read_palette(&cursor, flags, &gif))
        return false;
    for (uint8_t block; byte_cursor_u8(&cursor, &block);) {
        if (block == BLOCK_IMAGE) {
            if (!read_frame(&cursor, &gif))
                return false;
            *ret = gif;
            return true;
        }
        if (block != BLOCK_EXTENSION || !read_extension(&cursor, &gif))
            return false;
    }
    return false;
}

static bool fills_screen(const struct gif *gif)
{
    return gif->frame_width == gif->width && gif->frame_height == gif->height;
}

enum status decode_gif_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret)
{
    (void)job;
    struct gif gif;
    if (!read_header(bytes, length, &gif))
        return STATUS_INVALID_IMAGE;
    ret->width = gif.width;
    ret->height = gif.height;
    ret->channels = gif.transparent != NO_INDEX || !fills_screen(&gif) ? 4 : 3;
    return STATUS_OK;
}

/* The frame's row that is stored as number `stored`: every 8th from 0, every 8th from 4, every 4th from 2, every 2nd
 * from 1. */
static uint32_t interlaced_row(uint32_t stored, uint32_t height)
{
    static const uint32_t first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
    for (int pass = 0; pass < 3; pass++) {
        const uint32_t rows = height > first[pass] ? (height - first[pass] + step[pass] - 1) / step[pass] : 0;
        if (stored < rows)
            return first[pass] + stored * step[pass];
        stored -= rows;
    }
    return first[3] + stored * step[3];
}

/* Indices beyond the palette are black. */
static void draw_row(const struct gif *gif, const uint8_t *indices, uint8_t *out, uint32_t channels)
{
    static const uint8_t black[3] = {0, 0, 0};
    for (uint32_t x = 0; x < gif->frame_width; x++, out += channels) {
        const uint32_t index = indices[x];
        if (index == gif->transparent) /* only with alpha; the screen is transparent already */
            continue;
        memcpy(out, index < gif->palette_entries ? gif->palette + 3 * index : black, 3);
        if (channels == 4)
            out[3] = 255;
    }
}

enum status decode_gif(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                       struct image *ret)
{
    struct gif gif;
    struct image image;
    if (!read_header(bytes, length, &gif))
        return STATUS_INVALID_IMAGE;
    enum status status = image_allocate(job, header->width, header->height, header->channels, &image);
    if (status != STATUS_OK)
        return status;
    const size_t count = (size_t)gif.frame_width * gif.frame_height;
    uint8_t *indices = job_alloc(job, count);
    if (!indices)
        return STATUS_NO_MEMORY;
    status = job_check(job);
    if (status != STATUS_OK)
        return status;
    if (!gif_lzw_decode(gif.data, indices, count))
        return STATUS_INVALID_IMAGE;

    if (image.channels == 4)
        for (uint32_t y = 0; y < image.height; y++)
            memset(image_row(&image, y), 0, (size_t)image.width * 4);
    for (uint32_t stored = 0; stored < gif.frame_height; stored++) {
        if (stored % ROWS_PER_CHECK == 0 && (status = job_check(job)) != STATUS_OK)
            return status;
        const uint32_t y = gif.interlaced ? interlaced_row(stored, gif.frame_height) : stored;
        draw_row(&gif, indices + (size_t)stored * gif.frame_width,
                 image_row(&image, gif.top + y) + (size_t)gif.left * image.channels, image.channels);
    }
    *ret = image;
    return STATUS_OK;
}
