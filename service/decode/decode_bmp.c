/* BMP -> RGB, or RGBA when the header has an alpha mask: 1, 4 and 8 bits with a palette, 16 and 32 bits with masks, 24
 * bits.
 *
 * Written here because the format is a table of numbers and rows, and the one small library at hand hands out
 * uninitialised memory for indices beyond the palette. Run-length and embedded JPEG or PNG are rare enough to be
 * refused as unsupported. */
#include "service/decode/decode_format.h"

#include <string.h>

#include "service/decode/byte_cursor.h"
#include "service/image/image_allocate.h"

enum {
    FILE_HEADER_BYTES = 14,
    OLD_HEADER_BYTES = 12, /* OS/2 1: 16-bit sides, palette entries of 3 bytes */
    INFO_HEADER_BYTES = 40,
    INFO_HEADER_WITH_RGB_MASKS_BYTES = 52,
    INFO_HEADER_WITH_RGBA_MASKS_BYTES = 56,
    MAX_HEADER_BYTES = 124,
    COMPRESSION_NONE = 0,
    COMPRESSION_MASKS = 3,
    COMPRESSION_ALPHA_MASKS = 6,
    PALETTE_ENTRIES = 256,
    ROWS_PER_CHECK = 64
};

struct bmp {
    uint32_t width, height;
    bool top_down;
    uint16_t bits;     /* per pixel */
    uint32_t masks[4]; /* R, G, B, A; for 16 and 32 bits */
    struct byte_cursor palette;
    uint32_t palette_entry_bytes;
    uint32_t palette_entries;
    struct byte_cursor pixels;
};

static bool read_sides(struct byte_cursor *cursor, uint32_t header_bytes, struct bmp *bmp)
{
    if (header_bytes == OLD_HEADER_BYTES) {
        uint16_t width, height;
        if (!byte_cursor_u16(cursor, false, &width) || !byte_cursor_u16(cursor, false, &height))
            return false;
        bmp->width = width;
        bmp->height = height;
        return true;
    }
    uint32_t height;
    if (!byte_cursor_u32(cursor, false, &bmp->width) || !byte_cursor_u32(cursor, false, &height))
        return false;
    bmp->top_down = height > INT32_MAX; /* negative */
    bmp->height = bmp->top_down ? 0U - height : height;
    return bmp->width <= INT32_MAX && bmp->height <= INT32_MAX;
}

/* Masks stand in the header's continuation or, for the plain info header, behind it: the same place. */
static bool read_masks(struct byte_cursor cursor, uint32_t header_bytes, uint32_t compression, struct bmp *bmp)
{
    static const uint32_t defaults[2][4] = {{0x7C00, 0x03E0, 0x001F, 0}, {0xFF0000, 0x00FF00, 0x0000FF, 0}};
    memcpy(bmp->masks, defaults[bmp->bits == 32], sizeof bmp->masks);
    if (compression == COMPRESSION_NONE)
        return true;
    const int count =
        compression == COMPRESSION_ALPHA_MASKS || header_bytes >= INFO_HEADER_WITH_RGBA_MASKS_BYTES ? 4 : 3;
    for (int i = 0; i < count; i++) {
        if (!byte_cursor_u32(&cursor, false, &bmp->masks[i]))
            return false;
        const uint32_t mask = bmp->masks[i];
        const uint64_t ones = mask ? (uint64_t)(mask >> __builtin_ctz(mask)) + 1 : 1;
        if ((ones & (ones - 1)) != 0) /* not one run of bits */
            return false;
    }
    return (bmp->masks[0] | bmp->masks[1] | bmp->masks[2]) != 0;
}

static bool is_supported(uint16_t bits, uint32_t compression)
{
    if (compression == COMPRESSION_MASKS || compression == COMPRESSION_ALPHA_MASKS)
        return bits == 16 || bits == 32;
    return bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
}

