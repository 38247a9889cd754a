/* Bytes -> format by the first bytes (never by name or by what the client says) -> size, checked -> pixels. */
#include "service/decode/decode.h"

#include "service/decode/decode_format.h"
#include "service/image/image_allocate.h"

struct decoder {
    enum image_format format;
    const char *magic; /* '?' stands for any byte */
    size_t magic_bytes;
    enum status (*header)(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret);
    enum status (*decode)(struct job *job, const uint8_t *bytes, size_t length, const struct image_header *header,
                          struct image *ret);
};

static const struct decoder decoders[] = {
    {IMAGE_FORMAT_JPEG, "\xFF\xD8\xFF", 3, decode_jpeg_header, decode_jpeg},
    {IMAGE_FORMAT_PNG, "\x89PNG\r\n\x1A\n", 8, decode_png_header, decode_png},
    {IMAGE_FORMAT_WEBP, "RIFF????WEBP", 12, decode_webp_header, decode_webp},
    {IMAGE_FORMAT_GIF, "GIF8?a", 6, decode_gif_header, decode_gif},
    {IMAGE_FORMAT_BMP, "BM", 2, decode_bmp_header, decode_bmp},
};

static const struct decoder *find_decoder(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++) {
        size_t matching = 0;
        while (matching < decoders[i].magic_bytes && matching < length &&
               (decoders[i].magic[matching] == '?' || (uint8_t)decoders[i].magic[matching] == bytes[matching]))
            matching++;
        if (matching == decoders[i].magic_bytes)
            return &decoders[i];
    }
    return NULL;
}

static enum status read_header(const struct job *job, const struct decoder *decoder, const uint8_t *bytes,
                               size_t length, struct image_header *ret)
{
    struct image_header header = {.format = decoder->format};
    enum status status = decoder->header(job, bytes, length, &header);
    if (status == STATUS_OK)
        status = image_check_size(job->limits, header.width, header.height);
    if (status == STATUS_OK)
        *ret = header;
    return status;
}

enum status decode_header(const struct job *job, const uint8_t *bytes, size_t length, struct image_header *ret)
{
    const struct decoder *decoder = find_decoder(bytes, length);
    return decoder ? read_header(job, decoder, bytes, length, ret) : STATUS_UNSUPPORTED_IMAGE;
}

enum status decode_image(struct job *job, const uint8_t *bytes, size_t length, struct image *ret)
{
    const struct decoder *decoder = find_decoder(bytes, length);
    if (!decoder)
        return STATUS_UNSUPPORTED_IMAGE;
    struct image_header header;
    enum status status = read_header(job, decoder, bytes, length, &header);
    if (status == STATUS_OK)
        status = decoder->decode(job, bytes, length, &header, ret);
    return status;
}
