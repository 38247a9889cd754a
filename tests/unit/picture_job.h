/* For tests of the picture half of the service: a job with its own arena, pictures made from a seed, files from disk,
 * comparison. */
#ifndef TESTS_PICTURE_JOB_H
#define TESTS_PICTURE_JOB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/decode/decode.h"
#include "service/encode/encode.h"
#include "service/image/image_allocate.h"
#include "service/operate/operate.h"
#include "service/work/arena.h"
#include "service/work/job.h"

#define TEST(name) static void name(void **state)

static const struct job_limits picture_job_limits = {
    .max_pixels = 40000000,
    .max_output_pixels = 64000000,
    .max_side_px = 16384,
    .max_memory_bytes = 1ULL << 30,
};

/* A job that runs all bands on the calling thread. */
static inline struct job picture_job(void)
{
    struct job job = {.limits = &picture_job_limits, .arena = arena_create(64 << 20)};
    assert_non_null(job.arena);
    return job;
}

static inline void picture_job_end(struct job *job)
{
    arena_destroy(job->arena);
}

static inline struct image picture_empty(struct job *job, uint32_t width, uint32_t height, uint32_t channels)
{
    struct image image;
    assert_int_equal(image_allocate(job, width, height, channels, &image), STATUS_OK);
    return image;
}

static inline uint32_t picture_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Slopes, a few hard edges, and noise on top: every operation has something to do. */
static inline struct image picture_make(struct job *job, uint32_t width, uint32_t height, uint32_t channels,
                                        uint32_t seed)
{
    struct image image = picture_empty(job, width, height, channels);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (uint32_t c = 0; c < channels; c++) {
                const uint32_t slope = (x * (3 + c) + y * (5 - c)) / 2 % 400;
                const uint32_t edge = (x / 9 + y / 7) % 3 == 0 ? 90 : 0;
                const uint32_t v = (slope > 200 ? 400 - slope : slope) + edge + picture_random(&seed) % 40;
                image_row(&image, y)[x * channels + c] = (uint8_t)(v > 255 ? 255 : v);
            }
    return image;
}

static inline struct image picture_copy(struct job *job, const struct image *image)
{
    struct image copy = picture_empty(job, image->width, image->height, image->channels);
    for (uint32_t y = 0; y < image->height; y++)
        memcpy(image_row(&copy, y), image_row(image, y), (size_t)image->width * image->channels);
    return copy;
}

/* The largest difference of a sample; the shapes must be equal. */
static inline int picture_difference(const struct image *a, const struct image *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_int_equal(a->channels, b->channels);
    int most = 0;
    for (uint32_t y = 0; y < a->height; y++)
        for (size_t i = 0; i < (size_t)a->width * a->channels; i++) {
            const int difference = abs(image_row(a, y)[i] - image_row(b, y)[i]);
            most = difference > most ? difference : most;
        }
    return most;
}

/* A whole file, malloc'ed to its exact size, so that AddressSanitizer sees a read behind its end. NULL when it is not
 * there. */
static inline uint8_t *picture_file(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    const long length = ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(length > 0 ? (size_t)length : 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, (size_t)length, file), length);
    fclose(file);
    *ret_length = (size_t)length;
    return bytes;
}

#endif