static enum status read_header(const uint8_t *bytes, size_t length, struct bmp *ret)
{
    struct bmp bmp = {.width = 0};
    const struct byte_cursor file = byte_cursor_over(bytes, length);
    struct byte_cursor cursor = file;
    uint32_t pixels_offset, header_bytes, compression = COMPRESSION_NONE, colors_used = 0;
    uint16_t planes;
    if (!byte_cursor_skip(&cursor, 10) || !byte_cursor_u32(&cursor, false, &pixels_offset) ||
        !byte_cursor_u32(&cursor, false, &header_bytes))
        return STATUS_INVALID_IMAGE;
    if (header_bytes != OLD_HEADER_BYTES && (header_bytes < INFO_HEADER_BYTES || header_bytes > MAX_HEADER_BYTES))
        return STATUS_INVALID_IMAGE;
    if (!read_sides(&cursor, header_bytes, &bmp) || !byte_cursor_u16(&cursor, false, &planes) || planes != 1 ||
        !byte_cursor_u16(&cursor, false, &bmp.bits))
        return STATUS_INVALID_IMAGE;
    if (header_bytes != OLD_HEADER_BYTES &&
        (!byte_cursor_u32(&cursor, false, &compression) || !byte_cursor_skip(&cursor, 12) ||
         !byte_cursor_u32(&cursor, false, &colors_used) || !byte_cursor_skip(&cursor, 4)))
        return STATUS_INVALID_IMAGE;
    if (compression != COMPRESSION_NONE && compression != COMPRESSION_MASKS && compression != COMPRESSION_ALPHA_MASKS)
        return compression <= COMPRESSION_ALPHA_MASKS ? STATUS_UNSUPPORTED_IMAGE : STATUS_INVALID_IMAGE;
    if (!is_supported(bmp.bits, compression) || !read_masks(cursor, header_bytes, compression, &bmp))
        return STATUS_INVALID_IMAGE;

    struct byte_cursor pixels = bmp.palette = file;
    if (pixels_offset < FILE_HEADER_BYTES + header_bytes || !byte_cursor_skip(&pixels, pixels_offset) ||
        !byte_cursor_skip(&bmp.palette, FILE_HEADER_BYTES + header_bytes))
        return STATUS_INVALID_IMAGE;
    bmp.palette.end = pixels.pos;
    bmp.palette_entry_bytes = header_bytes == OLD_HEADER_BYTES ? 3 : 4;
    bmp.palette_entries = colors_used ? colors_used : 1U << (bmp.bits <= 8 ? bmp.bits : 0);
    if (bmp.bits <= 8 && bmp.palette_entries > PALETTE_ENTRIES)
        return STATUS_INVALID_IMAGE;

    bmp.pixels = pixels;
    *ret = bmp;
    return STATUS_OK;
}

static uint64_t row_bytes(const struct bmp *bmp)
{
    return ((uint64_t)bmp->width * bmp->bits + 31) / 32 * 4;
}

/* The last row may lack its padding. width and height: within IMAGE_MAX_SIDE_PX. */
static bool has_all_rows(const struct bmp *bmp)
{
    const uint64_t last_row_bytes = ((uint64_t)bmp->width * bmp->bits + 7) / 8;
    return row_bytes(bmp) * (bmp->height - 1) + last_row_bytes <= byte_cursor_left(&bmp->pixels);
}

static bool has_alpha(const struct bmp *bmp)
{
    return (bmp->bits == 16 || bmp->bits == 32) && bmp->masks[3] != 0;
}

enum status decode_bmp_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret)
{
    (void)job;
    struct bmp bmp;
    const enum status status = read_header(bytes, length, &bmp);
    if (status != STATUS_OK)
        return status;
    ret->width = bmp.width;
    ret->height = bmp.height;
    ret->channels = has_alpha(&bmp) ? 4 : 3;
    return STATUS_OK;
}

/* ---- rows ---- */

