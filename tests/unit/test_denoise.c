/* noise_reduction: the fast denoiser against the papers' formulas written out, and against what it has to be better
 * than. */
#include "tests/unit/picture_job.h"

#include <math.h>

#include "service/operate/noise_estimate.h"
#include "service/work/workers.h"

enum { N = 8, PAD = 8 };

/* Half a level for rounding to 8 bits; the rest for a coefficient so close to the threshold that float and double take
 * it to different sides. */
static const double TOLERANCE = 1;

static struct operation_parameters parameters_with(enum denoise_method method, float sigma)
{
    struct operation_parameters parameters;
    operation_parameters_init(&parameters);
    parameters.method = method;
    parameters.denoise_sigma = sigma;
    return parameters;
}

static struct image denoised(struct job *job, const struct operation_parameters *parameters, const struct image *image)
{
    struct image copy = picture_copy(job, image), result;
    assert_int_equal(operate(job, OPERATION_NOISE_REDUCTION, parameters, &copy, &result), STATUS_OK);
    return result;
}

/* ---- the plain reference: double precision, every window on its own, matrices instead of fast transforms ---- */

struct plane {
    uint32_t width, height;
    double *v;
};

static struct plane plane_create(uint32_t width, uint32_t height)
{
    struct plane plane = {width, height, calloc((size_t)width * height, sizeof(double))};
    assert_non_null(plane.v);
    return plane;
}

static double plane_mirrored(const struct plane *plane, int x, int y)
{
    const int w = (int)plane->width, h = (int)plane->height;
    while (x < 0 || x >= w)
        x = x < 0 ? -1 - x : 2 * w - 1 - x;
    while (y < 0 || y >= h)
        y = y < 0 ? -1 - y : 2 * h - 1 - y;
    return plane->v[y * w + x];
}

static double basis(int k, int i)
{
    return (k == 0 ? sqrt(1.0 / N) : sqrt(2.0 / N)) * cos(M_PI * (2 * i + 1) * k / (2.0 * N));
}

/* forward: coefficients of the window at (x, y) */
static void window_forward(const struct plane *plane, int left, int top, double out[N][N])
{
    double half[N][N];
    for (int y = 0; y < N; y++)
        for (int k = 0; k < N; k++) {
            half[y][k] = 0;
            for (int x = 0; x < N; x++)
                half[y][k] += basis(k, x) * plane_mirrored(plane, left + x, top + y);
        }
    for (int j = 0; j < N; j++)
        for (int k = 0; k < N; k++) {
            out[j][k] = 0;
            for (int y = 0; y < N; y++)
                out[j][k] += basis(j, y) * half[y][k];
        }
}

static void window_add_back(double coefficients[N][N], int left, int top, double weight, struct plane *sum,
                            struct plane *weights)
{
    double half[N][N];
    for (int y = 0; y < N; y++)
        for (int k = 0; k < N; k++) {
            half[y][k] = 0;
            for (int j = 0; j < N; j++)
                half[y][k] += basis(j, y) * coefficients[j][k];
        }
    for (int y = 0; y < N; y++)
        for (int x = 0; x < N; x++) {
            if (left + x < 0 || top + y < 0 || left + x >= (int)sum->width || top + y >= (int)sum->height)
                continue;
            double v = 0;
            for (int k = 0; k < N; k++)
                v += basis(k, x) * half[y][k];
            const size_t at = (size_t)(top + y) * sum->width + (size_t)(left + x);
            sum->v[at] += weight * v;
            weights->v[at] += weight;
        }
}

/* guide NULL: the first step */
static struct plane reference_step(const struct plane *noisy, const struct plane *guide, double sigma)
{
    struct plane sum = plane_create(noisy->width, noisy->height), weights = plane_create(noisy->width, noisy->height);
    for (int top = -PAD; top <= (int)noisy->height; top++)
        for (int left = -PAD; left <= (int)noisy->width; left++) {
            double coefficients[N][N], guided[N][N];
            double total = 0;
            window_forward(noisy, left, top, coefficients);
            if (guide)
                window_forward(guide, left, top, guided);
            for (int j = 0; j < N; j++)
                for (int k = 0; k < N; k++) {
                    double factor;
                    if (j == 0 && k == 0)
                        factor = 1; /* a window's mean is kept in both steps */
                    else if (guide)
                        factor = guided[j][k] * guided[j][k] / (guided[j][k] * guided[j][k] + sigma * sigma);
                    else
                        factor = fabs(coefficients[j][k]) >= 3 * sigma ? 1 : 0;
                    coefficients[j][k] *= factor;
                    total += factor * factor;
                }
            window_add_back(coefficients, left, top, 1 / (1 + total), &sum, &weights);
        }
    for (size_t i = 0; i < (size_t)sum.width * sum.height; i++)
        sum.v[i] /= weights.v[i];
    free(weights.v);
    return sum;
}

