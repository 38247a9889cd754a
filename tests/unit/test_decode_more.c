/* decode of WebP, GIF and BMP, from files written here: the first two by libwebp and by a small LZW encoder, the last
 * by hand. */
#include "tests/unit/picture_job.h"

#include <webp/encode.h>

#include "service/decode/gif_lzw.h"
#include "service/work/clock.h"

struct file {
    uint8_t *bytes;
    size_t length;
};

static void put(struct file *file, const void *bytes, size_t length)
{
    file->bytes = realloc(file->bytes, file->length + length + 1);
    assert_non_null(file->bytes);
    memcpy(file->bytes + file->length, bytes, length);
    file->length += length;
}

static void put_number(struct file *file, uint32_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        put(file, &(uint8_t){(uint8_t)((uint64_t)number >> 8 * i)}, 1);
}

static enum status decode_status(struct job *job, const struct file *file, size_t length)
{
    uint8_t *exact = malloc(length ? length : 1); /* so that AddressSanitizer sees the end */
    assert_non_null(exact);
    memcpy(exact, file->bytes, length);
    struct image image;
    const enum status status = decode_image(job, exact, length, &image);
    free(exact);
    return status;
}

static struct image decoded(struct job *job, const struct file *file)
{
    struct image_header header;
    struct image image;
    assert_int_equal(decode_header(job, file->bytes, file->length, &header), STATUS_OK);
    assert_int_equal(decode_image(job, file->bytes, file->length, &image), STATUS_OK);
    assert_int_equal(header.width, image.width);
    assert_int_equal(header.height, image.height);
    assert_int_equal(header.channels, image.channels);
    return image;
}

/* But for the last byte, which may be padding. */
static void expect_every_cut_refused(struct job *job, const struct file *file)
{
    for (size_t length = 12; length + 1 < file->length; length += file->length / 60 + 1)
        if (decode_status(job, file, length) == STATUS_OK)
            fail_msg("%zu of %zu bytes are decoded", length, file->length);
}

static void expect_stopped_in_time(struct job *job, const struct file *file)
{
    job->deadline_ns = clock_now_ns() - 1;
    assert_int_equal(decode_status(job, file, file->length), STATUS_PROCESSING_TIMEOUT);
    job->deadline_ns = 0;
    job->cancelled = 1;
    assert_int_equal(decode_status(job, file, file->length), STATUS_CANCELLED);
    job->cancelled = 0;
}

/* ---- WebP ---- */

static struct file webp_file(const struct image *image, bool lossless)
{
    WebPConfig config;
    WebPPicture picture;
    WebPMemoryWriter writer;
    assert_true(WebPConfigInit(&config) && WebPPictureInit(&picture));
    config.lossless = lossless;
    config.exact = 1; /* keep the colour of transparent pixels */
    picture.use_argb = lossless;
    picture.width = (int)image->width;
    picture.height = (int)image->height;
    WebPMemoryWriterInit(&writer);
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer;
    assert_true(image->channels == 4 ? WebPPictureImportRGBA(&picture, image->pixels, (int)image->stride_bytes)
                                     : WebPPictureImportRGB(&picture, image->pixels, (int)image->stride_bytes));
    assert_true(WebPEncode(&config, &picture));
    WebPPictureFree(&picture);
    struct file file = {NULL, 0};
    put(&file, writer.mem, writer.size);
    WebPMemoryWriterClear(&writer);
    return file;
}

TEST(lossless_webp_is_decoded_exactly)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {64, 48}, {133, 71}};
    for (size_t s = 0; s < 3; s++)
        for (uint32_t channels = 3; channels <= 4; channels++) {
            struct job job = picture_job();
            const struct image image = picture_make(&job, sizes[s][0], sizes[s][1], channels, 3);
            struct file file = webp_file(&image, true);
            const struct image result = decoded(&job, &file);
            assert_int_equal(picture_difference(&image, &result), 0);
            expect_every_cut_refused(&job, &file);
            expect_stopped_in_time(&job, &file);
            free(file.bytes);
            picture_job_end(&job);
        }
}

