/* PNG -> gray, gray + alpha, RGB or RGBA of 8 bits: 16-bit samples become their high byte, palettes and 1, 2, 4 bits
 * are expanded, tRNS becomes alpha. No gamma and no colour profile is applied.
 *
 * libpng is told to skip every chunk that does not change pixels (colour profiles and texts are compressed: small files
 * that grow), allocates through a capped allocator, and sees a file only after png_chunks_walk(). Its errors jump; see
 * decode_jpeg.c. */
#include "service/decode/decode_format.h"

#include <setjmp.h>
#include <stdlib.h>

#include <png.h>

#include "service/decode/png_chunks.h"
#include "service/image/image_allocate.h"

enum {
    ROWS_PER_CHECK = 16,
    /* libpng's own state, the inflate window (32 KiB), its input buffer: under 200 KiB measured */
    MEMORY_BASE_BYTES = 1 << 20,
    /* per pixel of a row: two rows of up to 8 bytes (16-bit RGBA) and a third one for interlaced files */
    MEMORY_PER_COLUMN_BYTES = 3 * 8,
    INTERLACE_PASSES = 7
};

struct png_reader {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t left;
    size_t memory_left; /* what libpng may still allocate */
    enum status status;
    struct image image;
};

/* The size of a block stands before it, in a unit that keeps malloc's alignment. */
static png_voidp capped_malloc(png_structp png, png_alloc_size_t size)
{
    struct png_reader *reader = png_get_mem_ptr(png);
    if (size > reader->memory_left)
        return NULL;
    max_align_t *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    *(size_t *)block = size;
    reader->memory_left -= size;
    return block + 1;
}

static void capped_free(png_structp png, png_voidp memory)
{
    if (!memory)
        return;
    struct png_reader *reader = png_get_mem_ptr(png);
    max_align_t *block = (max_align_t *)memory - 1;
    reader->memory_left += *(size_t *)block;
    free(block);
}

static void read_bytes(png_structp png, png_bytep to, size_t count)
{
    struct png_reader *reader = png_get_io_ptr(png);
    if (count > reader->left)
        png_error(png, "end of file");
    __builtin_memcpy(to, reader->bytes, count);
    reader->bytes += count;
    reader->left -= count;
}

static void on_error(png_structp png, png_const_charp text)
{
    (void)text; /* the client gets our sentence, never a library's */
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

enum status decode_png_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret)
{
    (void)job;
    struct png_chunks chunks;
    const enum status status = png_chunks_walk(bytes, length, &chunks);
    if (status != STATUS_OK)
        return status;
    const bool color = chunks.color_type & PNG_COLOR_MASK_COLOR; /* a palette has it, too */
    const bool alpha = (chunks.color_type & PNG_COLOR_MASK_ALPHA) || chunks.transparency;
    ret->width = chunks.width;
    ret->height = chunks.height;
    ret->channels = (color ? 3U : 1U) + (alpha ? 1U : 0U);
    return STATUS_OK;
}

/* Call with setjmp armed, like all below. */
static void open_png(struct png_reader *reader)
{
    png_structp png = reader->png;
    png_set_read_fn(png, reader, read_bytes);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_read_info(png, reader->info);
    png_set_expand(png);
    png_set_strip_16(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, reader->info);
}

static void read_rows(struct png_reader *reader, const struct job *job)
{
    const int passes = png_get_interlace_type(reader->png, reader->info) == PNG_INTERLACE_NONE ? 1 : INTERLACE_PASSES;
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < reader->image.height; y++) {
            if (y % ROWS_PER_CHECK == 0) {
                reader->status = job_check(job);
                if (reader->status != STATUS_OK)
                    png_longjmp(reader->png, 1);
            }
            png_read_row(reader->png, image_row(&reader->image, y), NULL);
        }
    png_read_end(reader->png, NULL); /* the checksums behind the last row */
}

enum status decode_png(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                       struct image *ret)
{
    struct png_reader reader = {
        .bytes = bytes,
        .left = length,
        .memory_left = MEMORY_BASE_BYTES + (size_t)header->width * MEMORY_PER_COLUMN_BYTES,
    };
    reader.status = image_allocate(job, header->width, header->height, header->channels, &reader.image);
    if (reader.status != STATUS_OK)
        return reader.status;
    reader.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning, &reader, capped_malloc,
                                          capped_free);
    if (!reader.png)
        return STATUS_NO_MEMORY;
    if (setjmp(png_jmpbuf(reader.png))) {
        png_destroy_read_struct(&reader.png, &reader.info, NULL);
        return reader.status == STATUS_OK ? STATUS_INVALID_IMAGE : reader.status;
    }
    reader.info = png_create_info_struct(reader.png);
    if (!reader.info)
        png_error(reader.png, "no memory");
    png_set_user_limits(reader.png, header->width, header->height);
    open_png(&reader);
    if (png_get_rowbytes(reader.png, reader.info) != (size_t)reader.image.width * reader.image.channels)
        png_error(reader.png, "a tRNS chunk that libpng does not accept");
    read_rows(&reader, job);
    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    *ret = reader.image;
    return STATUS_OK;
}
