/* Every instruction set's table against the plain one, bit for bit: widths 0..67 and some longer than a kernel's inner
 * chunk, any alignment, and an unreadable page right behind the last byte of every row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "service/operate/kernel_choice.h"

#define TEST(name) static void name(void **state)

enum { PAGE = 4096, ROW_PAGES = 8, ROW_BYTES = PAGE * ROW_PAGES, ROWS = 12 };

/* Rows that end where memory ends. */
static uint8_t *guarded[ROWS];

static uint8_t *map_guarded(void)
{
    uint8_t *memory = mmap(NULL, ROW_BYTES + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory + ROW_BYTES, PAGE, PROT_NONE), 0);
    return memory;
}

static void *row_ending_at_guard(int row, size_t bytes)
{
    assert_true(bytes <= ROW_BYTES);
    return guarded[row] + ROW_BYTES - bytes;
}

static uint32_t seed;

static uint32_t random_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* Extremes are as frequent as all else together. */
static uint8_t random_sample(void)
{
    const uint32_t v = random_number();
    return (uint8_t)(v & 0x100 ? v : v & 0x200 ? 0 : 255);
}

static uint8_t *random_row(int row, size_t bytes)
{
    uint8_t *samples = row_ending_at_guard(row, bytes);
    for (size_t i = 0; i < bytes; i++)
        samples[i] = random_sample();
    return samples;
}

static uint16_t *random_words(int row, size_t count, uint32_t most)
{
    uint16_t *words = row_ending_at_guard(row, count * sizeof *words);
    for (size_t i = 0; i < count; i++)
        words[i] = (uint16_t)(random_number() % 3 ? random_number() % (most + 1) : most);
    return words;
}

/* A row to write to, marked, so that what is not written or written too far to the left shows. */
static uint8_t *blank_row(int row, size_t bytes)
{
    memset(guarded[row], 0xA5, ROW_BYTES);
    return row_ending_at_guard(row, bytes);
}

static void expect_same_rows(int a, int b)
{
    assert_memory_equal(guarded[a], guarded[b], ROW_BYTES);
}

/* Calls `check` with the plain table and each other one this processor has. */
static void for_each_table(void (*check)(const struct kernels *plain, const struct kernels *other))
{
    static const char *const names[] = {"v2", "v3", "v4"};
    const struct kernels *plain = kernel_choice_find("scalar");
    assert_non_null(plain);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct kernels *other = kernel_choice_find(names[i]);
        if (!other)
            continue; /* this processor cannot run it */
        assert_string_equal(other->name, names[i]);
        seed = 0x9E3779B9;
        check(plain, other);
    }
}

/* 0..67, then around the sizes of inner chunks. ret: false after the last. */
static bool next_width(size_t *width)
{
    static const size_t longer[] = {127, 255, 256, 257, 511, 512, 513, 1033, 0};
    if (*width < 67)
        return (*width)++, true;
    for (size_t i = 0; longer[i]; i++)
        if (*width < longer[i])
            return *width = longer[i], true;
    return false;
}

#define FOR_WIDTHS(width) for (size_t width = 0, more_ = 1; more_; more_ = next_width(&width))

/* ---- 3x3 ---- */

static void check_neighborhood(const struct kernels *plain, const struct kernels *other)
{
    FOR_WIDTHS(width)
    {
        for (size_t step = 1; step <= 4; step++) {
            const size_t length = width * step;
            const uint8_t *above = random_row(0, length), *row = random_row(1, length), *below = random_row(2, length);
            for (int i = 0; i < 3; i++) {
                const struct neighborhood_kernels *a = plain->neighborhood, *b = other->neighborhood;
                (i == 0   ? a->sharpen_row
                 : i == 1 ? a->edge_row
                          : a->smooth_row)(above, row, below, blank_row(3, length), length, step);
                (i == 0   ? b->sharpen_row
                 : i == 1 ? b->edge_row
                          : b->smooth_row)(above, row, below, blank_row(4, length), length, step);
                expect_same_rows(3, 4);
            }
        }
    }
}

TEST(neighborhood_tables_agree)
{
    (void)state;
    for_each_table(check_neighborhood);
}

/* The plain table against the formula: floor(v / d + 1/2), cut to 0..255, the ends copied. */
static int rounded(int v, int d)
{
    v = 2 * v + d;
    v = v < 0 ? 0 : v / (2 * d);
    return v > 255 ? 255 : v;
}