TEST(webp_written_here_comes_back)
{
    (void)state;
    for (uint32_t channels = 1; channels <= 4; channels++) {
        struct job job = picture_job();
        struct image image = picture_empty(&job, 90, 60, channels); /* smooth, so that little is lost */
        for (uint32_t y = 0; y < 60; y++)
            for (uint32_t x = 0; x < 90; x++)
                for (uint32_t c = 0; c < channels; c++)
                    image_row(&image, y)[x * channels + c] = c == 3 || (c == 1 && channels == 2)
                                                                 ? (uint8_t)(x < 45 ? 255 : 2 * y + 60)
                                                                 : (uint8_t)(50 + x + y);
        struct encoded encoded;
        assert_int_equal(encode_image(&job, &image, IMAGE_FORMAT_WEBP, 95, &encoded), STATUS_OK);
        const struct file file = {encoded.bytes, encoded.length};
        const struct image result = decoded(&job, &file);
        assert_int_equal(result.channels, channels % 2 ? 3 : 4);
        for (uint32_t y = 0; y < 60; y++)
            for (uint32_t x = 0; x < 90; x++) {
                const uint8_t *was = image_row(&image, y) + x * channels,
                              *is = image_row(&result, y) + x * result.channels;
                assert_true(abs(was[0] - is[0]) <= 12);
                if (channels % 2 == 0)
                    assert_int_equal(was[channels - 1], is[3]);
            }

        struct encoded other;
        assert_int_equal(encode_image(&job, &image, IMAGE_FORMAT_WEBP, 5, &other), STATUS_OK);
        assert_true(other.length < encoded.length);
        free(other.bytes);
        job.cancelled = 1;
        assert_int_equal(encode_image(&job, &image, IMAGE_FORMAT_WEBP, 95, &other), STATUS_CANCELLED);
        free(encoded.bytes);
        picture_job_end(&job);
    }
}

static void put_chunk(struct file *file, const char *type, const struct file *body)
{
    put(file, type, 4);
    put_number(file, (uint32_t)body->length, 4);
    put(file, body->bytes, body->length);
    if (body->length % 2)
        put_number(file, 0, 1);
}

/* One frame of 20x10 at (6, 4) of a screen of 40x30, as an animation. */
static struct file animation(const struct image *frame)
{
    struct file still = webp_file(frame, true), extended = {NULL, 0}, loop = {NULL, 0}, anmf = {NULL, 0},
                body = {NULL, 0};
    put_number(&extended, 0x12, 4); /* alpha, animation */
    put_number(&extended, 40 - 1, 3);
    put_number(&extended, 30 - 1, 3);
    put_number(&loop, 0, 6);
    put_number(&anmf, 6 / 2, 3);
    put_number(&anmf, 4 / 2, 3);
    put_number(&anmf, frame->width - 1, 3);
    put_number(&anmf, frame->height - 1, 3);
    put_number(&anmf, 100, 4); /* duration, and no flags */
    put(&anmf, still.bytes + 12, still.length - 12);

    put(&body, "WEBP", 4);
    put_chunk(&body, "VP8X", &extended);
    put_chunk(&body, "ANIM", &loop);
    put_chunk(&body, "ANMF", &anmf);
    put_chunk(&body, "ANMF", &anmf);
    struct file file = {NULL, 0};
    put_chunk(&file, "RIFF", &body);
    free(still.bytes);
    free(extended.bytes);
    free(loop.bytes);
    free(anmf.bytes);
    free(body.bytes);
    return file;
}

