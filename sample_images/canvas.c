/* Keeps a picture as floats in linear light, where light adds up as in nature, and turns it into sRGB bytes at the end.
 */
#include "sample_images/canvas.h"

#include "sample_images/exact.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_THREADS = 16, MAX_BLUR_RADIUS = 255 };

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL) {
        fprintf(stderr, "generate: out of memory\n");
        exit(1);
    }
    return memory;
}

struct canvas *canvas_create(int width, int height)
{
    struct canvas *canvas = allocate(1, sizeof *canvas);
    canvas->width = width;
    canvas->height = height;
    canvas->rgba = allocate((size_t)width * (size_t)height * 4, sizeof *canvas->rgba);
    for (long i = 0; i < (long)width * height; i++)
        canvas->rgba[i * 4 + 3] = 1;
    return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
    if (canvas == NULL)
        return;
    free(canvas->rgba);
    free(canvas);
}

struct row_job {
    struct canvas *canvas;
    void (*paint_row)(struct canvas *, int, const void *);
    const void *context;
    atomic_int next_row;
};

static void *paint_rows(void *argument)
{
    struct row_job *job = argument;
    int y;
    while ((y = atomic_fetch_add(&job->next_row, 1)) < job->canvas->height)
        job->paint_row(job->canvas, y, job->context);
    return NULL;
}

void canvas_for_each_row(struct canvas *canvas, void (*paint_row)(struct canvas *, int, const void *),
                         const void *context)
{
    struct row_job job = {canvas, paint_row, context, 0};
    pthread_t threads[MAX_THREADS];
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int wanted = processors > MAX_THREADS ? MAX_THREADS : (int)processors, started = 0;
    while (started < wanted - 1 && pthread_create(&threads[started], NULL, paint_rows, &job) == 0)
        started++;
    paint_rows(&job);
    while (started > 0)
        pthread_join(threads[--started], NULL);
}

struct sample_job {
    const struct canvas_sampling *sampling;
    canvas_sampler *sample_pixel;
    const void *context;
};

static void sample_row(struct canvas *canvas, int y, const void *context)
{
    const struct sample_job *job = context;
    for (int x = 0; x < canvas->width; x++) {
        struct vector sum = {0, 0, 0};
        double darkest = 1e9, brightest = -1e9;
        int taken = 0;
        while (taken < job->sampling->at_least ||
               (taken < job->sampling->at_most && brightest - darkest > job->sampling->even)) {
            struct vector sample = job->sample_pixel(canvas, x, y, (uint32_t)taken++, job->context);
            double bright = sample.x + sample.y + sample.z;
            darkest = fmin(darkest, bright);
            brightest = fmax(brightest, bright);
            sum = vector_add(sum, sample);
        }
        canvas_put(canvas, x, y, vector_scale(sum, 1.0 / taken));
    }
}

void canvas_sample(struct canvas *canvas, const struct canvas_sampling *sampling, canvas_sampler *sample_pixel,
                   const void *context)
{
    struct sample_job job = {sampling, sample_pixel, context};
    canvas_for_each_row(canvas, sample_row, &job);
}

struct blur {
    double weight[MAX_BLUR_RADIUS + 1];
    int radius;
    const float *source; /* what the pass reads; it writes to the canvas */
    int vertical;
};

static void blur_row(struct canvas *canvas, int y, const void *context)
{
    const struct blur *blur = context;
    int limit = blur->vertical ? canvas->height - 1 : canvas->width - 1;
    for (int x = 0; x < canvas->width; x++) {
        double sum[3] = {0, 0, 0};
        for (int k = -blur->radius; k <= blur->radius; k++) {
            int along = (blur->vertical ? y : x) + k;
            along = along < 0 ? 0 : along > limit ? limit : along;
            long index = blur->vertical ? (long)along * canvas->width + x : (long)y * canvas->width + along;
            for (int c = 0; c < 3; c++)
                sum[c] += blur->weight[abs(k)] * (double)blur->source[index * 4 + c];
        }
        canvas_put(canvas, x, y, (struct vector){sum[0], sum[1], sum[2]});
    }
}

