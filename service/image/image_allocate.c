/* Sizes of pictures, checked. All multiplications are on 64 bits or by the compiler's overflow builtins, so that no
 * caller has to think about it again. */
#include "service/image/image_allocate.h"

bool image_bytes(uint32_t width, uint32_t height, uint32_t channels, size_t *ret_stride, size_t *ret_total)
{
    if (width == 0 || height == 0 || width > IMAGE_MAX_SIDE_PX || height > IMAGE_MAX_SIDE_PX || channels == 0 ||
        channels > 4)
        return false;
    size_t stride = (size_t)width * channels; /* < 2^18 */
    stride = (stride + IMAGE_ALIGNMENT_BYTES - 1) / IMAGE_ALIGNMENT_BYTES * IMAGE_ALIGNMENT_BYTES;
    if (stride % 4096 == 0) /* else all rows of a column would fall into the same few cache sets */
        stride += IMAGE_ALIGNMENT_BYTES;
    size_t total;
    if (__builtin_mul_overflow(stride, height, &total) || __builtin_add_overflow(total, IMAGE_SLACK_BYTES, &total))
        return false;
    *ret_stride = stride;
    *ret_total = total;
    return true;
}

enum status image_check_size(const struct job_limits *limits, uint64_t width, uint64_t height)
{
    if (width == 0 || height == 0)
        return STATUS_INVALID_IMAGE;
    if (width > limits->max_side_px || height > limits->max_side_px || width > IMAGE_MAX_SIDE_PX ||
        height > IMAGE_MAX_SIDE_PX)
        return STATUS_IMAGE_TOO_LARGE;
    return width * height <= limits->max_pixels ? STATUS_OK : STATUS_IMAGE_TOO_LARGE;
}

enum status image_allocate(struct job *job, uint32_t width, uint32_t height, uint32_t channels, struct image *ret)
{
    struct image image = {.width = width, .height = height, .channels = channels};
    size_t total;
    if (!image_bytes(width, height, channels, &image.stride_bytes, &total))
        return STATUS_IMAGE_TOO_LARGE;
    image.pixels = job_alloc(job, total);
    if (!image.pixels)
        return STATUS_NO_MEMORY;
    *ret = image;
    return STATUS_OK;
}