TEST(of_an_animated_webp_the_first_frame_is_decoded)
{
    (void)state;
    struct job job = picture_job();
    const struct image frame = picture_make(&job, 20, 10, 4, 5);
    struct file file = animation(&frame);
    const struct image image = decoded(&job, &file);
    assert_int_equal(image.width, 40);
    assert_int_equal(image.height, 30);
    for (uint32_t y = 0; y < 30; y++)
        for (uint32_t x = 0; x < 40; x++) {
            static const uint8_t nothing[4] = {0};
            const bool inside = x >= 6 && x < 26 && y >= 4 && y < 14;
            assert_memory_equal(image_row(&image, y) + 4 * x, inside ? image_row(&frame, y - 4) + 4 * (x - 6) : nothing,
                                4);
        }
    /* a frame that reaches beyond the screen */
    file.bytes[12 + 8 + 4] = 20 - 1;
    assert_int_equal(decode_status(&job, &file, file.length), STATUS_INVALID_IMAGE);
    free(file.bytes);
    picture_job_end(&job);
}

/* ---- GIF ---- */

struct bit_writer {
    struct file bytes;
    uint32_t bits, count;
};

static void write_code(struct bit_writer *writer, uint32_t code, uint32_t bits)
{
    writer->bits |= code << writer->count;
    for (writer->count += bits; writer->count >= 8; writer->count -= 8, writer->bits >>= 8)
        put_number(&writer->bytes, writer->bits & 255, 1);
}

/* LZW, the slow way: the table is a list of (prefix, index), searched from its start. */
static struct file lzw(const uint8_t *indices, size_t count, uint32_t minimum_bits, bool clear_when_full)
{
    struct bit_writer writer = {.bits = 0};
    static uint32_t prefixes[4096], lasts[4096];
    const uint32_t clear = 1U << minimum_bits;
    uint32_t next = clear + 2, bits = minimum_bits + 1, current = indices[0];
    write_code(&writer, clear, bits);
    for (size_t i = 1; i < count; i++) {
        uint32_t found = clear + 2;
        while (found < next && (prefixes[found] != current || lasts[found] != indices[i]))
            found++;
        if (found < next) {
            current = found;
            continue;
        }
        write_code(&writer, current, bits);
        if (next < 4096) {
            prefixes[next] = current;
            lasts[next] = indices[i];
            if (next++ == 1U << bits)
                bits++;
        } else if (clear_when_full) {
            write_code(&writer, clear, bits);
            next = clear + 2;
            bits = minimum_bits + 1;
        }
        current = indices[i];
    }
    write_code(&writer, current, bits);
    write_code(&writer, clear + 1,
               bits + (next == 1U << bits && bits < 12)); /* the decoder has one entry more by now */
    write_code(&writer, 0, 7);

    struct file blocks = {NULL, 0};
    put_number(&blocks, minimum_bits, 1);
    for (size_t at = 0; at < writer.bytes.length; at += 255) {
        const size_t left = writer.bytes.length - at;
        put_number(&blocks, (uint32_t)(left < 255 ? left : 255), 1);
        put(&blocks, writer.bytes.bytes + at, left < 255 ? left : 255);
    }
    put_number(&blocks, 0, 1);
    free(writer.bytes.bytes);
    return blocks;
}

TEST(lzw_gives_back_what_was_packed)
{
    (void)state;
    enum { COUNT = 60000 };
    static uint8_t indices[COUNT], back[COUNT];
    for (uint32_t bits = 2; bits <= 8; bits++)
        for (int kind = 0; kind < 3; kind++) {
            uint32_t seed = 17 + bits;
            for (size_t i = 0; i < COUNT; i++) /* noise, one value (the code that is not in the table yet), runs */
                indices[i] = (uint8_t)((kind == 0   ? picture_random(&seed) >> 8
                                        : kind == 1 ? 1
                                                    : i / 7 % 5) &
                                       ((1U << bits) - 1));
            for (int clear = 0; clear <= 1; clear++) {
                struct file blocks = lzw(indices, COUNT, bits, clear);
                memset(back, 0xEE, COUNT);
                assert_true(gif_lzw_decode(byte_cursor_over(blocks.bytes, blocks.length), back, COUNT));
                assert_memory_equal(indices, back, COUNT);
                assert_false(gif_lzw_decode(byte_cursor_over(blocks.bytes, blocks.length - 200), back, COUNT));
                free(blocks.bytes);
            }
        }
}

