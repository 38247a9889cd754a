/* decode: what is read from headers, what is refused before any pixel memory is taken, orientation, CMYK, time. */
#include "tests/unit/picture_job.h"

#include <jpeglib.h>

#include "service/decode/png_chunks.h"
#include "service/work/clock.h"

struct bytes {
    uint8_t *at;
    size_t length;
};

static struct bytes bytes_copy(const void *at, size_t length)
{
    struct bytes bytes = {malloc(length + 1), length};
    assert_non_null(bytes.at);
    memcpy(bytes.at, at, length);
    return bytes;
}

static void bytes_insert(struct bytes *bytes, size_t offset, const void *what, size_t length)
{
    bytes->at = realloc(bytes->at, bytes->length + length + 1);
    assert_non_null(bytes->at);
    memmove(bytes->at + offset + length, bytes->at + offset, bytes->length - offset);
    memcpy(bytes->at + offset, what, length);
    bytes->length += length;
}

static struct bytes encoded(struct job *job, const struct image *image, enum image_format format)
{
    struct encoded file;
    assert_int_equal(encode_image(job, image, format, 95, &file), STATUS_OK);
    const struct bytes bytes = bytes_copy(file.bytes, file.length);
    free(file.bytes);
    return bytes;
}

static struct bytes golden(const char *name)
{
    char path[256];
    struct bytes bytes;
    snprintf(path, sizeof path, "tests/golden/inputs/%s", name);
    bytes.at = picture_file(path, &bytes.length);
    assert_non_null(bytes.at);
    return bytes;
}

static enum status decode_status(struct job *job, struct bytes bytes)
{
    struct image image;
    return decode_image(job, bytes.at, bytes.length, &image);
}

/* ---- headers and limits ---- */

TEST(the_header_says_what_decoding_will_make)
{
    (void)state;
    static const char *const inputs[] = {"rgb_420.jpg", "gray.jpg",     "cmyk_adobe.jpg", "rgba.png",
                                         "la.png",      "bilevel.png",  "palette.png",    "gray16.png",
                                         "rgb16.png",   "gray2bit.png", "interlaced.png", "s1x17.png"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct job job = picture_job();
        const struct bytes bytes = golden(inputs[i]);
        struct image_header header;
        struct image image;
        assert_int_equal(decode_header(&job, bytes.at, bytes.length, &header), STATUS_OK);
        assert_int_equal(arena_used_bytes(job.arena), 0);
        assert_int_equal(decode_image(&job, bytes.at, bytes.length, &image), STATUS_OK);
        assert_int_equal(header.format, strstr(inputs[i], ".png") ? IMAGE_FORMAT_PNG : IMAGE_FORMAT_JPEG);
        assert_int_equal(header.width, image.width);
        assert_int_equal(header.height, image.height);
        assert_int_equal(header.channels, image.channels);
        free(bytes.at);
        picture_job_end(&job);
    }
}

TEST(limits_are_checked_before_memory_is_taken)
{
    (void)state;
    static const char *const inputs[] = {"rgb_420.jpg", "rgb16.png"}; /* 160x120, 64x48 */
    static const uint32_t sizes[][2] = {{160, 120}, {64, 48}};
    for (size_t i = 0; i < 2; i++) {
        struct job job = picture_job();
        const struct bytes bytes = golden(inputs[i]);
        struct job_limits limits = picture_job_limits;
        job.limits = &limits;

        limits.max_pixels = sizes[i][0] * sizes[i][1] - 1;
        assert_int_equal(decode_status(&job, bytes), STATUS_IMAGE_TOO_LARGE);
        limits.max_pixels++;
        limits.max_side_px = sizes[i][0] - 1;
        assert_int_equal(decode_status(&job, bytes), STATUS_IMAGE_TOO_LARGE);
        assert_int_equal(arena_used_bytes(job.arena), 0);
        limits.max_side_px++;
        assert_int_equal(decode_status(&job, bytes), STATUS_OK);
        free(bytes.at);
        picture_job_end(&job);
    }
}

TEST(memory_that_is_out_is_said)
{
    (void)state;
    static const char *const inputs[] = {"rgb_420.jpg", "rgb16.png"};
    for (size_t i = 0; i < 2; i++) {
        struct job job = picture_job();
        const struct bytes bytes = golden(inputs[i]);
        struct job_limits limits = picture_job_limits;
        limits.max_memory_bytes = 5000;
        job.limits = &limits;
        const enum status status = decode_status(&job, bytes);
        assert_true(status == STATUS_NO_MEMORY || status == STATUS_IMAGE_TOO_LARGE);
        free(bytes.at);
        picture_job_end(&job);
    }
}