void canvas_blur(struct canvas *canvas, double sigma_px)
{
    struct blur blur = {.radius = (int)exact_clamp(3 * sigma_px + 1, 1, MAX_BLUR_RADIUS)};
    double all = 0;
    for (int k = 0; k <= blur.radius; k++) {
        blur.weight[k] = exact_exp(-0.5 * k * k / (sigma_px * sigma_px));
        all += k == 0 ? blur.weight[k] : 2 * blur.weight[k];
    }
    for (int k = 0; k <= blur.radius; k++)
        blur.weight[k] /= all;
    size_t count = (size_t)canvas->width * (size_t)canvas->height * 4;
    float *copy = allocate(count, sizeof *copy);
    blur.source = copy;
    for (blur.vertical = 0; blur.vertical < 2; blur.vertical++) {
        memcpy(copy, canvas->rgba, count * sizeof *copy);
        canvas_for_each_row(canvas, blur_row, &blur);
    }
    free(copy);
}

struct noise {
    uint64_t seed;
    double photon, read, common;
};

static void noise_row(struct canvas *canvas, int y, const void *context)
{
    const struct noise *noise = context;
    double own = sqrt(1 - noise->common * noise->common);
    for (int x = 0; x < canvas->width; x++) {
        struct exact_random random = {exact_hash(noise->seed, x, y)};
        double shared = exact_random_normal(&random);
        float *pixel = canvas_at(canvas, x, y);
        for (int c = 0; c < 3; c++) {
            double light = exact_clamp((double)pixel[c], 0, 4);
            double deviation = sqrt(noise->photon * noise->photon * light + noise->read * noise->read);
            pixel[c] += (float)(deviation * (noise->common * shared + own * exact_random_normal(&random)));
        }
    }
}

void canvas_add_noise(struct canvas *canvas, uint64_t seed, double photon, double read, double common)
{
    struct noise noise = {seed, photon, read, common};
    canvas_for_each_row(canvas, noise_row, &noise);
}

/* Narkowicz's fit of the ACES curve. */
static double filmic(double x)
{
    x = x < 0 ? 0 : x;
    return exact_clamp(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1);
}

struct vector canvas_filmic(struct vector colour)
{
    return (struct vector){filmic(colour.x), filmic(colour.y), filmic(colour.z)};
}

static double to_linear(double value)
{
    return value <= 0.04045 ? value / 12.92 : exact_pow((value + 0.055) / 1.055, 2.4);
}

struct vector canvas_srgb(unsigned hex)
{
    return (struct vector){to_linear((hex >> 16 & 255) / 255.0), to_linear((hex >> 8 & 255) / 255.0),
                           to_linear((hex & 255) / 255.0)};
}

static double to_srgb(double light)
{
    light = exact_clamp(light, 0, 1);
    return light <= 0.0031308 ? light * 12.92 : 1.055 * exact_pow(light, 1 / 2.4) - 0.055;
}

struct quantise {
    int channels;
    uint8_t *bytes;
};

static void quantise_row(struct canvas *canvas, int y, const void *context)
{
    const struct quantise *to = context;
    uint8_t *out = to->bytes + (size_t)y * (size_t)canvas->width * (size_t)to->channels;
    for (int x = 0; x < canvas->width; x++, out += to->channels) {
        const float *pixel = canvas_at(canvas, x, y);
        double shown[4] = {to_srgb((double)pixel[0]), to_srgb((double)pixel[1]), to_srgb((double)pixel[2]),
                           exact_clamp((double)pixel[3], 0, 1)};
        if (to->channels == 1)
            shown[0] = 0.299 * shown[0] + 0.587 * shown[1] + 0.114 * shown[2];
        for (int c = 0; c < to->channels; c++)
            out[c] = (uint8_t)floor(shown[c] * 255 + 0.5);
    }
}

uint8_t *canvas_quantise(const struct canvas *canvas, int channels)
{
    struct quantise to = {channels, allocate((size_t)canvas->width * (size_t)canvas->height, (size_t)channels)};
    struct canvas view = *canvas; /* the rows are only read */
    canvas_for_each_row(&view, quantise_row, &to);
    return to.bytes;
}
