/* encode: JPEG byte for byte what libjpeg's defaults and cjpeg write, PNG without loss, alpha on white where a format
 * has none. */
#include "tests/unit/picture_job.h"

#include <jpeglib.h>
#include <unistd.h>

#include "service/work/clock.h"

static struct encoded encode(struct job *job, const struct image *image, enum image_format format, int quality)
{
    struct encoded file = {.bytes = NULL};
    assert_int_equal(encode_image(job, image, format, quality, &file), STATUS_OK);
    assert_non_null(file.bytes);
    return file;
}

static void expect_same_bytes(const struct encoded *file, const uint8_t *bytes, size_t length)
{
    assert_int_equal(file->length, length);
    assert_memory_equal(file->bytes, bytes, length);
}

/* What an application that only sets the quality gets. */
static unsigned char *libjpeg_defaults(const struct image *image, int quality, unsigned long *ret_length)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    *ret_length = 0;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &file, ret_length);
    info.image_width = image->width;
    info.image_height = image->height;
    info.input_components = (int)image->channels;
    info.in_color_space = image->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    for (uint32_t y = 0; y < image->height; y++) {
        JSAMPROW rows[1] = {image_row(image, y)};
        jpeg_write_scanlines(&info, rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    return file;
}

TEST(jpeg_is_what_libjpeg_writes_by_default)
{
    (void)state;
    static const int qualities[] = {1, 50, 85, 95, 100};
    static const uint32_t sizes[][2] = {{1, 1}, {16, 16}, {17, 33}, {160, 121}};
    for (size_t s = 0; s < 4; s++)
        for (uint32_t channels = 1; channels <= 3; channels += 2)
            for (size_t q = 0; q < 5; q++) {
                struct job job = picture_job();
                const struct image image = picture_make(&job, sizes[s][0], sizes[s][1], channels, 3);
                const struct encoded file = encode(&job, &image, IMAGE_FORMAT_JPEG, qualities[q]);
                unsigned long length;
                unsigned char *expected = libjpeg_defaults(&image, qualities[q], &length);
                expect_same_bytes(&file, expected, length);
                free(expected);
                free(file.bytes);
                picture_job_end(&job);
            }
}

TEST(jpeg_is_what_cjpeg_writes)
{
    (void)state;
    if (access("/usr/bin/cjpeg", X_OK) != 0)
        skip();
    for (uint32_t channels = 1; channels <= 3; channels += 2) {
        struct job job = picture_job();
        const struct image image = picture_make(&job, 133, 77, channels, 9);
        char path[] = "/tmp/test_encode_XXXXXX", command[128];
        const int descriptor = mkstemp(path);
        FILE *pnm = fdopen(descriptor, "wb");
        assert_non_null(pnm);
        fprintf(pnm, "P%d\n133 77\n255\n", channels == 1 ? 5 : 6);
        for (uint32_t y = 0; y < image.height; y++)
            fwrite(image_row(&image, y), 1, (size_t)image.width * channels, pnm);
        fclose(pnm);
        snprintf(command, sizeof command, "/usr/bin/cjpeg -quality 85 %s", path);
        FILE *pipe = popen(command, "r");
        assert_non_null(pipe);
        static uint8_t expected[1 << 20];
        const size_t length = fread(expected, 1, sizeof expected, pipe);
        pclose(pipe);
        unlink(path);
        const struct encoded file = encode(&job, &image, IMAGE_FORMAT_JPEG, 85);
        expect_same_bytes(&file, expected, length);
        free(file.bytes);
        picture_job_end(&job);
    }
}

TEST(png_loses_nothing)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {1, 40}, {300, 1}, {63, 65}, {257, 130}};
    for (size_t s = 0; s < 5; s++)
        for (uint32_t channels = 1; channels <= 4; channels++) {
            struct job job = picture_job();
            const struct image image = picture_make(&job, sizes[s][0], sizes[s][1], channels, 21);
            const struct encoded file = encode(&job, &image, IMAGE_FORMAT_PNG, 85);
            struct image again;
            assert_int_equal(decode_image(&job, file.bytes, file.length, &again), STATUS_OK);
            assert_int_equal(picture_difference(&image, &again), 0);
            free(file.bytes);
            picture_job_end(&job);
        }
}