TEST(unknown_bytes_are_unsupported)
{
    (void)state;
    struct job job = picture_job();
    static const char *const texts[] = {"",      "\xFF",     "\xFF\xD8", "\x89PNG\r\n\x1A", "GIF8", "<svg/>",
                                        "II*\0", "%PDF-1.7", "B"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct bytes bytes = bytes_copy(texts[i], strlen(texts[i]));
        assert_int_equal(decode_status(&job, bytes), STATUS_UNSUPPORTED_IMAGE);
        free(bytes.at);
    }
    picture_job_end(&job);
}

/* ---- PNG chunks ---- */

static uint32_t chunk_offset(const struct bytes *png, const char *type)
{
    for (uint32_t at = 8; at + 12 <= png->length;) {
        if (memcmp(png->at + at + 4, type, 4) == 0)
            return at;
        at += 12 + ((uint32_t)png->at[at] << 24 | (uint32_t)png->at[at + 1] << 16 | (uint32_t)png->at[at + 2] << 8 |
                    png->at[at + 3]);
    }
    fail_msg("no %s", type);
    return 0;
}

TEST(png_chunk_lists_are_walked_before_libpng_sees_them)
{
    (void)state;
    struct job job = picture_job();
    const struct bytes good = golden("gray2bit.png");
    struct png_chunks chunks;
    assert_int_equal(png_chunks_walk(good.at, good.length, &chunks), STATUS_OK);
    assert_int_equal(chunks.bit_depth, 2);
    assert_false(chunks.transparency);

    /* a length that is not in the file, for every chunk */
    static const char *const types[] = {"IHDR", "IDAT", "IEND"};
    for (size_t i = 0; i < 3; i++) {
        const struct bytes bytes = bytes_copy(good.at, good.length);
        bytes.at[chunk_offset(&bytes, types[i])] = 0x7F;
        assert_int_equal(decode_status(&job, bytes), STATUS_INVALID_IMAGE);
        free(bytes.at);
    }
    /* without pixels, without end, with a second header */
    struct bytes bytes = bytes_copy(good.at, good.length);
    memcpy(bytes.at + chunk_offset(&bytes, "IDAT") + 4, "iDAt", 4);
    assert_int_equal(decode_status(&job, bytes), STATUS_INVALID_IMAGE);
    free(bytes.at);
    bytes = bytes_copy(good.at, chunk_offset(&good, "IEND"));
    assert_int_equal(decode_status(&job, bytes), STATUS_INVALID_IMAGE);
    free(bytes.at);
    bytes = bytes_copy(good.at, good.length);
    bytes_insert(&bytes, 33, good.at + 8, 25);
    assert_int_equal(decode_status(&job, bytes), STATUS_INVALID_IMAGE);
    free(bytes.at);
    free(good.at);
    picture_job_end(&job);
}

TEST(oversized_png_metadata_is_refused)
{
    (void)state;
    struct job job = picture_job();
    enum { TEXT_BYTES = (8 << 20) + 1 };
    struct bytes bytes = golden("gray2bit.png");
    uint8_t *chunk = calloc(1, TEXT_BYTES + 12);
    assert_non_null(chunk);
    memcpy(chunk, "\x00\x80\x00\x01tEXt", 8);
    bytes_insert(&bytes, 33, chunk, TEXT_BYTES + 12);
    assert_int_equal(decode_status(&job, bytes), STATUS_IMAGE_TOO_LARGE);
    free(chunk);
    free(bytes.at);
    picture_job_end(&job);
}

/* ---- orientation ---- */

/* Blocks of one gray each, so that nothing is lost to JPEG's chroma. */
static struct image blocks(struct job *job)
{
    struct image image = picture_empty(job, 48, 32, 3);
    for (uint32_t y = 0; y < image.height; y++)
        for (uint32_t x = 0; x < image.width; x++)
            memset(image_row(&image, y) + 3 * x, (int)((x / 16) * 40 + (y / 16) * 110 + 10), 3);
    return image;
}

/* The stored pixel that an upright one comes from. Source: Exif 2.32, table of the Orientation tag. */
static void stored_position(int orientation, uint32_t width, uint32_t height, uint32_t x, uint32_t y, uint32_t *ret_x,
                            uint32_t *ret_y)
{
    const uint32_t right = width - 1, bottom = height - 1; /* of the stored picture */
    const uint32_t positions[9][2] = {{0, 0},          {x, y}, {right - x, y},  {right - x, bottom - y},
                                      {x, bottom - y}, {y, x}, {y, bottom - x}, {right - y, bottom - x},
                                      {right - y, x}};
    *ret_x = positions[orientation][0];
    *ret_y = positions[orientation][1];
}

