/* Every operation over the golden inputs, against what the original service (Flask, Pillow 9.4) makes of them: the same
 * pixels for blur, sharpen, edge_detect, grayscale and rotate, within 1 level for enhance and for noise_reduction with
 * method=mean.
 *
 * Where the original fails or destroys the picture ours differs on purpose (alpha, palettes, 16 bits, CMYK,
 * orientation); what is expected there is computed here, from the original's decoded picture or another decoder. */
#include "tests/unit/picture_job.h"

#include <dirent.h>
#include <png.h>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#pragma GCC diagnostic ignored "-Wunused-function" /* reported at the end of the file, so it cannot be popped */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wshadow"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

enum { PATH_MAX_BYTES = 512 };

struct expectation {
    struct job job;
    struct image decoded; /* ours */
    struct image result;  /* ours */
    struct image golden;  /* the original's */
};

/* ---- reading the expected pictures, through libpng's simplified API: not the code under test ---- */

static struct image read_expected(struct job *job, const char *input, const char *name, uint32_t channels)
{
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "tests/golden/expected/%s/%s.png", input, name);
    png_image png = {.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_file(&png, path))
        fail_msg("%s: %s", path, png.message);
    static const uint32_t formats[5] = {0, PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB, PNG_FORMAT_RGBA};
    png.format = formats[channels];
    struct image image = picture_empty(job, png.width, png.height, channels);
    if (!png_image_finish_read(&png, NULL, image.pixels, (png_int_32)image.stride_bytes, NULL))
        fail_msg("%s: %s", path, png.message);
    return image;
}

