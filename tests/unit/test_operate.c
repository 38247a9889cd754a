/* operate: parameters beyond the defaults (the golden pictures show those), sizes, memory, alpha, cancellation. */
#include "tests/unit/picture_job.h"

#include <math.h>

#include "service/operate/kernel_choice.h"
#include "service/work/clock.h"

static struct operation_parameters defaults(void)
{
    struct operation_parameters parameters;
    operation_parameters_init(&parameters);
    return parameters;
}

static struct image operated(struct job *job, enum operation operation, const struct operation_parameters *parameters,
                             const struct image *image)
{
    struct image copy = picture_copy(job, image), result;
    assert_int_equal(operate(job, operation, parameters, &copy, &result), STATUS_OK);
    return result;
}

static uint8_t sample(const struct image *image, uint32_t x, uint32_t y, uint32_t channel)
{
    return image_row(image, y)[x * image->channels + channel];
}

static uint8_t sample_clamped(const struct image *image, int x, int y, uint32_t channel)
{
    const int right = (int)image->width - 1, bottom = (int)image->height - 1;
    return sample(image,
                  (uint32_t)(x < 0       ? 0
                             : x > right ? right
                                         : x),
                  (uint32_t)(y < 0        ? 0
                             : y > bottom ? bottom
                                          : y),
                  channel);
}

/* ---- the table ---- */

TEST(operations_are_found_by_name)
{
    (void)state;
    static const char *const names[] = {"blur",    "sharpen", "edge_detect",    "grayscale",
                                        "enhance", "rotate",  "noise_reduction"};
    for (int i = 0; i < OPERATION_COUNT; i++) {
        enum operation operation;
        assert_string_equal(operation_name((enum operation)i), names[i]);
        assert_true(operation_find(names[i], &operation));
        assert_int_equal(operation, i);
    }
    enum operation operation = OPERATION_ROTATE;
    assert_true(operation_find("edge", &operation) && operation == OPERATION_EDGE_DETECT);
    operation = OPERATION_ROTATE;
    assert_true(operation_find("edge_detection", &operation) && operation == OPERATION_EDGE_DETECT);
    assert_false(operation_find("", &operation));
    assert_false(operation_find("Blur", &operation));
    assert_false(operation_find("nope", &operation));
}

TEST(kernels_are_chosen_by_name)
{
    (void)state;
    const struct kernels *before = chosen_kernels;
    assert_true(operate_init("scalar"));
    assert_string_equal(operate_kernels_name(), "scalar");
    assert_false(operate_init("mmx"));
    assert_string_equal(operate_kernels_name(), "scalar");
    assert_true(operate_init(NULL));
    chosen_kernels = before;
}

/* ---- sizes and memory ---- */

TEST(sizes_are_known_without_computing)
{
    (void)state;
    struct job job = picture_job();
    static const double angles[] = {0, 1, 45, 90, -90, 180, 270, 360, -360, 300.5, 1e-7, -1e-300};
    for (int o = 0; o < OPERATION_COUNT; o++)
        for (size_t i = 0; i <= sizeof angles / sizeof *angles; i++) {
            struct operation_parameters parameters = defaults();
            parameters.denoise_sigma = 10;
            parameters.rotate_has_angle = i > 0;
            parameters.rotate_angle_degrees = i > 0 ? angles[i - 1] : 0;
            const struct image image = picture_make(&job, 37, 21, 3, 1);
            uint32_t width, height;
            assert_int_equal(operation_output_size(&job, (enum operation)o, &parameters, 37, 21, &width, &height),
                             STATUS_OK);
            const struct image result = operated(&job, (enum operation)o, &parameters, &image);
            assert_int_equal(result.width, width);
            assert_int_equal(result.height, height);
        }
    picture_job_end(&job);
}