TEST(neighborhood_is_the_formula)
{
    (void)state;
    static const int kernels[3][3] = {{-2, 32, 16}, {-1, 8, 1}, {1, 5, 13}}; /* ring, centre, divisor */
    const struct neighborhood_kernels *plain = kernel_choice_find("scalar")->neighborhood;
    seed = 77;
    for (size_t step = 1; step <= 4; step++) {
        const size_t length = 41 * step;
        const uint8_t *rows[3] = {random_row(0, length), random_row(1, length), random_row(2, length)};
        for (int i = 0; i < 3; i++) {
            uint8_t *out = blank_row(3, length);
            (i == 0   ? plain->sharpen_row
             : i == 1 ? plain->edge_row
                      : plain->smooth_row)(rows[0], rows[1], rows[2], out, length, step);
            for (size_t x = 0; x < length; x++) {
                int ring = -rows[1][x];
                for (size_t r = 0; r < 3 && x >= step && x < length - step; r++)
                    ring += rows[r][x - step] + rows[r][x] + rows[r][x + step];
                const int expected = x < step || x >= length - step
                                         ? rows[1][x]
                                         : rounded(kernels[i][0] * ring + kernels[i][1] * rows[1][x], kernels[i][2]);
                assert_int_equal(out[x], expected);
            }
        }
    }
}

/* ---- colour ---- */

static void check_color(const struct kernels *plain, const struct kernels *other)
{
    static const float factors[] = {0, 0.3F, 1, 1.2F, 1.3F, 1.5F, 4};
    const struct color_kernels *a = plain->color, *b = other->color;
    FOR_WIDTHS(width)
    {
        for (uint32_t channels = 3; channels <= 4; channels++) {
            const uint8_t *row = random_row(0, width * channels);
            a->luma_row(row, blank_row(1, width), width, channels);
            b->luma_row(row, blank_row(2, width), width, channels);
            expect_same_rows(1, 2);
            for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
                const uint64_t one = a->saturate_row(row, blank_row(1, width * channels), width, channels, factors[f]);
                const uint64_t two = b->saturate_row(row, blank_row(2, width * channels), width, channels, factors[f]);
                assert_int_equal(one, two);
                expect_same_rows(1, 2);
                /* in place */
                uint8_t *in_place = blank_row(3, width * channels);
                memcpy(in_place, row, width * channels);
                b->saturate_row(in_place, in_place, width, channels, factors[f]);
                expect_same_rows(1, 3);
            }
        }
        const uint8_t *base = random_row(0, width), *row = random_row(1, width);
        assert_int_equal(a->sum_row(row, width), b->sum_row(row, width));
        for (size_t f = 0; f < sizeof factors / sizeof *factors; f++) {
            a->blend_row(base, row, blank_row(2, width), width, factors[f]);
            b->blend_row(base, row, blank_row(3, width), width, factors[f]);
            expect_same_rows(2, 3);
            const uint8_t level = random_sample();
            a->contrast_row(row, blank_row(2, width), width, level, factors[f]);
            b->contrast_row(row, blank_row(3, width), width, level, factors[f]);
            expect_same_rows(2, 3);
        }
    }
}

TEST(color_tables_agree)
{
    (void)state;
    for_each_table(check_color);
}

TEST(blend_may_write_over_either_input)
{
    (void)state;
    enum { WIDTH = 131 };
    const struct kernels *best = kernel_choice_find(NULL);
    seed = 5;
    const uint8_t *base = random_row(0, WIDTH), *row = random_row(1, WIDTH);
    uint8_t expected[WIDTH], over_base[WIDTH], over_row[WIDTH];
    best->color->blend_row(base, row, expected, WIDTH, 1.7F);
    memcpy(over_base, base, WIDTH);
    best->color->blend_row(over_base, row, over_base, WIDTH, 1.7F);
    memcpy(over_row, row, WIDTH);
    best->color->blend_row(base, over_row, over_row, WIDTH, 1.7F);
    assert_memory_equal(expected, over_base, WIDTH);
    assert_memory_equal(expected, over_row, WIDTH);
}

/* ---- box ---- */

