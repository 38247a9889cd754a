/* Picture -> baseline JPEG, byte for byte what `cjpeg -quality Q` writes: 4:2:0, ISLOW, default Huffman tables, JFIF
 * header and no other metadata. Alpha is composited on white; gray stays one component.
 *
 * libjpeg reports errors by not returning (see decode_jpeg.c): one struct owns everything. */
#include "service/encode/encode_format.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>

#include "service/encode/output_buffer.h"
#include "service/encode/white_background.h"

enum { ROWS_PER_CALL = 16 }; /* one row of 4:2:0 blocks */

struct jpeg_writer {
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf back;
    enum status status;
    struct output_buffer output;
    uint8_t *opaque_rows; /* NULL without alpha */
    size_t opaque_stride_bytes;
};

static _Noreturn void give_up(struct jpeg_writer *writer, enum status status)
{
    writer->status = status;
    longjmp(writer->back, 1);
}

/* Sizes are checked before and the input is ours: what is left is memory. */
static void on_error(j_common_ptr info)
{
    give_up(info->client_data, STATUS_NO_MEMORY);
}

static void on_message(j_common_ptr info, int level)
{
    (void)info;
    (void)level;
}

static void output_begin(j_compress_ptr info)
{
    struct jpeg_writer *writer = info->client_data;
    info->dest->next_output_byte = writer->output.bytes;
    info->dest->free_in_buffer = writer->output.capacity;
}

/* Called when the buffer is full to the last byte; libjpeg then says nothing about free_in_buffer. */
static boolean output_grow(j_compress_ptr info)
{
    struct jpeg_writer *writer = info->client_data;
    writer->output.length = writer->output.capacity;
    if (!output_buffer_reserve(&writer->output, 1))
        give_up(writer, STATUS_NO_MEMORY);
    info->dest->next_output_byte = writer->output.bytes + writer->output.length;
    info->dest->free_in_buffer = writer->output.capacity - writer->output.length;
    return TRUE;
}

static void output_end(j_compress_ptr info)
{
    struct jpeg_writer *writer = info->client_data;
    writer->output.length = writer->output.capacity - info->dest->free_in_buffer;
}

static void write_rows(struct jpeg_writer *writer, struct job *job, const struct image *image)
{
    JSAMPROW rows[ROWS_PER_CALL];
    for (uint32_t y = 0; y < image->height; y += ROWS_PER_CALL) {
        const enum status status = job_check(job);
        if (status != STATUS_OK)
            give_up(writer, status);
        uint32_t count = image->height - y < ROWS_PER_CALL ? image->height - y : ROWS_PER_CALL;
        for (uint32_t i = 0; i < count; i++) {
            rows[i] = image_row(image, y + i);
            if (writer->opaque_rows) {
                rows[i] = writer->opaque_rows + i * writer->opaque_stride_bytes;
                white_background_row(image_row(image, y + i), rows[i], image->width, image->channels);
            }
        }
        jpeg_write_scanlines(&writer->info, rows, count);
    }
}

static enum status allocate_output(struct jpeg_writer *writer, struct job *job, const struct image *image)
{
    if (image_has_alpha(image)) {
        writer->opaque_stride_bytes = (size_t)image->width * image_colors(image);
        writer->opaque_rows = job_alloc(job, writer->opaque_stride_bytes * ROWS_PER_CALL);
        if (!writer->opaque_rows)
            return STATUS_NO_MEMORY;
    }
    /* 3 bits per pixel is a busy photograph at quality 85 */
    const size_t guess = 4096 + (size_t)image->width * image->height * 3 / 8;
    return output_buffer_init(&writer->output, guess) ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status encode_jpeg(struct job *job, const struct image *image, int quality, struct encoded *ret)
{
    if (image->width > JPEG_MAX_DIMENSION || image->height > JPEG_MAX_DIMENSION)
        return STATUS_IMAGE_TOO_LARGE;
    struct jpeg_writer writer = {.status = STATUS_OK};
    writer.status = allocate_output(&writer, job, image);
    if (writer.status != STATUS_OK)
        return writer.status;

    writer.info.err = jpeg_std_error(&writer.errors);
    writer.info.client_data = &writer;
    writer.errors.error_exit = on_error;
    writer.errors.emit_message = on_message;
    if (setjmp(writer.back)) {
        jpeg_destroy_compress(&writer.info);
        output_buffer_deinit(&writer.output);
        return writer.status;
    }
    jpeg_create_compress(&writer.info);
    writer.destination = (struct jpeg_destination_mgr){
        .init_destination = output_begin, .empty_output_buffer = output_grow, .term_destination = output_end};
    writer.info.dest = &writer.destination;
    writer.info.image_width = image->width;
    writer.info.image_height = image->height;
    writer.info.input_components = (int)image_colors(image);
    writer.info.in_color_space = image_colors(image) == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&writer.info);
    jpeg_set_quality(&writer.info, quality, TRUE);
    jpeg_start_compress(&writer.info, TRUE);
    write_rows(&writer, job, image);
    jpeg_finish_compress(&writer.info);
    jpeg_destroy_compress(&writer.info);
    output_buffer_release(&writer.output, ret);
    return STATUS_OK;
}