TEST(results_over_the_limits_are_refused)
{
    (void)state;
    struct job job = picture_job();
    struct job_limits limits = picture_job_limits;
    job.limits = &limits;
    struct operation_parameters parameters = defaults();
    uint32_t width = 5, height = 6;
    assert_int_equal(operation_output_size(&job, OPERATION_ROTATE, &parameters, 1920, 1080, &width, &height),
                     STATUS_OK);
    assert_true(width >= 3000 && width <= 3004 && height >= 3000 && height <= 3004);
    limits.max_output_pixels = (uint64_t)width * height - 1;
    width = height = 7;
    assert_int_equal(operation_output_size(&job, OPERATION_ROTATE, &parameters, 1920, 1080, &width, &height),
                     STATUS_IMAGE_TOO_LARGE);
    assert_int_equal(width, 7);

    limits.max_output_pixels = 64;
    struct image image = picture_make(&job, 10, 10, 3, 1), result = {.width = 9};
    assert_int_equal(operate(&job, OPERATION_ROTATE, &parameters, &image, &result), STATUS_IMAGE_TOO_LARGE);
    assert_int_equal(result.width, 9);
    picture_job_end(&job);
}

/* Decoding a turned JPEG takes the most: the picture as stored, and upright. */
static struct encoded turned_jpeg(struct job *job, const struct image *image)
{
    static const uint8_t exif[36] = {0xFF, 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8,
                                     0,    1,    1, 18, 0,   3,   0,   0,   0, 1, 0,   6,   0, 0,  0, 0, 0, 0};
    struct encoded file;
    assert_int_equal(encode_image(job, image, IMAGE_FORMAT_JPEG, 85, &file), STATUS_OK);
    file.bytes = realloc(file.bytes, file.length + sizeof exif);
    assert_non_null(file.bytes);
    memmove(file.bytes + 2 + sizeof exif, file.bytes + 2, file.length - 2);
    memcpy(file.bytes + 2, exif, sizeof exif);
    file.length += sizeof exif;
    return file;
}

TEST(memory_stays_below_what_was_said)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {640, 480}, {30, 2000}, {2000, 30}, {1024, 1024}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (uint32_t channels = 1; channels <= 4; channels++)
            for (int o = 0; o <= OPERATION_COUNT; o++) {
                const enum operation operation = o < OPERATION_COUNT ? (enum operation)o : OPERATION_NOISE_REDUCTION;
                struct operation_parameters parameters = defaults();
                parameters.method = o < OPERATION_COUNT ? DENOISE_DCT : DENOISE_MEAN;
                parameters.denoise_sigma = 10;
                struct job maker = picture_job(), job = picture_job();
                const struct image drawn = picture_make(&maker, sizes[s][0], sizes[s][1], channels, 1);
                struct encoded file;
                if (channels % 2)
                    file = turned_jpeg(&maker, &drawn);
                else
                    assert_int_equal(encode_image(&maker, &drawn, IMAGE_FORMAT_PNG, 85, &file), STATUS_OK);
                struct job_limits limits = picture_job_limits;
                limits.max_memory_bytes =
                    operation_memory_bytes(operation, &parameters, sizes[s][0], sizes[s][1], channels);
                job.limits = &limits;
                struct image image, result;
                assert_int_equal(decode_image(&job, file.bytes, file.length, &image), STATUS_OK);
                assert_int_equal(operate(&job, operation, &parameters, &image, &result), STATUS_OK);
                assert_true(arena_used_bytes(job.arena) <= limits.max_memory_bytes);
                free(file.bytes);
                picture_job_end(&maker);
                picture_job_end(&job);
            }
}

TEST(memory_of_absurd_sizes_is_beyond_any_limit)
{
    (void)state;
    const struct operation_parameters parameters = defaults();
    for (int o = 0; o < OPERATION_COUNT; o++) {
        assert_true(operation_memory_bytes((enum operation)o, &parameters, UINT32_MAX, UINT32_MAX, 4) > 1ULL << 50);
        assert_true(operation_memory_bytes((enum operation)o, &parameters, 65535, 65535, 3) > 65535ULL * 65535 * 3);
    }
}

/* ---- cancellation ---- */

TEST(deadlines_and_cancellation_stop_every_operation)
{
    (void)state;
    for (int o = 0; o < OPERATION_COUNT; o++) {
        struct job job = picture_job();
        struct operation_parameters parameters = defaults();
        parameters.denoise_sigma = 10;
        struct image image = picture_make(&job, 40, 40, 3, 1), result = {.width = 31};
        job.cancelled = 1;
        assert_int_equal(operate(&job, (enum operation)o, &parameters, &image, &result), STATUS_CANCELLED);
        job.cancelled = 0;
        job.deadline_ns = clock_now_ns() - 1;
        assert_int_equal(operate(&job, (enum operation)o, &parameters, &image, &result), STATUS_PROCESSING_TIMEOUT);
        assert_int_equal(result.width, 31);
        picture_job_end(&job);
    }
}

