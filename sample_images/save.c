/* Writes pixels through libjpeg (4:2:0, as cameras do, optimised Huffman tables) and libpng (adaptive filters, level
 * 9). */
#include "sample_images/save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <png.h>

static FILE *open_or_die(const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void close_or_die(FILE *file, const char *path)
{
    if (fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

void save_jpeg(const char *path, const uint8_t *pixels, int width, int height, int channels, int quality)
{
    FILE *file = open_or_die(path);
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg.err = jpeg_std_error(&errors); /* its error_exit says what is wrong and ends the program */
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = (JDIMENSION)width;
    jpeg.image_height = (JDIMENSION)height;
    jpeg.input_components = channels;
    jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg.optimize_coding = TRUE;
    jpeg_start_compress(&jpeg, TRUE);
    unsigned char *row = malloc((size_t)width * (size_t)channels);
    if (row == NULL)
        exit(1);
    while (jpeg.next_scanline < jpeg.image_height) {
        memcpy(row, pixels + (size_t)jpeg.next_scanline * (size_t)width * (size_t)channels,
               (size_t)width * (size_t)channels);
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    free(row);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    close_or_die(file, path);
}

void save_png(const char *path, const uint8_t *pixels, int width, int height, int channels)
{
    FILE *file = open_or_die(path);
    static const int COLOUR_TYPE[] = {[1] = PNG_COLOR_TYPE_GRAY, [3] = PNG_COLOR_TYPE_RGB, [4] = PNG_COLOR_TYPE_RGBA};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
    if (info == NULL || setjmp(png_jmpbuf(png))) { /* libpng has said on stderr what is wrong */
        fprintf(stderr, "generate: %s could not be written\n", path);
        exit(1);
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, COLOUR_TYPE[channels], PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
    png_set_compression_level(png, 9);
    png_write_info(png, info);
    for (int y = 0; y < height; y++)
        png_write_row(png, pixels + (size_t)y * (size_t)width * (size_t)channels);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    close_or_die(file, path);
}
