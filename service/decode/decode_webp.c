/* WebP -> RGB, or RGBA when the file has alpha, with libwebp's incremental decoder writing straight into the picture.
 * Of an animation the first frame, on a transparent (without alpha: black) canvas.
 *
 * The decoder is given the file piece by piece, only so that the deadline is looked at in between. */
#include "service/decode/decode_format.h"

#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "service/image/image_allocate.h"

enum { PIECE_BYTES = 64 << 10 };

static enum status status_of(VP8StatusCode code)
{
    return code == VP8_STATUS_OK              ? STATUS_OK
           : code == VP8_STATUS_OUT_OF_MEMORY ? STATUS_NO_MEMORY
                                              : STATUS_INVALID_IMAGE;
}

enum status decode_webp_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret)
{
    (void)job;
    WebPBitstreamFeatures features;
    const enum status status = status_of(WebPGetFeatures(bytes, length, &features));
    if (status != STATUS_OK)
        return status;
    ret->width = (uint32_t)features.width;
    ret->height = (uint32_t)features.height;
    ret->channels = features.has_alpha ? 4 : 3;
    return STATUS_OK;
}

static enum status feed(const struct job *job, WebPIDecoder *decoder, const uint8_t *bytes, size_t length)
{
    VP8StatusCode code = VP8_STATUS_SUSPENDED;
    for (size_t given = 0; code == VP8_STATUS_SUSPENDED && given < length;) {
        const enum status status = job_check(job);
        if (status != STATUS_OK)
            return status;
        given = length - given < PIECE_BYTES ? length : given + PIECE_BYTES;
        code = WebPIUpdate(decoder, bytes, given);
    }
    return status_of(code);
}

/* One frame to where it belongs in `canvas`. */
static enum status decode_frame(const struct job *job, const uint8_t *bytes, size_t length, const struct image *canvas,
                                uint32_t x, uint32_t y)
{
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        return STATUS_NO_MEMORY;
    enum status status = status_of(WebPGetFeatures(bytes, length, &config.input));
    if (status != STATUS_OK)
        return status;
    if ((uint32_t)config.input.width > canvas->width - x || (uint32_t)config.input.height > canvas->height - y)
        return STATUS_INVALID_IMAGE;

    config.output.colorspace = canvas->channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = image_row(canvas, y) + (size_t)x * canvas->channels;
    config.output.u.RGBA.stride = (int)canvas->stride_bytes;
    config.output.u.RGBA.size = canvas->stride_bytes * (canvas->height - y) - (size_t)x * canvas->channels;
    WebPIDecoder *decoder = WebPIDecode(NULL, 0, &config);
    if (!decoder)
        return STATUS_NO_MEMORY;
    status = feed(job, decoder, bytes, length);
    WebPIDelete(decoder);
    WebPFreeDecBuffer(&config.output);
    return status;
}

static enum status decode_first_frame(const struct job *job, const uint8_t *bytes, size_t length,
                                      const struct image *canvas)
{
    const WebPData file = {bytes, length};
    WebPDemuxer *demuxer = WebPDemux(&file);
    if (!demuxer)
        return STATUS_INVALID_IMAGE;
    enum status status = STATUS_INVALID_IMAGE;
    WebPIterator frame;
    if (WebPDemuxGetFrame(demuxer, 1, &frame)) {
        if (frame.complete && frame.x_offset >= 0 && frame.y_offset >= 0 && (uint32_t)frame.x_offset < canvas->width &&
            (uint32_t)frame.y_offset < canvas->height)
            status = decode_frame(job, frame.fragment.bytes, frame.fragment.size, canvas, (uint32_t)frame.x_offset,
                                  (uint32_t)frame.y_offset);
        WebPDemuxReleaseIterator(&frame);
    }
    WebPDemuxDelete(demuxer);
    return status;
}

enum status decode_webp(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                        struct image *ret)
{
    WebPBitstreamFeatures features;
    struct image image;
    enum status status = status_of(WebPGetFeatures(bytes, length, &features));
    if (status == STATUS_OK)
        status = image_allocate(job, header->width, header->height, header->channels, &image);
    if (status != STATUS_OK)
        return status;
    if (features.has_animation) {
        for (uint32_t y = 0; y < image.height; y++)
            memset(image_row(&image, y), 0, (size_t)image.width * image.channels);
        status = decode_first_frame(job, bytes, length, &image);
    } else {
        status = decode_frame(job, bytes, length, &image, 0, 0);
    }
    if (status == STATUS_OK)
        *ret = image;
    return status;
}
