/* JPEG -> RGB or gray, with libjpeg-turbo: ISLOW inverse DCT and smooth ("fancy") chroma upsampling, so bit-identical
 * to what `djpeg -dct int` makes; then EXIF orientation.
 *
 * libjpeg reports errors by not returning: its error_exit jumps back to the setjmp below. Therefore everything a file
 * holds on to is in one struct jpeg_reader, and no local variable is relied on after the jump.
 *
 * What a hostile file could cost is bounded: scans are counted (a 362 KB progressive file with 1,006 scans keeps a core
 * busy for 29 s), the deadline is looked at before every row of blocks, libjpeg's own memory is limited. */
#include "service/decode/decode_format.h"

#include <limits.h>
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>

#include "service/decode/cmyk.h"
#include "service/decode/exif_orientation.h"
#include "service/image/image_allocate.h"
#include "service/image/image_orient.h"

enum { MAX_SCANS = 100, ROWS_PER_CALL = 16, CMYK_CHANNELS = 4 };

struct jpeg_reader {
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf back;
    const struct job *job;
    enum status status; /* set before every jump */
    struct image image;
    uint8_t *cmyk_row;
};

static _Noreturn void give_up(struct jpeg_reader *reader, enum status status)
{
    reader->status = status;
    longjmp(reader->back, 1);
}

static void on_error(j_common_ptr info)
{
    struct jpeg_reader *reader = info->client_data;
    switch (info->err->msg_code) {
    case JERR_OUT_OF_MEMORY: /* of the system */
        give_up(reader, STATUS_NO_MEMORY);
    case JERR_NO_BACKING_STORE: /* over max_memory_to_use: there is no temporary file */
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW:
        give_up(reader, STATUS_IMAGE_TOO_LARGE);
    default:
        give_up(reader, STATUS_INVALID_IMAGE);
    }
}

/* Warnings that come with whole pixels: bytes between segments, odd headers (cameras write such files), and the end of
 * the file before the end marker, if there is one scan only: when its data are short, JWRN_HIT_MARKER follows. */
static bool is_harmless(const struct jpeg_decompress_struct *info, int code)
{
    const bool one_scan = !info->progressive_mode && info->comps_in_scan == info->num_components;
    return code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM ||
           (code == JWRN_JPEG_EOF && one_scan);
}

/* level < 0: the data is damaged and libjpeg would go on with invented pixels. */
static void on_message(j_common_ptr info, int level)
{
    struct jpeg_reader *reader = info->client_data;
    if (level < 0 && !is_harmless(&reader->info, info->err->msg_code))
        give_up(reader, STATUS_INVALID_IMAGE);
}

static void on_progress(j_common_ptr info)
{
    struct jpeg_reader *reader = info->client_data;
    if (reader->info.input_scan_number > MAX_SCANS)
        give_up(reader, STATUS_IMAGE_TOO_LARGE);
    const enum status status = job_check(reader->job);
    if (status != STATUS_OK)
        give_up(reader, status);
}

/* Reads the header. Call with setjmp(reader->back) armed. */
static void open_jpeg(struct jpeg_reader *reader, const uint8_t *bytes, size_t length)
{
    struct jpeg_decompress_struct *info = &reader->info;
    jpeg_create_decompress(info);
    const uint64_t memory = reader->job->limits->max_memory_bytes;
    info->mem->max_memory_to_use = memory < LONG_MAX ? (long)memory : LONG_MAX;
    reader->progress.progress_monitor = on_progress;
    info->progress = &reader->progress;
    jpeg_mem_src(info, bytes, length);
    jpeg_read_header(info, TRUE);
    if (info->arith_code)
        give_up(reader, STATUS_INVALID_IMAGE);
    info->dct_method = JDCT_ISLOW;
    info->do_fancy_upsampling = TRUE;
    switch (info->jpeg_color_space) {
    case JCS_GRAYSCALE:
        info->out_color_space = JCS_GRAYSCALE;
        break;
    case JCS_CMYK:
    case JCS_YCCK:
        info->out_color_space = JCS_CMYK;
        break;
    case JCS_RGB:
    case JCS_YCbCr:
        info->out_color_space = JCS_RGB;
        break;
    default: /* two components, or five: nobody says what they mean */
        give_up(reader, STATUS_INVALID_IMAGE);
    }
}

static void read_rows(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *info = &reader->info;
    JSAMPROW rows[ROWS_PER_CALL];
    while (info->output_scanline < info->output_height) {
        uint32_t count = info->output_height - info->output_scanline;
        if (count > ROWS_PER_CALL)
            count = ROWS_PER_CALL;
        for (uint32_t i = 0; i < count; i++)
            rows[i] = image_row(&reader->image, info->output_scanline + i);
        jpeg_read_scanlines(info, rows, count);
    }
}

static void read_cmyk_rows(struct jpeg_reader *reader)
{
    struct jpeg_decompress_struct *info = &reader->info;
    while (info->output_scanline < info->output_height) {
        uint8_t *to = image_row(&reader->image, info->output_scanline);
        if (jpeg_read_scanlines(info, &reader->cmyk_row, 1) == 1)
            cmyk_row_to_rgb(reader->cmyk_row, to, info->output_width, info->saw_Adobe_marker);
    }
}

static void close_jpeg(struct jpeg_reader *reader)
{
    jpeg_destroy_decompress(&reader->info);
}

static void reader_init(struct jpeg_reader *reader, const struct job *job)
{
    reader->job = job;
    reader->info.err = jpeg_std_error(&reader->errors);
    reader->info.client_data = reader;
    reader->errors.error_exit = on_error;
    reader->errors.emit_message = on_message;
}

enum status decode_jpeg_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret)
{
    struct jpeg_reader reader = {.status = STATUS_OK};
    reader_init(&reader, job);
    if (setjmp(reader.back)) {
        close_jpeg(&reader);
        return reader.status;
    }
    open_jpeg(&reader, bytes, length);
    ret->width = reader.info.image_width;
    ret->height = reader.info.image_height;
    ret->channels = reader.info.out_color_space == JCS_GRAYSCALE ? 1 : 3;
    close_jpeg(&reader);
    return STATUS_OK;
}

/* The picture as stored. */
static enum status decode_as_stored(struct job *job, const uint8_t *bytes, size_t length,
                                    const struct image_header *header, struct image *ret)
{
    struct jpeg_reader reader = {.status = STATUS_OK};
    reader_init(&reader, job);
    reader.status = image_allocate(job, header->width, header->height, header->channels, &reader.image);
    if (reader.status != STATUS_OK)
        return reader.status;
    reader.cmyk_row = job_alloc(job, (size_t)header->width * CMYK_CHANNELS);
    if (!reader.cmyk_row)
        return STATUS_NO_MEMORY;

    if (setjmp(reader.back)) {
        close_jpeg(&reader);
        return reader.status;
    }
    open_jpeg(&reader, bytes, length);
    jpeg_start_decompress(&reader.info);
    if (reader.info.out_color_space == JCS_CMYK)
        read_cmyk_rows(&reader);
    else
        read_rows(&reader);
    close_jpeg(&reader); /* not jpeg_finish_decompress(): what is behind the last row harms nobody */
    *ret = reader.image;
    return STATUS_OK;
}

enum status decode_jpeg(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                        struct image *ret)
{
    struct image stored;
    enum status status = decode_as_stored(job, bytes, length, header, &stored);
    if (status == STATUS_OK)
        status = image_orient(job, &stored, exif_orientation(bytes, length), ret);
    return status;
}