TEST(jpeg_of_a_picture_with_alpha_is_on_white)
{
    (void)state;
    for (uint32_t channels = 2; channels <= 4; channels += 2) {
        struct job job = picture_job();
        const struct image image = picture_make(&job, 70, 50, channels, 4);
        struct image opaque = picture_empty(&job, 70, 50, channels - 1);
        for (uint32_t y = 0; y < image.height; y++)
            for (uint32_t x = 0; x < image.width; x++)
                for (uint32_t c = 0; c < channels - 1; c++) {
                    const uint8_t *pixel = image_row(&image, y) + x * channels;
                    const uint32_t alpha = pixel[channels - 1];
                    const uint32_t v = 2 * (pixel[c] * alpha + 255 * (255 - alpha)) + 255;
                    image_row(&opaque, y)[x * (channels - 1) + c] = (uint8_t)(v / 510);
                }
        const struct encoded file = encode(&job, &image, IMAGE_FORMAT_JPEG, 85);
        const struct encoded expected = encode(&job, &opaque, IMAGE_FORMAT_JPEG, 85);
        expect_same_bytes(&file, expected.bytes, expected.length);
        free(file.bytes);
        free(expected.bytes);
        picture_job_end(&job);
    }
}

/* Noise at quality 100 takes more than any guess: the buffer has to grow in the middle. */
TEST(files_may_be_larger_than_guessed)
{
    (void)state;
    struct job job = picture_job();
    struct image image = picture_empty(&job, 400, 300, 3);
    uint32_t seed = 1;
    for (uint32_t y = 0; y < image.height; y++)
        for (uint32_t i = 0; i < 1200; i++)
            image_row(&image, y)[i] = (uint8_t)(picture_random(&seed) >> 9);
    struct encoded file = encode(&job, &image, IMAGE_FORMAT_JPEG, 100);
    unsigned long length;
    unsigned char *expected = libjpeg_defaults(&image, 100, &length);
    assert_true(length > 400 * 300); /* a byte per pixel, the guess is 3 bits */
    expect_same_bytes(&file, expected, length);
    free(expected);
    free(file.bytes);

    file = encode(&job, &image, IMAGE_FORMAT_PNG, 85);
    struct image again;
    assert_int_equal(decode_image(&job, file.bytes, file.length, &again), STATUS_OK);
    assert_int_equal(picture_difference(&image, &again), 0);
    free(file.bytes);
    picture_job_end(&job);
}

TEST(deadlines_and_cancellation_stop_encoding)
{
    (void)state;
    static const enum image_format formats[] = {IMAGE_FORMAT_JPEG, IMAGE_FORMAT_PNG};
    for (size_t i = 0; i < 2; i++) {
        struct job job = picture_job();
        const struct image image = picture_make(&job, 60, 60, 4, 2);
        struct encoded file = {.length = 4711};
        job.deadline_ns = clock_now_ns() - 1;
        assert_int_equal(encode_image(&job, &image, formats[i], 85, &file), STATUS_PROCESSING_TIMEOUT);
        job.deadline_ns = 0;
        job.cancelled = 1;
        assert_int_equal(encode_image(&job, &image, formats[i], 85, &file), STATUS_CANCELLED);
        assert_int_equal(file.length, 4711);
        picture_job_end(&job);
    }
}

TEST(other_formats_are_unsupported)
{
    (void)state;
    struct job job = picture_job();
    const struct image image = picture_make(&job, 8, 8, 3, 2);
    struct encoded file;
    assert_int_equal(encode_image(&job, &image, IMAGE_FORMAT_GIF, 85, &file), STATUS_UNSUPPORTED_IMAGE);
    assert_int_equal(encode_image(&job, &image, IMAGE_FORMAT_UNKNOWN, 85, &file), STATUS_UNSUPPORTED_IMAGE);
    picture_job_end(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jpeg_is_what_libjpeg_writes_by_default),
        cmocka_unit_test(jpeg_is_what_cjpeg_writes),
        cmocka_unit_test(png_loses_nothing),
        cmocka_unit_test(jpeg_of_a_picture_with_alpha_is_on_white),
        cmocka_unit_test(files_may_be_larger_than_guessed),
        cmocka_unit_test(deadlines_and_cancellation_stop_encoding),
        cmocka_unit_test(other_formats_are_unsupported),
    };
    return cmocka_run_group_tests_name("encode", tests, NULL, NULL);
}