static bool has_expected(const char *input, const char *name)
{
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "tests/golden/expected/%s/%s.png", input, name);
    FILE *file = fopen(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

/* ---- running ours ---- */

static enum status decode_input(struct job *job, const char *input, struct image *ret)
{
    char path[PATH_MAX_BYTES];
    size_t length = 0;
    snprintf(path, sizeof path, "tests/golden/inputs/%s", input);
    uint8_t *bytes = picture_file(path, &length);
    if (!bytes)
        fail_msg("%s is missing", path);
    const enum status status = decode_image(job, bytes, length, ret);
    free(bytes);
    return status;
}

static struct image decoded(struct job *job, const char *input)
{
    struct image image;
    if (decode_input(job, input, &image) != STATUS_OK)
        fail_msg("%s is not decoded", input);
    return image;
}

static struct image operated(struct job *job, const char *name, const struct image *image)
{
    struct operation_parameters parameters;
    operation_parameters_init(&parameters);
    parameters.method = DENOISE_MEAN;
    enum operation operation;
    assert_true(operation_find(name, &operation));
    struct image copy = picture_copy(job, image), result;
    assert_int_equal(operate(job, operation, &parameters, &copy, &result), STATUS_OK);
    return result;
}

/* The colour channels of `image`, as a picture of its own. */
static struct image colors_of(struct job *job, const struct image *image)
{
    struct image colors = picture_empty(job, image->width, image->height, image_colors(image));
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            memcpy(image_row(&colors, y) + x * colors.channels, image_row(image, y) + x * image->channels,
                   colors.channels);
    return colors;
}

static void expect_pictures_equal(const char *input, const char *name, const struct image *ours,
                                  const struct image *golden, int tolerance)
{
    if (ours->width != golden->width || ours->height != golden->height || ours->channels != golden->channels)
        fail_msg("%s %s: %ux%u, %u channels instead of %ux%u, %u", input, name, ours->width, ours->height,
                 ours->channels, golden->width, golden->height, golden->channels);
    const int difference = picture_difference(ours, golden);
    if (difference > tolerance)
        fail_msg("%s %s: differs by %d, %d is allowed", input, name, difference, tolerance);
}

static int tolerance_of(const char *name)
{
    return strcmp(name, "enhance") == 0 || strcmp(name, "noise_reduction") == 0 ? 1 : 0;
}

static const char *const all_operations[] = {"blur",    "sharpen", "edge_detect",    "grayscale",
                                             "enhance", "rotate",  "noise_reduction"};
enum { OPERATIONS = sizeof all_operations / sizeof *all_operations };

/* ---- where ours equals the original ---- */

/* Decoding and every operation the original manages; colours only, so that a picture with alpha may be compared, too.
 * ret: how many operations were compared. */
static int compare_with_original(const char *input, const char *except)
{
    int compared = 0;
    for (int i = -1; i < OPERATIONS; i++) {
        const char *name = i < 0 ? "_decoded" : all_operations[i];
        if ((except && strcmp(name, except) == 0) || !has_expected(input, name))
            continue;
        struct job job = picture_job();
        const struct image image = decoded(&job, input);
        const struct image result = i < 0 ? image : operated(&job, name, &image);
        const struct image ours = colors_of(&job, &result);
        const struct image expected = read_expected(&job, input, name, result.channels);
        const struct image golden = colors_of(&job, &expected);
        expect_pictures_equal(input, name, &ours, &golden, tolerance_of(name));
        if (image_has_alpha(&image))
            assert_true(image_has_alpha(&result));
        picture_job_end(&job);
        compared++;
    }
    return compared;
}

TEST(color_pictures_equal_the_original)
{
    (void)state;
    static const char *const inputs[] = {"rgb_420.jpg", "rgb_444_odd.jpg", "noise.png", "rgb16.png", "interlaced.png",
                                         "s12x4.png",   "s1x1.png",        "s1x17.png", "s3x3.png",  "bmp.bmp"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++)
        assert_int_equal(compare_with_original(inputs[i], NULL), 1 + OPERATIONS);
}

TEST(gray_pictures_equal_the_original_and_stay_gray)
{
    (void)state;
    /* the original has no noise_reduction for them; ours must work */
    static const char *const inputs[] = {"gray.jpg", "gray2bit.png"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        assert_int_equal(compare_with_original(inputs[i], NULL), OPERATIONS);
        struct job job = picture_job();
        const struct image image = decoded(&job, inputs[i]);
        assert_int_equal(image.channels, 1);
        for (int o = 0; o < OPERATIONS; o++)
            assert_int_equal(operated(&job, all_operations[o], &image).channels, 1);
        picture_job_end(&job);
    }
}

/* ---- where ours differs on purpose ---- */

TEST(alpha_is_carried_beside_the_original_colors)
{
    (void)state;
    /* the original drops the alpha of RGBA and filters that of LA like a colour; both blur without premultiplying */
    assert_int_equal(compare_with_original("rgba.png", "blur"), OPERATIONS);
    assert_int_equal(compare_with_original("la.png", "blur"), OPERATIONS);
    static const char *const inputs[] = {"rgba.png", "la.png"};
    static const char *const carrying[] = {"sharpen", "edge_detect", "enhance", "noise_reduction"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct job job = picture_job();
        const struct image image = decoded(&job, inputs[i]);
        for (size_t o = 0; o < sizeof carrying / sizeof *carrying; o++) {
            const struct image result = operated(&job, carrying[o], &image);
            for (uint32_t y = 0; y < image.height; y++)
                for (uint32_t x = 0; x < image.width; x++)
                    assert_int_equal(image_row(&result, y)[(x + 1) * image.channels - 1],
                                     image_row(&image, y)[(x + 1) * image.channels - 1]);
        }
        picture_job_end(&job);
    }
}

TEST(alpha_of_a_png_is_what_another_decoder_reads)
{
    (void)state;
    static const char *const inputs[] = {"rgba.png", "la.png"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        struct job job = picture_job();
        const struct image image = decoded(&job, inputs[i]);
        char path[PATH_MAX_BYTES];
        size_t length = 0;
        snprintf(path, sizeof path, "tests/golden/inputs/%s", inputs[i]);
        uint8_t *bytes = picture_file(path, &length);
        int width, height, channels;
        stbi_uc *other = stbi_load_from_memory(bytes, (int)length, &width, &height, &channels, 0);
        assert_non_null(other);
        assert_int_equal(channels, image.channels);
        for (uint32_t y = 0; y < image.height; y++)
            assert_memory_equal(image_row(&image, y), other + (size_t)y * image.width * image.channels,
                                (size_t)image.width * image.channels);
        stbi_image_free(other);
        free(bytes);
        picture_job_end(&job);
    }
}

TEST(sixteen_bit_gray_becomes_its_high_byte)
{
    (void)state;
    struct job job = picture_job();
    const struct image image = decoded(&job, "gray16.png");
    size_t length = 0;
    uint8_t *bytes = picture_file("tests/golden/inputs/gray16.png", &length);
    int width, height, channels;
    stbi_us *samples = stbi_load_16_from_memory(bytes, (int)length, &width, &height, &channels, 1);
    assert_non_null(samples);
    assert_int_equal(image.channels, 1);
    for (uint32_t y = 0; y < image.height; y++)
        for (uint32_t x = 0; x < image.width; x++)
            assert_int_equal(image_row(&image, y)[x], samples[y * image.width + x] >> 8);
    stbi_image_free(samples);
    free(bytes);
    picture_job_end(&job);
}

TEST(palettes_and_single_bits_are_expanded)
{
    (void)state;
    struct job job = picture_job();
    const struct image palette = decoded(&job, "palette.png");
    const struct image golden_palette = read_expected(&job, "palette.png", "_decoded", 3);
    expect_pictures_equal("palette.png", "_decoded", &palette, &golden_palette, 0);
    const struct image luma = operated(&job, "grayscale", &palette);
    const struct image golden_luma = read_expected(&job, "palette.png", "grayscale", 1);
    expect_pictures_equal("palette.png", "grayscale", &luma, &golden_luma, 0);

    const struct image bits = decoded(&job, "bilevel.png");
    const struct image golden_bits = read_expected(&job, "bilevel.png", "_decoded", 1);
    expect_pictures_equal("bilevel.png", "_decoded", &bits, &golden_bits, 0);
    for (int o = 0; o < OPERATIONS; o++) { /* most of them fail in the original */
        assert_int_equal(operated(&job, all_operations[o], &bits).channels, 1);
        assert_true(operated(&job, all_operations[o], &palette).channels >= 1);
    }
    picture_job_end(&job);
}

/* The original's decoded picture holds C, M, Y, K, as ink. */
TEST(cmyk_becomes_rgb)
{
    (void)state;
    struct job job = picture_job();
    const struct image image = decoded(&job, "cmyk_adobe.jpg");
    const struct image ink = read_expected(&job, "cmyk_adobe.jpg", "_decoded", 4);
    assert_int_equal(image.channels, 3);
    for (uint32_t y = 0; y < image.height; y++)
        for (uint32_t x = 0; x < image.width; x++)
            for (uint32_t c = 0; c < 3; c++) {
                const uint8_t *inks = image_row(&ink, y) + 4 * x;
                const double light = (255.0 - inks[c]) * (255.0 - inks[3]) / 255.0;
                assert_true(abs(image_row(&image, y)[3 * x + c] - (int)(light + 0.5)) <= 1);
            }
    const struct image luma = operated(&job, "grayscale", &image);
    const struct image golden = read_expected(&job, "cmyk_adobe.jpg", "grayscale", 1);
    expect_pictures_equal("cmyk_adobe.jpg", "grayscale", &luma, &golden, 0);
    picture_job_end(&job);
}

/* Orientation 6: the stored picture has to be turned right by 90 degrees. */
static struct image turned_right(struct job *job, const struct image *image)
{
    struct image turned = picture_empty(job, image->height, image->width, image->channels);
    for (uint32_t y = 0; y < turned.height; y++)
        for (uint32_t x = 0; x < turned.width; x++)
            memcpy(image_row(&turned, y) + x * image->channels,
                   image_row(image, image->height - 1 - x) + y * image->channels, image->channels);
    return turned;
}

TEST(exif_orientation_is_applied)
{
    (void)state;
    struct job job = picture_job();
    const struct image image = decoded(&job, "exif_rot6.jpg");
    static const char *const turnable[] = {"_decoded",  "sharpen", "edge_detect",
                                           "grayscale", "enhance", "noise_reduction"};
    for (size_t i = 0; i < sizeof turnable / sizeof *turnable; i++) {
        const struct image ours = i == 0 ? image : operated(&job, turnable[i], &image);
        const struct image stored = read_expected(&job, "exif_rot6.jpg", turnable[i], ours.channels);
        const struct image golden = turned_right(&job, &stored);
        expect_pictures_equal("exif_rot6.jpg", turnable[i], &ours, &golden, tolerance_of(turnable[i]));
    }
    picture_job_end(&job);
}

TEST(broken_inputs_are_refused)
{
    (void)state;
    static const struct {
        const char *input;
        enum status status;
    } broken[] = {
        {"badcrc.png", STATUS_INVALID_IMAGE},    {"truncated.png", STATUS_INVALID_IMAGE},
        {"truncated.jpg", STATUS_INVALID_IMAGE}, {"bomb_hdr.png", STATUS_IMAGE_TOO_LARGE},
        {"empty.jpg", STATUS_UNSUPPORTED_IMAGE}, {"text.jpg", STATUS_UNSUPPORTED_IMAGE},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct job job = picture_job();
        struct image image = {.width = 12345};
        const enum status status = decode_input(&job, broken[i].input, &image);
        if (status != broken[i].status)
            fail_msg("%s: status %d instead of %d", broken[i].input, status, broken[i].status);
        assert_int_equal(image.width, 12345);
        picture_job_end(&job);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(color_pictures_equal_the_original),
        cmocka_unit_test(gray_pictures_equal_the_original_and_stay_gray),
        cmocka_unit_test(alpha_is_carried_beside_the_original_colors),
        cmocka_unit_test(alpha_of_a_png_is_what_another_decoder_reads),
        cmocka_unit_test(sixteen_bit_gray_becomes_its_high_byte),
        cmocka_unit_test(palettes_and_single_bits_are_expanded),
        cmocka_unit_test(cmyk_becomes_rgb),
        cmocka_unit_test(exif_orientation_is_applied),
        cmocka_unit_test(broken_inputs_are_refused),
    };
    if (!operate_init(getenv("IMAGE_SIMD")))
        return 2;
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