struct gif_shape {
    uint32_t screen_width, screen_height, left, top, width, height;
    bool interlaced, local_palette;
    int transparent; /* -1: none */
};

static void gif_palette(uint8_t palette[16 * 3])
{
    for (int i = 0; i < 16 * 3; i++)
        palette[i] = (uint8_t)(i * 37 + 11);
}

/* indices: of the frame from top to bottom. */
static struct file gif_file(const struct gif_shape *shape, const uint8_t *indices)
{
    uint8_t palette[16 * 3], stored[4096];
    gif_palette(palette);
    struct file file = {NULL, 0};
    put(&file, "GIF89a", 6);
    put_number(&file, shape->screen_width, 2);
    put_number(&file, shape->screen_height, 2);
    put_number(&file, shape->local_palette ? 0 : 0x83, 1);
    put_number(&file, 3, 2); /* background colour, which nobody uses, and aspect */
    if (!shape->local_palette)
        put(&file, palette, sizeof palette);
    put(&file, "\x21\xFE\x05hello\x00", 9);
    if (shape->transparent >= 0) {
        put(&file, "\x21\xF9\x04\x01\x00\x00", 6);
        put_number(&file, (uint32_t)shape->transparent, 1);
        put_number(&file, 0, 1);
    }
    put(&file, "\x2C", 1);
    put_number(&file, shape->left, 2);
    put_number(&file, shape->top, 2);
    put_number(&file, shape->width, 2);
    put_number(&file, shape->height, 2);
    put_number(&file, (shape->interlaced ? 0x40U : 0) | (shape->local_palette ? 0x83U : 0), 1);
    if (shape->local_palette)
        put(&file, palette, sizeof palette);
    size_t row = 0;
    for (uint32_t pass = 0; pass < (shape->interlaced ? 4U : 1U); pass++)
        for (uint32_t y = shape->interlaced ? (const uint32_t[]){0, 4, 2, 1}[pass] : 0; y < shape->height;
             y += shape->interlaced ? (const uint32_t[]){8, 8, 4, 2}[pass] : 1)
            memcpy(stored + shape->width * row++, indices + shape->width * y, shape->width);
    struct file blocks = lzw(stored, (size_t)shape->width * shape->height, 4, true);
    put(&file, blocks.bytes, blocks.length);
    free(blocks.bytes);
    put(&file, ";", 1);
    return file;
}

TEST(gif_frames_are_drawn)
{
    (void)state;
    static const struct gif_shape shapes[] = {
        {31, 19, 0, 0, 31, 19, false, false, -1}, {31, 19, 0, 0, 31, 19, true, true, -1},
        {31, 19, 0, 0, 31, 19, false, false, 5},  {40, 30, 7, 5, 20, 21, true, false, -1},
        {1, 1, 0, 0, 1, 1, true, false, -1},      {9, 3, 1, 1, 8, 2, true, true, 0},
    };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const struct gif_shape *shape = &shapes[s];
        struct job job = picture_job();
        uint8_t indices[4096], palette[16 * 3];
        uint32_t seed = 5;
        gif_palette(palette);
        for (size_t i = 0; i < sizeof indices; i++)
            indices[i] = (uint8_t)(picture_random(&seed) >> 5 & 15);
        struct file file = gif_file(shape, indices);
        const struct image image = decoded(&job, &file);
        assert_int_equal(image.width, shape->screen_width);
        assert_int_equal(image.height, shape->screen_height);
        const bool alpha = shape->transparent >= 0 || shape->width != shape->screen_width;
        assert_int_equal(image.channels, alpha ? 4 : 3);
        for (uint32_t y = 0; y < image.height; y++)
            for (uint32_t x = 0; x < image.width; x++) {
                const uint8_t *pixel = image_row(&image, y) + x * image.channels;
                const uint32_t fx = x - shape->left, fy = y - shape->top; /* wraps around outside */
                const int index = fx < shape->width && fy < shape->height ? indices[fy * shape->width + fx] : -1;
                if (index < 0 || index == shape->transparent) {
                    assert_int_equal(pixel[3], 0);
                } else {
                    assert_memory_equal(pixel, palette + 3 * index, 3);
                    assert_true(!alpha || pixel[3] == 255);
                }
            }
        expect_stopped_in_time(&job, &file);
        free(file.bytes);
        picture_job_end(&job);
    }
}