/* ---- blur ---- */

/* One extended box filter pass, written out. Source: Gwosdek et al. 2011, weights as Pillow rounds them. */
static void box_pass(struct image *image, struct job *job, float radius_px, bool along_x)
{
    const float variance = radius_px * radius_px / 3;
    const float length = (float)sqrt(12.0 * (double)variance + 1.0), whole = floorf((length - 1) / 2);
    const float fraction =
        (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) / (6 * (variance - (whole + 1) * (whole + 1)));
    const float radius = whole + fraction;
    const int n = (int)radius;
    const uint32_t weight = (uint32_t)((float)(1 << 24) / (radius * 2 + 1));
    const uint32_t end_weight = ((1U << 24) - (uint32_t)(2 * n + 1) * weight) / 2;
    const struct image src = picture_copy(job, image);
    for (uint32_t y = 0; y < src.height; y++)
        for (uint32_t x = 0; x < src.width; x++)
            for (uint32_t c = 0; c < src.channels; c++) {
                uint32_t sum = 1U << 23;
                for (int k = -n - 1; k <= n + 1; k++)
                    sum += (abs(k) <= n ? weight : end_weight) *
                           sample_clamped(&src, (int)x + (along_x ? k : 0), (int)y + (along_x ? 0 : k), c);
                image_row(image, y)[x * src.channels + c] = (uint8_t)(sum >> 24);
            }
}

TEST(blur_of_any_radius_is_six_box_filters)
{
    (void)state;
    static const float radii[] = {0.01F, 0.3F, 1, 2.5F, 5, 17, 100};
    static const uint32_t shapes[][3] = {{1, 1, 3}, {47, 35, 3}, {70, 19, 1}, {9, 66, 3}};
    for (size_t r = 0; r < sizeof radii / sizeof *radii; r++)
        for (size_t s = 0; s < 4; s++) {
            struct job job = picture_job();
            struct image expected = picture_make(&job, shapes[s][0], shapes[s][1], shapes[s][2], 6);
            struct operation_parameters parameters = defaults();
            parameters.blur_radius_px = radii[r];
            const struct image result = operated(&job, OPERATION_BLUR, &parameters, &expected);
            for (int pass = 0; pass < 6; pass++)
                box_pass(&expected, &job, radii[r], pass < 3);
            if (picture_difference(&expected, &result) != 0)
                fail_msg("radius %g, %ux%u", (double)radii[r], shapes[s][0], shapes[s][1]);
            picture_job_end(&job);
        }
}

/* Red beside transparent green: the colour of what cannot be seen must not bleed. */
TEST(invisible_colors_do_not_bleed)
{
    (void)state;
    struct job job = picture_job();
    struct image image = picture_empty(&job, 40, 40, 4);
    for (uint32_t y = 0; y < 40; y++)
        for (uint32_t x = 0; x < 40; x++)
            memcpy(image_row(&image, y) + 4 * x, x < 20 ? (uint8_t[]){250, 10, 0, 255} : (uint8_t[]){0, 255, 0, 0}, 4);
    struct operation_parameters parameters = defaults();
    parameters.rotate_has_angle = true;
    parameters.rotate_angle_degrees = 20;
    for (int o = 0; o < 2; o++) {
        const struct image result = operated(&job, o ? OPERATION_ROTATE : OPERATION_BLUR, &parameters, &image);
        bool partly = false;
        for (uint32_t y = 0; y < result.height; y++)
            for (uint32_t x = 0; x < result.width; x++) {
                const uint8_t alpha = sample(&result, x, y, 3);
                partly = partly || (alpha > 60 && alpha < 200);
                if (alpha > 60) /* below it, 8 bits of premultiplied colour say little */
                    assert_true(sample(&result, x, y, 0) >= 245 && sample(&result, x, y, 1) <= 14);
                if (alpha == 0)
                    assert_int_equal(sample(&result, x, y, 1), 0);
            }
        assert_true(partly);
    }
    picture_job_end(&job);
}