static void check_box(const struct kernels *plain, const struct kernels *other)
{
    static const struct box boxes[] = {
        {4, 1694668, 762602}, {0, 16000000, 388608}, {9, 860000, 218608}, {99, 84000, 30608}};
    static const size_t heights[] = {1, 2, 5, 11, 40};
    for (size_t width = 0; width <= BOX_STRIP_BYTES; width++)
        for (size_t h = 0; h < sizeof heights / sizeof *heights; h++) {
            const size_t rows = heights[h];
            const size_t bytes = rows * width;
            const uint8_t *src = random_row(0, bytes);
            const struct box *box = &boxes[(width + h) % 4];
            plain->box->box_columns(src, width, blank_row(1, bytes), width, rows, width, box);
            other->box->box_columns(src, width, blank_row(2, bytes), width, rows, width, box);
            expect_same_rows(1, 2);
        }
}

static void check_transpose(const struct kernels *plain, const struct kernels *other)
{
    FOR_WIDTHS(length)
    {
        for (size_t rows = 1; rows <= TRANSPOSE_ROWS; rows += length % 5 ? 15 : 1) {
            const size_t across = length * rows, down = length * TRANSPOSE_ROWS;
            const uint8_t *src = random_row(0, across);
            plain->box->rows_to_columns(src, length, blank_row(1, down), TRANSPOSE_ROWS, length, rows);
            other->box->rows_to_columns(src, length, blank_row(2, down), TRANSPOSE_ROWS, length, rows);
            expect_same_rows(1, 2);
            uint8_t *back = blank_row(3, across);
            other->box->columns_to_rows(row_ending_at_guard(2, down), TRANSPOSE_ROWS, back, length, length, rows);
            assert_memory_equal(src, back, across);
        }
    }
}

TEST(box_tables_agree)
{
    (void)state;
    for_each_table(check_box);
}

TEST(transposes_agree_and_invert_each_other)
{
    (void)state;
    for_each_table(check_transpose);
}

TEST(box_is_the_formula)
{
    (void)state;
    enum { HEIGHT = 23 };
    static const struct box boxes[] = {{4, 1694668, 762602}, {0, 16000000, 388608}, {30, 270000, 153608}};
    const struct box_kernels *plain = kernel_choice_find("scalar")->box;
    seed = 11;
    for (size_t b = 0; b < 3; b++)
        for (int height = 1; height <= HEIGHT; height += 11) {
            const uint8_t *column = random_row(0, (size_t)height);
            uint8_t out[HEIGHT];
            plain->box_columns(column, 1, out, 1, (size_t)height, 1, &boxes[b]);
            const int radius = (int)boxes[b].radius;
            for (int y = 0; y < height; y++) {
                uint32_t v = 1U << 23;
                for (int k = -radius - 1; k <= radius + 1; k++) {
                    const int at = y + k < 0 ? 0 : y + k >= height ? height - 1 : y + k;
                    v += column[at] * (abs(k) <= radius ? boxes[b].whole_weight : boxes[b].fraction_weight);
                }
                assert_int_equal(out[y], v >> 24);
            }
        }
}

/* ---- mean ---- */

static void check_mean(const struct kernels *plain, const struct kernels *other)
{
    const struct mean_kernels *a = plain->mean, *b = other->mean;
    FOR_WIDTHS(width)
    {
        for (size_t step = 1; step <= 4; step++) {
            const size_t length = width * step, bytes = length * sizeof(uint16_t);
            const uint8_t *row = random_row(0, length);
            a->sum_across_row(row, (uint16_t *)(void *)blank_row(1, bytes), (uint16_t *)(void *)blank_row(3, bytes),
                              length, step);
            b->sum_across_row(row, (uint16_t *)(void *)blank_row(2, bytes), (uint16_t *)(void *)blank_row(4, bytes),
                              length, step);
            expect_same_rows(1, 2);
        }
        const uint16_t *above = random_words(0, width, 255 * 27 * 3), *row = random_words(1, width, 255 * 27 * 3),
                       *below = random_words(2, width, 255 * 27 * 3);
        a->sum_rows(above, row, below, (uint16_t *)(void *)blank_row(3, 2 * width), width);
        b->sum_rows(above, row, below, (uint16_t *)(void *)blank_row(4, 2 * width), width);
        expect_same_rows(3, 4);
        above = random_words(0, width, 255 * 243);
        row = random_words(1, width, 255 * 243);
        below = random_words(2, width, 255 * 243);
        a->mean_row(above, row, below, blank_row(3, width), width);
        b->mean_row(above, row, below, blank_row(4, width), width);
        expect_same_rows(3, 4);
    }
}

