/* save.h: bytes to a .jpg or .png file. */
#ifndef SAMPLE_IMAGES_SAVE_H
#define SAMPLE_IMAGES_SAVE_H

#include <stdint.h>

/* Both end the program with a message when the file cannot be written. channels: 1 or 3 (JPEG), 1, 3 or 4 (PNG). */
void save_jpeg(const char *path, const uint8_t *pixels, int width, int height, int channels, int quality);
void save_png(const char *path, const uint8_t *pixels, int width, int height, int channels);

#endif