TEST(broken_gifs_are_refused)
{
    (void)state;
    struct job job = picture_job();
    uint8_t indices[4096] = {0};
    static const struct gif_shape good = {31, 19, 0, 0, 31, 19, false, false, -1};
    struct file file = gif_file(&good, indices);
    file.length -= 6; /* terminators and the last codes */
    expect_every_cut_refused(&job, &file);
    free(file.bytes);

    static const struct gif_shape beyond[] = {{31, 19, 1, 0, 31, 19, false, false, -1},
                                              {31, 19, 0, 10, 31, 10, false, false, -1}};
    for (size_t i = 0; i < 2; i++) {
        file = gif_file(&beyond[i], indices);
        assert_int_equal(decode_status(&job, &file, file.length), STATUS_INVALID_IMAGE);
        free(file.bytes);
    }
    picture_job_end(&job);
}

/* ---- BMP ---- */

struct bmp_shape {
    uint32_t header_bytes, bits, compression, colors_used;
    int32_t height; /* negative: top down */
    uint32_t masks[4];
};

enum { BMP_WIDTH = 13, BMP_HEIGHT = 6 };

/* Pixels are random numbers of `bits` bits. */
static struct file bmp_file(const struct bmp_shape *shape, uint32_t pixels[BMP_HEIGHT][BMP_WIDTH])
{
    struct file file = {NULL, 0}, rows = {NULL, 0};
    const bool old = shape->header_bytes == 12;
    const uint32_t entries = shape->bits > 8 ? 0 : shape->colors_used ? shape->colors_used : 1U << shape->bits;
    const uint32_t mask_bytes = shape->header_bytes == 40 && shape->compression ? 12 : 0;
    put(&file, "BM", 2);
    put_number(&file, 0, 4);
    put_number(&file, 0, 4);
    put_number(&file, 14 + shape->header_bytes + mask_bytes + entries * (old ? 3 : 4), 4);
    put_number(&file, shape->header_bytes, 4);
    put_number(&file, BMP_WIDTH, old ? 2 : 4);
    put_number(&file, (uint32_t)shape->height, old ? 2 : 4);
    put_number(&file, 1, 2);
    put_number(&file, shape->bits, 2);
    if (!old) {
        put_number(&file, shape->compression, 4);
        put_number(&file, 0, 4);
        put_number(&file, 0, 4);
        put_number(&file, 0, 4);
        put_number(&file, shape->colors_used, 4);
        put_number(&file, 0, 4);
        for (uint32_t i = 0; i < mask_bytes / 4; i++)
            put_number(&file, shape->masks[i], 4);
        for (uint32_t i = 0; i < (shape->header_bytes - 40) / 4; i++)
            put_number(&file, i < 4 ? shape->masks[i] : 0, 4);
    }
    for (uint32_t i = 0; i < entries; i++)
        put_number(&file, 0x010305 * i + 7, old ? 3 : 4);
    for (uint32_t r = 0; r < BMP_HEIGHT; r++) {
        const uint32_t y = shape->height < 0 ? r : BMP_HEIGHT - 1 - r;
        uint8_t row[4 * BMP_WIDTH + 4] = {0};
        for (uint32_t x = 0; x < BMP_WIDTH; x++)
            for (uint32_t bit = 0; bit < shape->bits; bit++)
                if (pixels[y][x] >> bit & 1) { /* below 8 bits the leftmost pixel is the highest */
                    const uint32_t at = x * shape->bits + (shape->bits < 8 ? shape->bits - 1 - bit : bit);
                    row[at / 8] |= (uint8_t)(1U << (shape->bits < 8 ? 7 - at % 8 : at % 8));
                }
        put(&rows, row, (BMP_WIDTH * shape->bits + 31) / 32 * 4);
    }
    put(&file, rows.bytes, rows.length);
    free(rows.bytes);
    return file;
}

