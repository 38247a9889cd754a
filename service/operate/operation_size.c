/* How large a result will be and how much memory it takes to get there, without any pixel: this is what the memory
 * budget is asked for before a job may start. */
#include "service/operate/operation.h"

#include <sched.h>

#include "service/image/image_allocate.h"
#include "service/operate/rotate_canvas.h"
#include "service/operate/scratch_slots.h"

enum {
    /* libjpeg keeps the coefficients of a progressive file, 16 bits each, until the last scan: four components at most.
     * libwebp keeps a lossless picture in 32 bits, and as much for its transforms. */
    CODEC_BYTES_PER_PX = 2 * 4,
    /* rows of codecs, flags of slots, rounding of small blocks */
    SMALL_BLOCKS_BYTES = 1 << 20
};

void operation_canvas(enum operation operation, const struct operation_parameters *parameters, uint32_t width,
                      uint32_t height, uint32_t *ret_width, uint32_t *ret_height)
{
    struct rotate_canvas canvas = {.width = width, .height = height};
    if (operation == OPERATION_ROTATE && parameters->rotate_has_angle) {
        int turns;
        canvas = rotate_canvas_by(width, height, parameters->rotate_angle_degrees, &turns);
    } else if (operation == OPERATION_ROTATE) {
        canvas = rotate_canvas_there(width, height);
        canvas = rotate_canvas_back(&canvas);
    }
    *ret_width = canvas.width;
    *ret_height = canvas.height;
}

static uint64_t image_memory_bytes(uint32_t width, uint32_t height, uint32_t channels)
{
    size_t stride, total;
    return image_bytes(width, height, channels, &stride, &total) ? total : UINT64_MAX / 8; /* never within a limit */
}

/* The processors that bands may run on. */
static uint64_t slots_at_most(void)
{
    cpu_set_t set;
    const int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < SCRATCH_MAX_SLOTS ? (uint64_t)count : SCRATCH_MAX_SLOTS;
}

/* What an operation takes beside its input. */
static uint64_t own_memory_bytes(enum operation operation, const struct operation_parameters *parameters,
                                 uint32_t width, uint32_t height, uint32_t channels)
{
    const uint64_t picture = image_memory_bytes(width, height, channels);
    uint32_t out_width, out_height;
    switch (operation) {
    case OPERATION_BLUR:
        return slots_at_most() * blur_scratch_bytes(width, height, channels);
    case OPERATION_GRAYSCALE:
        return channels < 3 ? 0 : image_memory_bytes(width, height, channels - 2);
    case OPERATION_ENHANCE:
        return picture + slots_at_most() * enhance_scratch_bytes(width, channels);
    case OPERATION_ROTATE:
        operation_canvas(operation, parameters, width, height, &out_width, &out_height);
        return image_memory_bytes(out_width, out_height, channels);
    case OPERATION_NOISE_REDUCTION:
        return picture + noise_reduction_plane_bytes(parameters->method, width, height, channels) +
               slots_at_most() * noise_reduction_scratch_bytes(parameters->method, width, channels);
    default:
        return picture;
    }
}

uint64_t operation_memory_bytes(enum operation operation, const struct operation_parameters *parameters, uint32_t width,
                                uint32_t height, uint32_t channels)
{
    const uint64_t stored = image_memory_bytes(width, height, channels);
    /* A JPEG, which has no alpha, may have to be turned, and its stride may then be longer; a GIF is kept as indices,
     * too. */
    const uint64_t turned = image_memory_bytes(height, width, channels);
    const uint64_t second = channels % 2 == 0 ? (uint64_t)width * height : turned > stored ? turned : stored;
    const uint64_t decoding = stored + (uint64_t)width * height * CODEC_BYTES_PER_PX;
    const uint64_t operating = stored + second + own_memory_bytes(operation, parameters, width, height, channels);
    return (decoding > operating ? decoding : operating) + SMALL_BLOCKS_BYTES;
}