TEST(mean_tables_agree)
{
    (void)state;
    for_each_table(check_mean);
}

TEST(mean_divides_exactly)
{
    (void)state;
    const struct mean_kernels *plain = kernel_choice_find("scalar")->mean;
    for (uint32_t sum = 0; sum <= 255 * 729; sum++) {
        const uint16_t a = (uint16_t)(sum / 3), b = (uint16_t)((sum + 1) / 3), c = (uint16_t)((sum + 2) / 3);
        uint8_t mean;
        plain->mean_row(&a, &b, &c, &mean, 1);
        if (mean != sum / 729)
            fail_msg("%u / 729 = %u", sum, mean);
    }
}

/* ---- alpha ---- */

static void check_alpha(const struct kernels *plain, const struct kernels *other)
{
    FOR_WIDTHS(width)
    {
        for (uint32_t channels = 2; channels <= 4; channels += 2) {
            const size_t length = width * channels;
            const uint8_t *row = random_row(0, length);
            plain->alpha->premultiply_row(row, blank_row(1, length), width, channels);
            other->alpha->premultiply_row(row, blank_row(2, length), width, channels);
            expect_same_rows(1, 2);
            plain->alpha->unpremultiply_row(row, blank_row(1, length), width, channels);
            other->alpha->unpremultiply_row(row, blank_row(2, length), width, channels);
            expect_same_rows(1, 2);
        }
    }
}

TEST(alpha_tables_agree)
{
    (void)state;
    for_each_table(check_alpha);
}

TEST(alpha_is_rounded_exactly)
{
    (void)state;
    const struct alpha_kernels *plain = kernel_choice_find("scalar")->alpha;
    for (int color = 0; color < 256; color++)
        for (int alpha = 0; alpha < 256; alpha++) {
            uint8_t pixel[2] = {(uint8_t)color, (uint8_t)alpha};
            plain->premultiply_row(pixel, pixel, 1, 2);
            assert_int_equal(pixel[0], (2 * color * alpha + 255) / 510);
            pixel[0] = (uint8_t)color;
            plain->unpremultiply_row(pixel, pixel, 1, 2);
            const int straight = alpha == 0 ? 0 : (2 * 255 * color + alpha) / (2 * alpha);
            assert_int_equal(pixel[0], straight > 255 ? 255 : straight);
        }
}

/* ---- DCT ---- */

