/* Input: a picture file of any format. Whatever it holds, decoding ends with a picture of the size its header announced
 * or with one of the statuses a client may see, within the memory that was announced; and every picture can be operated
 * on and encoded. */
#include <stdint.h>
#include <stdlib.h>

#include "service/decode/decode.h"
#include "service/encode/encode.h"
#include "service/operate/operate.h"
#include "service/work/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

/* Small: the fuzzer shall look at files, not wait for pixels. */
static const struct job_limits limits = {
    .max_pixels = 100000,
    .max_output_pixels = 1000000,
    .max_side_px = 4096,
    .max_memory_bytes = 64 << 20,
};

static uint64_t sum_of(const struct image *image)
{
    uint64_t sum = 0;
    for (uint32_t y = 0; y < image->height; y++)
        for (size_t i = 0; i < (size_t)image->width * image->channels; i++)
            sum += image_row(image, y)[i];
    return sum;
}

static void use(struct job *job, struct image *image, uint8_t choice)
{
    struct operation_parameters parameters;
    struct image result;
    struct encoded file;
    operation_parameters_init(&parameters);
    const enum operation operation = (enum operation)(choice % OPERATION_COUNT);
    const enum image_format format = choice % 2 ? IMAGE_FORMAT_PNG : IMAGE_FORMAT_JPEG;
    REQUIRE(operate(job, operation, &parameters, image, &result) == STATUS_OK);
    REQUIRE(encode_image(job, &result, format, 85, &file) == STATUS_OK);
    free(file.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct arena *arena;
    if (!arena)
        arena = arena_create(16 << 20);
    REQUIRE(arena);
    struct job job = {.limits = &limits, .arena = arena};
    struct image_header header;
    struct image image;
    const enum status header_status = decode_header(&job, bytes, length, &header);
    REQUIRE(arena_used_bytes(arena) == 0);
    const enum status status = decode_image(&job, bytes, length, &image);
    if (status == STATUS_OK) {
        REQUIRE(header_status == STATUS_OK && image.channels == header.channels);
        REQUIRE((uint64_t)image.width * image.height == (uint64_t)header.width * header.height); /* may be turned */
        REQUIRE((uint64_t)image.width * image.height <= limits.max_pixels);
        struct operation_parameters parameters;
        operation_parameters_init(&parameters);
        REQUIRE(arena_used_bytes(arena) <=
                operation_memory_bytes(OPERATION_GRAYSCALE, &parameters, header.width, header.height, header.channels));
        REQUIRE(sum_of(&image) <= (uint64_t)image.width * image.height * image.channels * 255); /* all of it is there */
        if (image.width * image.height < 4000)
            use(&job, &image, length > 0 ? bytes[length / 2] : 0);
    } else {
        REQUIRE(status == STATUS_UNSUPPORTED_IMAGE || status == STATUS_INVALID_IMAGE ||
                status == STATUS_IMAGE_TOO_LARGE);
        REQUIRE(header_status == STATUS_OK || header_status == status);
    }
    arena_reset(arena);
    return 0;
}
