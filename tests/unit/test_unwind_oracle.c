/* Every instruction of what image services stand on: libc, libm, libjpeg, libpng, zlib and the dynamic linker. See single_step.h. */
#include <stdio.h>

#include <dlfcn.h>
#include <jpeglib.h>
#include <math.h>
#include <png.h>
#include <time.h>

#include "tests/unit/single_step.h"

static int compare_ints(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void work_libc(void)
{
    int values[40];
    char text[256];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++)
            values[i] = (i * 7919 + round) % 1009;
        qsort(values, 40, sizeof values[0], compare_ints);
        snprintf(text, sizeof text, "%d %f %s %lx %e", values[3], round * 1.5, "hello", (long)values[10], 1e100 / (round + 3));
        sink += strtod(round ? "3.14159265358979" : "1.7976931348623157e+308", NULL);
        void *small = malloc(100), *large = malloc(200000);
        small = realloc(small, 5000);
        free(large);
        free(small);
        memset(text, round, 200);
        sink += (double)strlen("abc") + atoi("1234");
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        time_t seconds = 86400 * round;
        struct tm broken_down;
        gmtime_r(&seconds, &broken_down);
        strftime(text, sizeof text, "%A %Y-%m-%d", &broken_down);
    }
}

static void work_libm(void)
{
    for (int i = 1; i < 40; i++) {
        double x = i * 0.37;
        sink += pow(x, 0.3) + sin(x) + cos(1e6 * x) + exp(x / 10) + log(x) + tan(x) + atan2(x, 2) + cbrt(x) + tgamma(x / 9) + fmod(x, 0.2);
        sink += (double)(sinf((float)x) + powf((float)x, 1.5f)) + (double)hypotl((long double)x, 3);
    }
}

static void work_jpeg(void)
{
    enum { SIZE = 32 };
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct encoder = {.err = jpeg_std_error(&errors)};
    unsigned char *bytes = NULL, row[SIZE * 3];
    unsigned long length = 0;
    JSAMPROW rows[1] = {row};
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &bytes, &length);
    encoder.image_width = encoder.image_height = SIZE;
    encoder.input_components = 3;
    encoder.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoder);
    jpeg_start_compress(&encoder, TRUE);
    unsigned noise = 1;
    while (encoder.next_scanline < SIZE) {
        for (unsigned i = 0; i < sizeof row; i++) {
            noise = noise * 1103515245 + 12345;
            row[i] = (unsigned char)((i + encoder.next_scanline) / 2 + (noise >> 16 & 15));
        }
        jpeg_write_scanlines(&encoder, rows, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    struct jpeg_decompress_struct decoder = {.err = jpeg_std_error(&errors)};
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, bytes, length);
    jpeg_read_header(&decoder, TRUE);
    jpeg_start_decompress(&decoder);
    while (decoder.output_scanline < SIZE)
        jpeg_read_scanlines(&decoder, rows, 1);
    jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
    free(bytes);
}

static void drop_bytes(png_structp png, png_bytep bytes, png_size_t count)
{
    (void)png;
    sink += (double)count + bytes[0];
}

static void no_flush(png_structp png) { (void)png; }

static void work_png(void)
{
    enum { WIDTH = 16, HEIGHT = 4 };
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char row[WIDTH * 3];
    unsigned noise = 1;
    png_set_write_fn(png, NULL, drop_bytes, no_flush);
    png_set_compression_mem_level(png, 1); /* small tables: zlib clears them first */
    png_set_compression_window_bits(png, 9);
    png_set_IHDR(png, info, WIDTH, HEIGHT, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned i = 0; i < sizeof row; i++) {
            noise = noise * 1103515245 + 12345;
            row[i] = (unsigned char)((i + y) / 2 + (noise >> 16 & 3));
        }
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
}

/* A library that nobody has called yet: its functions are bound on first use. */
static void work_lazy_binding(void)
{
    void *library = dlopen("libz.so.1", RTLD_LAZY | RTLD_LOCAL);
    unsigned long (*checksum)(unsigned long, const unsigned char *, unsigned) = NULL;
    if (library)
        *(void **)&checksum = dlsym(library, "crc32");
    sink += checksum ? (double)checksum(0, (const unsigned char *)"abcdefgh", 8) : 0;
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    sink += png_image_begin_read_from_memory(&image, "not a png file at all", 20);
    png_image_free(&image);
}

TEST(every_instruction_of_libc)
{
    (void)state;
    const struct result *got = all_right(&(struct workload){.work = work_libc}, 10000);
    assert_true(got->copies > 100);
}

TEST(every_instruction_of_libm)
{
    (void)state;
    all_right(&(struct workload){.work = work_libm}, 10000);
}

TEST(every_instruction_of_libjpeg_and_its_bare_simd_code)
{
    (void)state;
    const struct result *got = all_right(&(struct workload){.work = work_jpeg}, 20000);
    assert_true(got->bare > 1000); /* else this machine's libjpeg no longer tests the search */
}

TEST(every_instruction_of_libpng_and_zlib)
{
    (void)state;
    all_right(&(struct workload){.work = work_png}, 10000);
}

TEST(every_instruction_of_lazy_binding)
{
    (void)state;
    const struct result *got = all_right(&(struct workload){.work = work_lazy_binding}, 5000);
    assert_true(got->in_loader > 1000);
    assert_true(got->in_plt > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_of_libc),
        cmocka_unit_test(every_instruction_of_libm),
        cmocka_unit_test(every_instruction_of_libjpeg_and_its_bare_simd_code),
        cmocka_unit_test(every_instruction_of_libpng_and_zlib),
        cmocka_unit_test(every_instruction_of_lazy_binding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