static void insert_exif(struct bytes *jpeg, bool big_endian, int orientation)
{
    const uint8_t big[] = {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0,
                           0,    0,    8, 0,  1,   1,   18,  0,   3, 0, 0,   0,   1, 0,  (uint8_t)orientation,
                           0,    0,    0, 0,  0,   0};
    const uint8_t little[] = {0xFF,
                              0xE1,
                              0,
                              34,
                              'E',
                              'x',
                              'i',
                              'f',
                              0,
                              0,
                              'I',
                              'I',
                              42,
                              0,
                              8,
                              0,
                              0,
                              0,
                              1,
                              0,
                              18,
                              1,
                              3,
                              0,
                              1,
                              0,
                              0,
                              0,
                              (uint8_t)orientation,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0,
                              0};
    bytes_insert(jpeg, 2, big_endian ? big : little, sizeof big);
}

TEST(all_eight_orientations_are_applied)
{
    (void)state;
    struct job job = picture_job();
    const struct image drawn = blocks(&job);
    const struct bytes plain = encoded(&job, &drawn, IMAGE_FORMAT_JPEG);
    struct image stored;
    assert_int_equal(decode_image(&job, plain.at, plain.length, &stored), STATUS_OK);
    for (int orientation = 1; orientation <= 8; orientation++)
        for (int big_endian = 0; big_endian <= 1; big_endian++) {
            struct bytes bytes = bytes_copy(plain.at, plain.length);
            insert_exif(&bytes, big_endian, orientation);
            struct image upright;
            assert_int_equal(decode_image(&job, bytes.at, bytes.length, &upright), STATUS_OK);
            assert_int_equal(upright.width, orientation < 5 ? 48 : 32);
            assert_int_equal(upright.height, orientation < 5 ? 32 : 48);
            for (uint32_t y = 0; y < upright.height; y++)
                for (uint32_t x = 0; x < upright.width; x++) {
                    uint32_t from_x, from_y;
                    stored_position(orientation, stored.width, stored.height, x, y, &from_x, &from_y);
                    assert_memory_equal(image_row(&upright, y) + 3 * x, image_row(&stored, from_y) + 3 * from_x, 3);
                }
            free(bytes.at);
        }
    free(plain.at);
    picture_job_end(&job);
}

TEST(broken_exif_does_not_cost_the_picture)
{
    (void)state;
    struct job job = picture_job();
    const struct image drawn = blocks(&job);
    const struct bytes plain = encoded(&job, &drawn, IMAGE_FORMAT_JPEG);
    for (size_t at = 12; at < 36; at++) {
        struct bytes bytes = bytes_copy(plain.at, plain.length);
        insert_exif(&bytes, true, 6);
        bytes.at[at] = 0xFE; /* byte order, magic, offset, count, tag, type, value */
        assert_int_equal(decode_status(&job, bytes), STATUS_OK);
        free(bytes.at);
    }
    free(plain.at);
    picture_job_end(&job);
}

/* ---- JPEG variants, written with libjpeg ---- */

struct variant {
    int components;
    J_COLOR_SPACE space;
    bool adobe;
    bool progressive;
    const jpeg_scan_info *scans;
    int scan_count;
};

