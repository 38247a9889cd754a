/* Picture -> lossy WebP, alpha kept (lossless, as libwebp does); gray becomes RGB, because WebP has no gray. */
#include "service/encode/encode_format.h"

#include <webp/encode.h>

#include "service/encode/output_buffer.h"
#include "service/image/image_allocate.h"

struct webp_writer {
    struct job *job;
    enum status status;
    struct output_buffer output;
};

static int write_bytes(const uint8_t *bytes, size_t length, const WebPPicture *picture)
{
    struct webp_writer *writer = picture->custom_ptr;
    if (output_buffer_append(&writer->output, bytes, length))
        return 1;
    writer->status = STATUS_NO_MEMORY;
    return 0;
}

/* ret: 0 stops the encoder. */
static int on_progress(int percent, const WebPPicture *picture)
{
    (void)percent;
    struct webp_writer *writer = picture->user_data;
    writer->status = job_check(writer->job);
    return writer->status == STATUS_OK;
}

/* 1 -> 3 and 2 -> 4 channels. */
static enum status to_color(struct job *job, const struct image *gray, struct image *ret)
{
    struct image color;
    const enum status status = image_allocate(job, gray->width, gray->height, gray->channels + 2, &color);
    if (status != STATUS_OK)
        return status;
    for (uint32_t y = 0; y < gray->height; y++) {
        const uint8_t *from = image_row(gray, y);
        uint8_t *to = image_row(&color, y);
        for (uint32_t x = 0; x < gray->width; x++, from += gray->channels, to += color.channels) {
            to[0] = to[1] = to[2] = from[0];
            if (gray->channels == 2)
                to[3] = from[1];
        }
    }
    *ret = color;
    return STATUS_OK;
}

static enum status write_picture(struct webp_writer *writer, const WebPConfig *config, const struct image *image)
{
    WebPPicture picture;
    if (!WebPPictureInit(&picture))
        return STATUS_NO_MEMORY;
    picture.width = (int)image->width;
    picture.height = (int)image->height;
    picture.writer = write_bytes;
    picture.custom_ptr = writer;
    picture.progress_hook = on_progress;
    picture.user_data = writer;
    const int stride = (int)image->stride_bytes;
    const bool done = (image->channels == 4 ? WebPPictureImportRGBA(&picture, image->pixels, stride)
                                            : WebPPictureImportRGB(&picture, image->pixels, stride)) &&
                      WebPEncode(config, &picture);
    WebPPictureFree(&picture);
    if (done)
        return STATUS_OK;
    return writer->status != STATUS_OK ? writer->status : STATUS_NO_MEMORY; /* sizes were checked, the rest is memory */
}

enum status encode_webp(struct job *job, const struct image *image, int quality, struct encoded *ret)
{
    if (image->width > WEBP_MAX_DIMENSION || image->height > WEBP_MAX_DIMENSION)
        return STATUS_IMAGE_TOO_LARGE;
    WebPConfig config;
    if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, (float)quality))
        return STATUS_NO_MEMORY;
    struct image color = *image;
    enum status status = image_colors(image) == 1 ? to_color(job, image, &color) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    struct webp_writer writer = {.job = job, .status = STATUS_OK};
    if (!output_buffer_init(&writer.output, 4096 + (size_t)image->width * image->height / 4))
        return STATUS_NO_MEMORY;
    status = write_picture(&writer, &config, &color);
    if (status == STATUS_OK)
        output_buffer_release(&writer.output, ret);
    else
        output_buffer_deinit(&writer.output);
    return status;
}
