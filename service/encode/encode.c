/* Picture -> file: one row per format. */
#include "service/encode/encode.h"

#include "service/encode/encode_format.h"

struct encoder {
    enum image_format format;
    enum status (*encode)(struct job *job, const struct image *image, int quality, struct encoded *ret);
};

static const struct encoder encoders[] = {
    {IMAGE_FORMAT_JPEG, encode_jpeg},
    {IMAGE_FORMAT_PNG, encode_png},
    {IMAGE_FORMAT_WEBP, encode_webp},
};

bool encode_supports(enum image_format format)
{
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++)
        if (encoders[i].format == format)
            return true;
    return false;
}

enum status encode_image(struct job *job, const struct image *image, enum image_format format, int quality,
                         struct encoded *ret)
{
    for (size_t i = 0; i < sizeof encoders / sizeof *encoders; i++)
        if (encoders[i].format == format)
            return encoders[i].encode(job, image, quality, ret);
    return STATUS_UNSUPPORTED_IMAGE;
}