static struct plane reference_denoise(const struct plane *noisy, double sigma)
{
    const struct plane guide = reference_step(noisy, NULL, sigma);
    const struct plane result = reference_step(noisy, &guide, sigma);
    free(guide.v);
    return result;
}

static void expect_reference(const struct image *image, const struct image *result, double sigma, double tolerance)
{
    static const double opponent[3][3] = {{0.5773502691896258, 0.5773502691896258, 0.5773502691896258},
                                          {0.7071067811865476, 0, -0.7071067811865476},
                                          {0.4082482904638631, -0.8164965809277261, 0.4082482904638631}};
    const uint32_t colors = image_colors(image);
    struct plane planes[3];
    for (uint32_t p = 0; p < colors; p++) {
        struct plane noisy = plane_create(image->width, image->height);
        for (uint32_t y = 0; y < image->height; y++)
            for (uint32_t x = 0; x < image->width; x++) {
                const uint8_t *pixel = image_row(image, y) + x * image->channels;
                for (uint32_t c = 0; c < colors; c++)
                    noisy.v[y * image->width + x] += (colors == 1 ? 1 : opponent[p][c]) * pixel[c];
            }
        planes[p] = reference_denoise(&noisy, sigma);
        free(noisy.v);
    }
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            for (uint32_t c = 0; c < colors; c++) {
                double v = 0;
                for (uint32_t p = 0; p < colors; p++)
                    v += (colors == 1 ? 1 : opponent[p][c]) * planes[p].v[y * image->width + x];
                v = v < 0 ? 0 : v > 255 ? 255 : v;
                const double ours = image_row(result, y)[x * image->channels + c];
                if (fabs(ours - v) > tolerance)
                    fail_msg("(%u, %u) channel %u: %g instead of %g", x, y, c, ours, v);
            }
    for (uint32_t p = 0; p < colors; p++)
        free(planes[p].v);
}

TEST(dct_equals_the_plain_formulas)
{
    (void)state;
    /* Sizes below a window, below a tile, with one column more than a vector; all channel counts. */
    static const uint32_t shapes[][3] = {{29, 23, 3}, {5, 9, 1}, {1, 1, 3}, {34, 11, 2}, {18, 17, 4}, {70, 2, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct job job = picture_job();
        const struct image image = picture_make(&job, shapes[i][0], shapes[i][1], shapes[i][2], 7);
        const struct operation_parameters parameters = parameters_with(DENOISE_DCT, 14);
        const struct image result = denoised(&job, &parameters, &image);
        expect_reference(&image, &result, 14, TOLERANCE);
        picture_job_end(&job);
    }
}

/* Seams would show where tiles meet: after 64 rows and 249 columns. */
TEST(dct_has_no_seams_between_tiles)
{
    (void)state;
    struct job job = picture_job();
    const struct image image = picture_make(&job, 272, 72, 1, 3);
    const struct operation_parameters parameters = parameters_with(DENOISE_DCT, 20);
    const struct image result = denoised(&job, &parameters, &image);
    expect_reference(&image, &result, 20, TOLERANCE);
    picture_job_end(&job);
}

/* ---- worth ---- */

static double normal(uint32_t *seed)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += (double)picture_random(seed) / 4294967296.0;
    return sum - 6;
}

