/* canvas.h: the float picture that painters fill: linear light, straight alpha. */
#ifndef SAMPLE_IMAGES_CANVAS_H
#define SAMPLE_IMAGES_CANVAS_H

#include "sample_images/vector.h"

#include <stdint.h>

struct canvas {
    int width, height;
    float *rgba; /* width * height * 4, linear light, alpha 0..1 not multiplied in */
};

struct canvas *canvas_create(int width, int height); /* opaque black; never NULL: ends the program instead */
void canvas_destroy(struct canvas *canvas);

static inline float *canvas_at(const struct canvas *canvas, int x, int y)
{
    return canvas->rgba + ((long)y * canvas->width + x) * 4;
}

static inline void canvas_put(struct canvas *canvas, int x, int y, struct vector colour)
{
    float *pixel = canvas_at(canvas, x, y);
    pixel[0] = (float)colour.x;
    pixel[1] = (float)colour.y;
    pixel[2] = (float)colour.z;
}

static inline struct vector canvas_get(const struct canvas *canvas, int x, int y)
{
    const float *pixel = canvas_at(canvas, x, y);
    return (struct vector){(double)pixel[0], (double)pixel[1], (double)pixel[2]};
}

/* Calls `paint_row` once for each row, from one thread per processor. Rows must not depend on each other: then the
 * picture does not depend on the number of threads. */
void canvas_for_each_row(struct canvas *canvas, void (*paint_row)(struct canvas *canvas, int y, const void *context),
                         const void *context);

/* Sets each pixel to the mean of samples of it: `at_most`, or fewer (`at_least`) where the brightness, red + green +
 * blue, of those taken differs by no more than `even`. `sample_pixel` gets their number, from 0. */
struct canvas_sampling {
    int at_least, at_most;
    double even;
};
typedef struct vector canvas_sampler(const struct canvas *canvas, int x, int y, uint32_t sample, const void *context);
void canvas_sample(struct canvas *canvas, const struct canvas_sampling *sampling, canvas_sampler *sample_pixel,
                   const void *context);

/* Replaces the colour (not the alpha) by a Gaussian blur of standard deviation sigma_px. */
void canvas_blur(struct canvas *canvas, double sigma_px);

/* What a camera adds: photon noise that grows with the root of the light and read noise that is always there, both in
 * linear light where 1 is white, some of it shared by the three channels (`common`, 0..1) so that it looks like grain
 * rather than confetti. */
void canvas_add_noise(struct canvas *canvas, uint64_t seed, double photon, double read, double common);

/* One colour of the picture as a display shows it: compress highlights as film does; sRGB bytes to linear light. */
struct vector canvas_filmic(struct vector colour);
struct vector canvas_srgb(unsigned hex);

/* Linear light to sRGB bytes, `channels` 1 (luma), 3 or 4. ret: width * height * channels bytes, freed by the caller.
 */
uint8_t *canvas_quantise(const struct canvas *canvas, int channels);

#endif