static float *random_floats(int row, size_t count)
{
    float *values = row_ending_at_guard(row, count * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(random_number() % 60000) / 100.0F - 200.0F;
    return values;
}

static void check_dct_tiles(const struct kernels *plain, const struct kernels *other)
{
    enum { MARGIN = DCT_SIZE - 1 };
    for (size_t window_rows = DCT_SIZE; window_rows < 22; window_rows += 5)
        for (size_t columns = DCT_LANES; columns <= 3 * DCT_LANES; columns += DCT_LANES)
            for (int step = 1; step <= 2; step++) {
                const size_t stride = columns + MARGIN, out_rows = window_rows - MARGIN;
                struct dct_tile tile = {
                    .noisy = random_floats(0, (window_rows + MARGIN) * stride),
                    .guide = random_floats(1, (window_rows + MARGIN) * stride),
                    .stride = stride,
                    .window_rows = window_rows,
                    .window_columns = columns,
                    .sigma = 21.5F,
                };
                for (int table = 0; table < 2; table++) {
                    const struct dct_kernels *kernels = table ? other->dct : plain->dct;
                    memset(guarded[2 + 2 * table], 0, ROW_BYTES);
                    memset(guarded[3 + 2 * table], 0, ROW_BYTES);
                    tile.sum = row_ending_at_guard(2 + 2 * table, out_rows * stride * sizeof(float));
                    tile.weight = row_ending_at_guard(3 + 2 * table, out_rows * stride * sizeof(float));
                    (step == 1 ? kernels->threshold_tile : kernels->wiener_tile)(&tile);
                }
                expect_same_rows(2, 4);
                expect_same_rows(3, 5);
            }
}

TEST(dct_tiles_agree)
{
    (void)state;
    for_each_table(check_dct_tiles);
}

static void check_dct_rows(const struct kernels *plain, const struct kernels *other)
{
    FOR_WIDTHS(width)
    {
        const float *sum = random_floats(0, width);
        float *weight = random_floats(1, width);
        for (size_t i = 0; i < width; i++)
            weight[i] = weight[i] > 0 ? weight[i] + 0.1F : 0.1F - weight[i];
        const size_t bytes = width * sizeof(float);
        plain->dct->divide_row(sum, weight, (float *)(void *)blank_row(2, bytes), width);
        other->dct->divide_row(sum, weight, (float *)(void *)blank_row(3, bytes), width);
        expect_same_rows(2, 3);

        plain->dct->plane_to_words(sum, (int16_t *)(void *)blank_row(2, bytes / 2), width);
        other->dct->plane_to_words(sum, (int16_t *)(void *)blank_row(3, bytes / 2), width);
        expect_same_rows(2, 3);
        const int16_t *words = row_ending_at_guard(2, bytes / 2);
        plain->dct->words_to_plane(words, (float *)(void *)blank_row(4, bytes), width);
        other->dct->words_to_plane(words, (float *)(void *)blank_row(5, bytes), width);
        expect_same_rows(4, 5);

        for (uint32_t channels = 1; channels <= 4; channels++) {
            const uint8_t *row = random_row(0, width * channels);
            float *const a[3] = {(float *)(void *)blank_row(1, bytes), (float *)(void *)blank_row(2, bytes),
                                 (float *)(void *)blank_row(3, bytes)};
            float *const b[3] = {(float *)(void *)blank_row(4, bytes), (float *)(void *)blank_row(5, bytes),
                                 (float *)(void *)blank_row(6, bytes)};
            plain->dct->row_to_planes(row, a, width, channels);
            other->dct->row_to_planes(row, b, width, channels);
            for (int p = 0; p < 3; p++)
                expect_same_rows(1 + p, 4 + p);
            const float *const planes[3] = {random_floats(1, width), random_floats(2, width), random_floats(3, width)};
            plain->dct->planes_to_row(planes, blank_row(7, width * channels), width, channels);
            other->dct->planes_to_row(planes, blank_row(8, width * channels), width, channels);
            expect_same_rows(7, 8);
        }
    }
}

TEST(dct_rows_agree)
{
    (void)state;
    for_each_table(check_dct_rows);
}

TEST(opponent_planes_give_the_samples_back)
{
    (void)state;
    const struct dct_kernels *plain = kernel_choice_find("scalar")->dct;
    for (uint32_t channels = 1; channels <= 4; channels++)
        for (int i = 0; i < 256; i++) {
            uint8_t row[4] = {(uint8_t)i, (uint8_t)(i * 7), (uint8_t)(255 - i), 0x5A}, back[4];
            float a, b, c;
            float *const planes[3] = {&a, &b, &c};
            const float *const const_planes[3] = {&a, &b, &c};
            memcpy(back, row, sizeof back);
            plain->row_to_planes(row, planes, 1, channels);
            plain->planes_to_row(const_planes, back, 1, channels);
            assert_memory_equal(row, back, sizeof row);
        }
}

/* ---- which table ---- */

TEST(unknown_tables_are_not_found)
{
    (void)state;
    assert_null(kernel_choice_find("avx9000"));
    assert_null(kernel_choice_find(""));
    assert_string_equal(kernel_choice_find("scalar")->name, "scalar");
    assert_non_null(kernel_choice_find(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighborhood_tables_agree),
        cmocka_unit_test(neighborhood_is_the_formula),
        cmocka_unit_test(color_tables_agree),
        cmocka_unit_test(blend_may_write_over_either_input),
        cmocka_unit_test(box_tables_agree),
        cmocka_unit_test(transposes_agree_and_invert_each_other),
        cmocka_unit_test(box_is_the_formula),
        cmocka_unit_test(mean_tables_agree),
        cmocka_unit_test(mean_divides_exactly),
        cmocka_unit_test(alpha_tables_agree),
        cmocka_unit_test(alpha_is_rounded_exactly),
        cmocka_unit_test(dct_tiles_agree),
        cmocka_unit_test(dct_rows_agree),
        cmocka_unit_test(opponent_planes_give_the_samples_back),
        cmocka_unit_test(unknown_tables_are_not_found),
    };
    for (int i = 0; i < ROWS; i++)
        guarded[i] = map_guarded();
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