/* A calm picture with what photographs have: gradients, soft and hard edges, a texture, in colour. */
static struct image scene(struct job *job, uint32_t width, uint32_t height, uint32_t channels)
{
    struct image image = picture_empty(job, width, height, channels);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            const double u = x / (double)width, v = y / (double)height;
            double base[4] = {60 + 120 * u, 90 + 70 * v, 150 - 60 * u * v, 255};
            const double distance = hypot(u - 0.35, v - 0.4);
            if (distance < 0.22)
                for (int c = 0; c < 3; c++)
                    base[c] += (c == 1 ? -40 : 55) * (1 - distance / 0.3);
            if (u > 0.6 && v > 0.5)
                for (int c = 0; c < 3; c++)
                    base[c] += 25 * sin(x * 0.7) * sin(y * 0.25);
            if (((int)(u * 9) + (int)(v * 6)) % 5 == 0)
                for (int c = 0; c < 3; c++)
                    base[c] = 230 - base[c];
            for (uint32_t c = 0; c < channels; c++)
                image_row(&image, y)[x * channels + c] = (uint8_t)fmin(fmax(base[c] + 0.5, 0), 255);
        }
    return image;
}

static struct image with_noise(struct job *job, const struct image *image, double sigma)
{
    struct image noisy = picture_copy(job, image);
    uint32_t seed = 99;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t i = 0; i < image->width * image->channels; i++)
            image_row(&noisy, y)[i] =
                (uint8_t)fmin(fmax(image_row(&noisy, y)[i] + sigma * normal(&seed) + 0.5, 0), 255);
    return noisy;
}

static double psnr(const struct image *a, const struct image *b)
{
    double squares = 0;
    const size_t row = (size_t)a->width * a->channels;
    for (uint32_t y = 0; y < a->height; y++)
        for (size_t i = 0; i < row; i++)
            squares += pow(image_row(a, y)[i] - image_row(b, y)[i], 2);
    return 10 * log10(255.0 * 255.0 * (double)row * a->height / squares);
}

TEST(dct_beats_three_means_by_far)
{
    (void)state;
    static const double sigmas[] = {15, 25, 50};
    for (size_t i = 0; i < 3; i++) {
        struct job job = picture_job();
        const struct image clean = scene(&job, 240, 160, 3);
        const struct image noisy = with_noise(&job, &clean, sigmas[i]);
        const struct operation_parameters dct = parameters_with(DENOISE_DCT, 0),
                                          mean = parameters_with(DENOISE_MEAN, 0);
        const struct image by_dct = denoised(&job, &dct, &noisy), by_mean = denoised(&job, &mean, &noisy);
        const double ours = psnr(&clean, &by_dct), theirs = psnr(&clean, &by_mean), before = psnr(&clean, &noisy);
        assert_true(ours > theirs + 1.3);
        assert_true(ours > before + 5);
        picture_job_end(&job);
    }
}

TEST(faint_colors_survive)
{
    (void)state;
    /* a wash of colour far below the noise: a denoiser that shrinks the mean of a window turns it gray */
    struct job job = picture_job();
    struct image clean = picture_empty(&job, 96, 96, 3);
    for (uint32_t y = 0; y < 96; y++)
        for (uint32_t x = 0; x < 96; x++)
            memcpy(image_row(&clean, y) + 3 * x, (uint8_t[]){132, 128, 124}, 3);
    const struct image noisy = with_noise(&job, &clean, 30);
    const struct operation_parameters parameters = parameters_with(DENOISE_DCT, 30);
    const struct image result = denoised(&job, &parameters, &noisy);
    double before = 0, after = 0;
    for (uint32_t y = 0; y < 96; y++)
        for (uint32_t x = 0; x < 96; x++) {
            before += image_row(&noisy, y)[3 * x] - image_row(&noisy, y)[3 * x + 2];
            after += image_row(&result, y)[3 * x] - image_row(&result, y)[3 * x + 2];
        }
    assert_true(fabs(after / before - 1) < 0.1);
    picture_job_end(&job);
}

TEST(sigma_is_estimated)
{
    (void)state;
    static const double sigmas[] = {4, 10, 25, 40};
    for (uint32_t channels = 1; channels <= 4; channels++)
        for (size_t i = 0; i < 4; i++) {
            struct job job = picture_job();
            const struct image clean = scene(&job, 320, 240, channels);
            const struct image noisy = with_noise(&job, &clean, sigmas[i]);
            float estimated[3] = {0};
            noise_estimate(&noisy, estimated);
            for (uint32_t p = 0; p < image_colors(&noisy); p++)
                if (fabs((double)estimated[p] / sigmas[i] - 1) > 0.15)
                    fail_msg("%u channels, plane %u: %g instead of %g", channels, p, (double)estimated[p], sigmas[i]);
            picture_job_end(&job);
        }
}