static uint8_t stretched(uint32_t pixel, uint32_t mask)
{
    if (!mask)
        return 0;
    while (!(mask & 1)) {
        mask >>= 1;
        pixel >>= 1;
    }
    return (uint8_t)((uint64_t)(pixel & mask) * 255 / mask);
}

TEST(bmp_of_all_depths_is_decoded)
{
    (void)state;
    static const struct bmp_shape shapes[] = {
        {40, 1, 0, 0, 6, {0}},
        {40, 4, 0, 0, 6, {0}},
        {40, 8, 0, 0, 6, {0}},
        {40, 8, 0, 100, -6, {0}},
        {12, 8, 0, 0, 6, {0}},
        {12, 24, 0, 0, 6, {0}},
        {40, 24, 0, 0, 6, {0}},
        {124, 24, 0, 0, -6, {0}},
        {40, 16, 0, 0, 6, {0x7C00, 0x3E0, 0x1F, 0}},
        {40, 16, 3, 0, 6, {0xF800, 0x7E0, 0x1F, 0}},
        {40, 32, 0, 0, 6, {0xFF0000, 0xFF00, 0xFF, 0}},
        {40, 32, 3, 0, 6, {0xFF, 0xFF00, 0xFF0000, 0}},
        {56, 32, 3, 0, -6, {0xFF0000, 0xFF00, 0xFF, 0xFF000000}},
        {108, 16, 3, 0, 6, {0xF00, 0xF0, 0xF, 0xF000}},
        {124, 32, 3, 0, 6, {0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000}},
    };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const struct bmp_shape *shape = &shapes[s];
        struct job job = picture_job();
        uint32_t pixels[BMP_HEIGHT][BMP_WIDTH], seed = 31;
        for (uint32_t y = 0; y < BMP_HEIGHT; y++)
            for (uint32_t x = 0; x < BMP_WIDTH; x++)
                pixels[y][x] = picture_random(&seed) >> (32 - shape->bits);
        struct file file = bmp_file(shape, pixels);
        const struct image image = decoded(&job, &file);
        const bool alpha = shape->compression && shape->masks[3];
        assert_int_equal(image.width, BMP_WIDTH);
        assert_int_equal(image.height, BMP_HEIGHT);
        assert_int_equal(image.channels, alpha ? 4 : 3);
        for (uint32_t y = 0; y < BMP_HEIGHT; y++)
            for (uint32_t x = 0; x < BMP_WIDTH; x++)
                for (uint32_t c = 0; c < image.channels; c++) {
                    const uint32_t pixel = pixels[y][x];
                    uint32_t expected;
                    if (shape->bits <= 8) /* indices beyond the palette are black */
                        expected = shape->colors_used && pixel >= shape->colors_used
                                       ? 0
                                       : (0x010305 * pixel + 7) >> (16 - 8 * c) & 255;
                    else
                        expected = shape->bits == 24 ? pixel >> (16 - 8 * c) & 255 : stretched(pixel, shape->masks[c]);
                    assert_int_equal(image_row(&image, y)[x * image.channels + c], expected);
                }
        expect_stopped_in_time(&job, &file);
        expect_every_cut_refused(&job, &(struct file){file.bytes, file.length - 3});
        free(file.bytes);
        picture_job_end(&job);
    }
}