static struct bytes write_variant(const struct variant *variant, uint32_t side, const uint8_t *pixel)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    unsigned long length = 0;
    uint8_t row[4 * 64];
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &file, &length);
    info.image_width = info.image_height = side;
    info.input_components = variant->components;
    info.in_color_space = variant->space;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 100, TRUE);
    info.write_Adobe_marker = variant->adobe;
    if (variant->progressive)
        jpeg_simple_progression(&info);
    if (variant->scans) {
        info.scan_info = variant->scans;
        info.num_scans = variant->scan_count;
    }
    jpeg_start_compress(&info, TRUE);
    for (uint32_t x = 0; x < side; x++)
        memcpy(row + x * (size_t)variant->components, pixel, (size_t)variant->components);
    while (info.next_scanline < info.image_height) {
        JSAMPROW rows[1] = {row};
        jpeg_write_scanlines(&info, rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    const struct bytes bytes = bytes_copy(file, length);
    free(file);
    return bytes;
}

TEST(adobe_cmyk_is_inverted_other_cmyk_is_not)
{
    (void)state;
    static const uint8_t pixel[4] = {200, 120, 40, 230};
    for (int adobe = 0; adobe <= 1; adobe++) {
        struct job job = picture_job();
        const struct variant variant = {.components = 4, .space = JCS_CMYK, .adobe = adobe};
        const struct bytes bytes = write_variant(&variant, 16, pixel);
        struct image image;
        assert_int_equal(decode_image(&job, bytes.at, bytes.length, &image), STATUS_OK);
        assert_int_equal(image.channels, 3);
        for (int c = 0; c < 3; c++) {
            const int light = adobe ? pixel[c] * pixel[3] / 255 : (255 - pixel[c]) * (255 - pixel[3]) / 255;
            assert_true(abs(image_row(&image, 8)[3 * 8 + c] - light) <= 2);
        }
        free(bytes.at);
        picture_job_end(&job);
    }
}

TEST(progressive_jpeg_is_decoded)
{
    (void)state;
    struct job job = picture_job();
    const struct variant variant = {.components = 3, .space = JCS_RGB, .progressive = true};
    const struct bytes bytes = write_variant(&variant, 40, (const uint8_t[]){30, 140, 220});
    struct image image;
    assert_int_equal(decode_image(&job, bytes.at, bytes.length, &image), STATUS_OK);
    assert_true(abs(image_row(&image, 20)[60] - 30) <= 2 && abs(image_row(&image, 20)[62] - 220) <= 2);
    free(bytes.at);
    picture_job_end(&job);
}

/* One scan for DC, then each AC coefficient in `depth` scans of one bit more. */
static struct bytes many_scans(int coefficients, int depth)
{
    static jpeg_scan_info scans[1 + 63 * 3];
    int count = 0;
    scans[count++] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = 0, .Se = 0, .Ah = 0, .Al = 0};
    for (int k = 1; k <= coefficients; k++)
        for (int bit = depth - 1; bit >= 0; bit--)
            scans[count++] =
                (jpeg_scan_info){.comps_in_scan = 1, .Ss = k, .Se = k, .Ah = bit == depth - 1 ? 0 : bit + 1, .Al = bit};
    const struct variant variant = {.components = 1, .space = JCS_GRAYSCALE, .scans = scans, .scan_count = count};
    return write_variant(&variant, 16, (const uint8_t[]){99});
}

TEST(jpeg_with_over_a_hundred_scans_is_refused)
{
    (void)state;
    struct job job = picture_job();
    const struct bytes few = many_scans(49, 2), many = many_scans(63, 2);
    assert_int_equal(decode_status(&job, few), STATUS_OK);
    assert_int_equal(decode_status(&job, many), STATUS_IMAGE_TOO_LARGE);
    free(few.at);
    free(many.at);
    picture_job_end(&job);
}

TEST(a_missing_end_marker_is_forgiven_a_missing_row_is_not)
{
    (void)state;
    struct job job = picture_job();
    struct bytes bytes = golden("rgb_420.jpg");
    assert_int_equal(bytes.at[bytes.length - 1], 0xD9);
    bytes.length -= 2;
    assert_int_equal(decode_status(&job, bytes), STATUS_OK);
    bytes.length -= bytes.length / 10;
    assert_int_equal(decode_status(&job, bytes), STATUS_INVALID_IMAGE);
    free(bytes.at);
    picture_job_end(&job);
}

/* ---- time ---- */

TEST(deadlines_and_cancellation_stop_decoding)
{
    (void)state;
    static const char *const inputs[] = {"rgb_420.jpg", "rgb16.png", "interlaced.png"};
    for (size_t i = 0; i < 3; i++) {
        struct job job = picture_job();
        const struct bytes bytes = golden(inputs[i]);
        job.deadline_ns = clock_now_ns() - 1;
        assert_int_equal(decode_status(&job, bytes), STATUS_PROCESSING_TIMEOUT);
        job.deadline_ns = 0;
        job.cancelled = 1;
        assert_int_equal(decode_status(&job, bytes), STATUS_CANCELLED);
        job.cancelled = 0;
        assert_int_equal(decode_status(&job, bytes), STATUS_OK);
        free(bytes.at);
        picture_job_end(&job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_says_what_decoding_will_make),
        cmocka_unit_test(limits_are_checked_before_memory_is_taken),
        cmocka_unit_test(memory_that_is_out_is_said),
        cmocka_unit_test(unknown_bytes_are_unsupported),
        cmocka_unit_test(png_chunk_lists_are_walked_before_libpng_sees_them),
        cmocka_unit_test(oversized_png_metadata_is_refused),
        cmocka_unit_test(all_eight_orientations_are_applied),
        cmocka_unit_test(broken_exif_does_not_cost_the_picture),
        cmocka_unit_test(adobe_cmyk_is_inverted_other_cmyk_is_not),
        cmocka_unit_test(progressive_jpeg_is_decoded),
        cmocka_unit_test(jpeg_with_over_a_hundred_scans_is_refused),
        cmocka_unit_test(a_missing_end_marker_is_forgiven_a_missing_row_is_not),
        cmocka_unit_test(deadlines_and_cancellation_stop_decoding),
    };
    return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