/* rgb: PALETTE_ENTRIES * 3; entries that the file does not have are black. */
static void read_palette(const struct bmp *bmp, uint8_t *rgb)
{
    struct byte_cursor cursor = bmp->palette;
    memset(rgb, 0, PALETTE_ENTRIES * 3);
    for (uint32_t i = 0; i < bmp->palette_entries; i++, rgb += 3) {
        const uint8_t *entry = cursor.pos;
        if (!byte_cursor_skip(&cursor, bmp->palette_entry_bytes))
            break;
        rgb[0] = entry[2];
        rgb[1] = entry[1];
        rgb[2] = entry[0];
    }
}

static void palette_row(const struct bmp *bmp, const uint8_t *row, const uint8_t *palette, uint8_t *out)
{
    const uint32_t per_byte = 8U / bmp->bits, most = (1U << bmp->bits) - 1;
    for (uint32_t x = 0; x < bmp->width; x++) {
        const uint32_t shift = (per_byte - 1 - x % per_byte) * bmp->bits;
        memcpy(out + 3 * x, palette + 3 * ((uint32_t)row[x / per_byte] >> shift & most), 3);
    }
}

static void bgr_row(const struct bmp *bmp, const uint8_t *row, uint8_t *out)
{
    for (uint32_t x = 0; x < bmp->width; x++, row += 3, out += 3) {
        out[0] = row[2];
        out[1] = row[1];
        out[2] = row[0];
    }
}

/* The masked bits, stretched to 0..255. */
static uint8_t masked_sample(uint32_t pixel, uint32_t mask)
{
    if (mask == 0)
        return 0;
    const uint64_t most = mask >> __builtin_ctz(mask);
    return (uint8_t)(((pixel & mask) >> __builtin_ctz(mask)) * UINT64_C(255) / most);
}

static void masked_row(const struct bmp *bmp, const uint8_t *row, uint8_t *out)
{
    const uint32_t channels = has_alpha(bmp) ? 4 : 3;
    struct byte_cursor cursor = {row, row + (size_t)bmp->width * bmp->bits / 8};
    for (uint32_t x = 0; x < bmp->width; x++) {
        uint32_t pixel = 0;
        uint16_t half = 0;
        if (bmp->bits == 32)
            byte_cursor_u32(&cursor, false, &pixel);
        else if (byte_cursor_u16(&cursor, false, &half))
            pixel = half;
        for (uint32_t c = 0; c < channels; c++)
            *out++ = masked_sample(pixel, bmp->masks[c]);
    }
}

/* Many programs declare alpha and leave it 0 everywhere: such a picture is meant to be seen. */
static void repair_empty_alpha(const struct image *image)
{
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            if (image_row(image, y)[4 * x + 3] != 0)
                return;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            image_row(image, y)[4 * x + 3] = 255;
}

enum status decode_bmp(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                       struct image *ret)
{
    struct bmp bmp;
    struct image image;
    enum status status = read_header(bytes, length, &bmp);
    if (status == STATUS_OK && !has_all_rows(&bmp))
        status = STATUS_INVALID_IMAGE;
    if (status == STATUS_OK)
        status = image_allocate(job, header->width, header->height, header->channels, &image);
    if (status != STATUS_OK)
        return status;
    uint8_t palette[PALETTE_ENTRIES * 3];
    read_palette(&bmp, palette);
    for (uint32_t y = 0; y < bmp.height; y++) {
        if (y % ROWS_PER_CHECK == 0 && (status = job_check(job)) != STATUS_OK)
            return status;
        const uint8_t *row = bmp.pixels.pos + row_bytes(&bmp) * (bmp.top_down ? y : bmp.height - 1 - y);
        if (bmp.bits <= 8)
            palette_row(&bmp, row, palette, image_row(&image, y));
        else if (bmp.bits == 24)
            bgr_row(&bmp, row, image_row(&image, y));
        else
            masked_row(&bmp, row, image_row(&image, y));
    }
    if (image.channels == 4)
        repair_empty_alpha(&image);
    *ret = image;
    return STATUS_OK;
}