/* ---- what the parameters mean ---- */

TEST(a_picture_without_noise_stays_as_it_is)
{
    (void)state;
    struct job job = picture_job();
    const struct image clean = scene(&job, 200, 120, 3);
    const struct operation_parameters parameters = parameters_with(DENOISE_DCT, 0);
    const struct image result = denoised(&job, &parameters, &clean);
    assert_int_equal(picture_difference(&clean, &result), 0);
    picture_job_end(&job);
}

TEST(a_given_sigma_skips_nothing)
{
    (void)state;
    struct job job = picture_job();
    const struct image clean = scene(&job, 200, 120, 3);
    const struct operation_parameters parameters = parameters_with(DENOISE_DCT, 1.5F);
    const struct image result = denoised(&job, &parameters, &clean);
    assert_true(picture_difference(&clean, &result) > 0);
    picture_job_end(&job);
}

TEST(strength_multiplies_sigma)
{
    (void)state;
    struct job job = picture_job();
    const struct image clean = scene(&job, 90, 60, 3);
    const struct image noisy = with_noise(&job, &clean, 12);
    struct operation_parameters doubled = parameters_with(DENOISE_DCT, 9);
    doubled.denoise_strength = 2;
    const struct operation_parameters eighteen = parameters_with(DENOISE_DCT, 18);
    const struct image a = denoised(&job, &doubled, &noisy), b = denoised(&job, &eighteen, &noisy);
    assert_int_equal(picture_difference(&a, &b), 0);
    doubled.denoise_strength = 0;
    const struct image untouched = denoised(&job, &doubled, &noisy);
    assert_int_equal(picture_difference(&noisy, &untouched), 0);
    picture_job_end(&job);
}

TEST(methods_that_are_not_there_are_refused)
{
    (void)state;
    struct job job = picture_job();
    struct image image = picture_make(&job, 20, 20, 3, 1), result = {.width = 77};
    const struct operation_parameters parameters = parameters_with(DENOISE_NLM, 10);
    assert_int_equal(operate(&job, OPERATION_NOISE_REDUCTION, &parameters, &image, &result), STATUS_INVALID_PARAMETER);
    assert_int_equal(result.width, 77);
    picture_job_end(&job);
}

/* ---- helpers change nothing but the time ---- */

TEST(bands_on_helpers_give_the_same_pixels)
{
    (void)state;
    struct workers *workers = workers_create(3, 4, 1 << 20);
    assert_non_null(workers);
    for (int o = 0; o < OPERATION_COUNT; o++)
        for (uint32_t channels = 1; channels <= 4; channels++) {
            struct job alone = picture_job(), helped = picture_job();
            helped.bands = workers_bands(workers);
            struct operation_parameters parameters = parameters_with(DENOISE_DCT, 10);
            parameters.rotate_has_angle = channels % 2;
            parameters.rotate_angle_degrees = 33;
            struct image one = picture_make(&alone, 301, 275, channels, 5), by_one;
            struct image three = picture_make(&helped, 301, 275, channels, 5), by_three;
            assert_int_equal(operate(&alone, (enum operation)o, &parameters, &one, &by_one), STATUS_OK);
            assert_int_equal(operate(&helped, (enum operation)o, &parameters, &three, &by_three), STATUS_OK);
            assert_int_equal(picture_difference(&by_one, &by_three), 0);
            picture_job_end(&alone);
            picture_job_end(&helped);
        }
    workers_destroy(workers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dct_equals_the_plain_formulas),
        cmocka_unit_test(dct_has_no_seams_between_tiles),
        cmocka_unit_test(dct_beats_three_means_by_far),
        cmocka_unit_test(faint_colors_survive),
        cmocka_unit_test(sigma_is_estimated),
        cmocka_unit_test(a_picture_without_noise_stays_as_it_is),
        cmocka_unit_test(a_given_sigma_skips_nothing),
        cmocka_unit_test(strength_multiplies_sigma),
        cmocka_unit_test(methods_that_are_not_there_are_refused),
        cmocka_unit_test(bands_on_helpers_give_the_same_pixels),
    };
    operate_init(NULL);
    return cmocka_run_group_tests_name("denoise", tests, NULL, NULL);
}