/* ---- sharpen and enhance ---- */

static uint8_t blended(int base, int value, float factor)
{
    const float t = (float)base + factor * (float)(value - base);
    return (uint8_t)(t <= 0 ? 0 : t >= 255 ? 255 : t);
}

TEST(sharpen_blends_by_amount)
{
    (void)state;
    static const float amounts[] = {0, 0.4F, 1, 2.5F, 4};
    struct job job = picture_job();
    const struct image image = picture_make(&job, 53, 31, 3, 8);
    struct operation_parameters parameters = defaults();
    const struct image full = operated(&job, OPERATION_SHARPEN, &parameters, &image);
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        parameters.sharpen_amount = amounts[i];
        const struct image result = operated(&job, OPERATION_SHARPEN, &parameters, &image);
        for (uint32_t y = 0; y < image.height; y++)
            for (uint32_t x = 0; x < 3 * image.width; x++)
                assert_int_equal(image_row(&result, y)[x],
                                 blended(image_row(&image, y)[x], image_row(&full, y)[x], amounts[i]));
    }
    picture_job_end(&job);
}

TEST(enhance_by_one_changes_nothing_by_zero_takes_all)
{
    (void)state;
    for (uint32_t channels = 1; channels <= 4; channels++) {
        struct job job = picture_job();
        const struct image image = picture_make(&job, 50, 34, channels, 8);
        struct operation_parameters parameters = defaults();
        parameters.enhance_color = parameters.enhance_contrast = parameters.enhance_sharpness = 1;
        const struct image same = operated(&job, OPERATION_ENHANCE, &parameters, &image);
        assert_int_equal(picture_difference(&image, &same), 0);

        parameters.enhance_color = 0;
        const struct image gray = operated(&job, OPERATION_ENHANCE, &parameters, &image);
        const struct image luma = operated(&job, OPERATION_GRAYSCALE, &parameters, &image);
        double sum = 0;
        for (uint32_t y = 0; y < image.height; y++)
            for (uint32_t x = 0; x < image.width; x++) {
                sum += sample(&luma, x, y, 0);
                for (uint32_t c = 0; c < image_colors(&image); c++)
                    assert_int_equal(sample(&gray, x, y, c), sample(&luma, x, y, 0));
            }

        parameters.enhance_contrast = 0;
        const struct image flat = operated(&job, OPERATION_ENHANCE, &parameters, &image);
        for (uint32_t y = 0; y < image.height; y++)
            for (uint32_t x = 0; x < image.width; x++) {
                assert_int_equal(sample(&flat, x, y, 0), (int)(sum / (50 * 34) + 0.5));
                if (image_has_alpha(&image))
                    assert_int_equal(sample(&flat, x, y, channels - 1), sample(&image, x, y, channels - 1));
            }
        picture_job_end(&job);
    }
}

/* ---- rotate ---- */

TEST(quarter_turns_are_exact)
{
    (void)state;
    struct job job = picture_job();
    for (uint32_t channels = 1; channels <= 4; channels++) {
        const struct image image = picture_make(&job, 70, 45, channels, 12);
        for (int turns = -4; turns <= 4; turns++) {
            struct operation_parameters parameters = defaults();
            parameters.rotate_has_angle = true;
            parameters.rotate_angle_degrees = 90.0 * turns;
            const struct image result = operated(&job, OPERATION_ROTATE, &parameters, &image);
            const int left = (turns + 4) % 4; /* quarter turns counter-clockwise */
            assert_int_equal(result.width, left % 2 ? 45 : 70);
            for (uint32_t y = 0; y < result.height; y++)
                for (uint32_t x = 0; x < result.width; x++) {
                    const uint32_t from_x = left == 0 ? x : left == 1 ? 69 - y : left == 2 ? 69 - x : y;
                    const uint32_t from_y = left == 0 ? y : left == 1 ? x : left == 2 ? 44 - y : 44 - x;
                    for (uint32_t c = 0; c < channels; c++)
                        assert_int_equal(sample(&result, x, y, c), sample(&image, from_x, from_y, c));
                }
        }
    }
    picture_job_end(&job);
}