TEST(bmp_with_alpha_that_is_zero_everywhere_is_opaque)
{
    (void)state;
    static const struct bmp_shape shape = {56, 32, 3, 0, 6, {0xFF0000, 0xFF00, 0xFF, 0xFF000000}};
    struct job job = picture_job();
    uint32_t pixels[BMP_HEIGHT][BMP_WIDTH];
    for (uint32_t i = 0; i < BMP_HEIGHT * BMP_WIDTH; i++)
        pixels[i / BMP_WIDTH][i % BMP_WIDTH] = 0x123456;
    struct file file = bmp_file(&shape, pixels);
    const struct image image = decoded(&job, &file);
    assert_memory_equal(image_row(&image, 3) + 4 * 5, "\x12\x34\x56\xFF", 4);
    free(file.bytes);
    picture_job_end(&job);
}

TEST(broken_bmps_are_refused)
{
    (void)state;
    static const struct {
        size_t offset;
        uint32_t value;
        enum status status;
    } changes[] = {
        {10, 20, STATUS_INVALID_IMAGE},      /* pixels inside the header */
        {10, 1 << 30, STATUS_INVALID_IMAGE}, /* pixels behind the file */
        {14, 39, STATUS_INVALID_IMAGE},      /* header size */
        {18, 0, STATUS_INVALID_IMAGE},       /* width */
        {18, 0x80000000, STATUS_INVALID_IMAGE}, {18, 0x7FFFFFFF, STATUS_IMAGE_TOO_LARGE},
        {22, 0, STATUS_INVALID_IMAGE},                                           /* height */
        {22, 0x80000000, STATUS_INVALID_IMAGE}, {22, 7, STATUS_INVALID_IMAGE},   /* one row more than there is */
        {28, 5, STATUS_INVALID_IMAGE},                                           /* bits */
        {30, 1, STATUS_UNSUPPORTED_IMAGE},                                       /* run lengths */
        {30, 4, STATUS_UNSUPPORTED_IMAGE},                                       /* JPEG */
        {30, 77, STATUS_INVALID_IMAGE},         {46, 257, STATUS_INVALID_IMAGE}, /* colours */
    };
    static const struct bmp_shape shape = {40, 8, 0, 0, 6, {0}};
    struct job job = picture_job();
    uint32_t pixels[BMP_HEIGHT][BMP_WIDTH] = {{0}};
    struct file file = bmp_file(&shape, pixels);
    assert_int_equal(decode_status(&job, &file, file.length), STATUS_OK);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint8_t before[4];
        uint8_t *at = file.bytes + changes[i].offset;
        memcpy(before, at, 4);
        for (int b = 0; b < (changes[i].offset == 28 ? 2 : 4); b++)
            at[b] = (uint8_t)(changes[i].value >> 8 * b);
        const enum status status = decode_status(&job, &file, file.length);
        if (status != changes[i].status)
            fail_msg("change %zu: status %d instead of %d", i, status, changes[i].status);
        memcpy(at, before, 4);
    }
    free(file.bytes);
    picture_job_end(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lossless_webp_is_decoded_exactly),
        cmocka_unit_test(webp_written_here_comes_back),
        cmocka_unit_test(of_an_animated_webp_the_first_frame_is_decoded),
        cmocka_unit_test(lzw_gives_back_what_was_packed),
        cmocka_unit_test(gif_frames_are_drawn),
        cmocka_unit_test(broken_gifs_are_refused),
        cmocka_unit_test(bmp_of_all_depths_is_decoded),
        cmocka_unit_test(bmp_with_alpha_that_is_zero_everywhere_is_opaque),
        cmocka_unit_test(broken_bmps_are_refused),
    };
    return cmocka_run_group_tests_name("decode_more", tests, NULL, NULL);
}