static double sample_or_black(const struct image *image, int x, int y, uint32_t channel)
{
    if (x < 0 || y < 0 || x >= (int)image->width || y >= (int)image->height)
        return 0;
    return sample(image, (uint32_t)x, (uint32_t)y, channel);
}

/* The definition: the result's centre is the source's; counter-clockwise; bilinear on a picture that goes on black. */
static double rotated_sample(const struct image *image, const struct image *result, double angle_degrees, uint32_t x,
                             uint32_t y, uint32_t channel)
{
    const double angle = angle_degrees * M_PI / 180;
    const double dx = x + 0.5 - result->width / 2.0, dy = y + 0.5 - result->height / 2.0;
    const double u = cos(angle) * dx - sin(angle) * dy + image->width / 2.0 - 0.5;
    const double v = sin(angle) * dx + cos(angle) * dy + image->height / 2.0 - 0.5;
    const int left = (int)floor(u), top = (int)floor(v);
    const double right = u - left, down = v - top;
    return (1 - down) * ((1 - right) * sample_or_black(image, left, top, channel) +
                         right * sample_or_black(image, left + 1, top, channel)) +
           down * ((1 - right) * sample_or_black(image, left, top + 1, channel) +
                   right * sample_or_black(image, left + 1, top + 1, channel));
}

TEST(rotation_is_bilinear_about_the_centre)
{
    (void)state;
    static const double angles[] = {0.5, 30, 45, 89.99, 137, -12.25, 200, 359};
    static const uint32_t shapes[][3] = {{60, 41, 3}, {1, 1, 3}, {2, 30, 1}, {45, 3, 3}};
    for (size_t a = 0; a < sizeof angles / sizeof *angles; a++)
        for (size_t s = 0; s < 4; s++) {
            struct job job = picture_job();
            const struct image image = picture_make(&job, shapes[s][0], shapes[s][1], shapes[s][2], 15);
            struct operation_parameters parameters = defaults();
            parameters.rotate_has_angle = true;
            parameters.rotate_angle_degrees = angles[a];
            const struct image result = operated(&job, OPERATION_ROTATE, &parameters, &image);
            double inside = 0, covered = 0;
            for (uint32_t y = 0; y < result.height; y++)
                for (uint32_t x = 0; x < result.width; x++)
                    for (uint32_t c = 0; c < image.channels; c++) {
                        const double expected = rotated_sample(&image, &result, angles[a], x, y, c);
                        if (fabs(sample(&result, x, y, c) - expected) > 0.8)
                            fail_msg("%g degrees, %ux%u: (%u, %u) is %d instead of %g", angles[a], image.width,
                                     image.height, x, y, sample(&result, x, y, c), expected);
                        covered += sample(&result, x, y, c);
                    }
            for (uint32_t y = 0; y < image.height; y++)
                for (uint32_t x = 0; x < image.width * image.channels; x++)
                    inside += image_row(&image, y)[x];
            assert_true(image.width < 40 || fabs(covered / inside - 1) < 0.02); /* nothing is cut off */
            picture_job_end(&job);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_are_found_by_name),
        cmocka_unit_test(kernels_are_chosen_by_name),
        cmocka_unit_test(sizes_are_known_without_computing),
        cmocka_unit_test(results_over_the_limits_are_refused),
        cmocka_unit_test(memory_stays_below_what_was_said),
        cmocka_unit_test(memory_of_absurd_sizes_is_beyond_any_limit),
        cmocka_unit_test(deadlines_and_cancellation_stop_every_operation),
        cmocka_unit_test(blur_of_any_radius_is_six_box_filters),
        cmocka_unit_test(invisible_colors_do_not_bleed),
        cmocka_unit_test(sharpen_blends_by_amount),
        cmocka_unit_test(enhance_by_one_changes_nothing_by_zero_takes_all),
        cmocka_unit_test(quarter_turns_are_exact),
        cmocka_unit_test(rotation_is_bilinear_about_the_centre),
    };
    if (!operate_init(getenv("IMAGE_SIMD")))
        return 2;
    return cmocka_run_group_tests_name("operate", tests, NULL, NULL);
}
