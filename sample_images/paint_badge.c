/* This project's badge: lines of code on a dark disc, one of them hot. A logo with soft edges, a translucent rim and a
 * shadow on nothing, so its alpha takes all values: what an image service must carry through every operation. */
#include "sample_images/canvas.h"
#include "sample_images/exact.h"
#include "sample_images/paint.h"

#include <stddef.h>

/* Lays `colour` with coverage `alpha` over a pixel of straight alpha. */
static void lay_over(float *pixel, struct vector colour, double alpha)
{
    double below = (double)pixel[3], all = alpha + below * (1 - alpha);
    if (all <= 0)
        return;
    const double over[3] = {colour.x, colour.y, colour.z};
    for (int c = 0; c < 3; c++)
        pixel[c] = (float)((over[c] * alpha + (double)pixel[c] * below * (1 - alpha)) / all);
    pixel[3] = (float)all;
}

/* Signed distance to a bar with round ends, from (left, y) to (right, y). */
static double bar_distance(double px, double py, double left, double right, double y, double radius)
{
    double dx = px - exact_clamp(px, left, right), dy = py - y;
    return sqrt(dx * dx + dy * dy) - radius;
}

/* Coverage of a pixel by a shape at this signed distance; `soft` is half the width of the edge in pixels. */
static double coverage(double distance, double soft)
{
    return exact_smoothstep(soft, -soft, distance);
}

static const struct bar {
    double left, right, y;
} CODE[] =
    {
        {-112, -38, -106}, {-4, 66, -106}, {-88, -52, -62}, {-18, 92, -62},
        {-88, 10, -18},    {-88, -14, 80}, {20, 96, 80},    {-112, -60, 124},
},
  HOT_BAR = {-64, 118, 32};
enum { BARS = sizeof CODE / sizeof CODE[0] };

static const double DISC = 208, BAR = 11, HOT = 15;

static void paint_disc(float *pixel, double x, double y)
{
    double radius = sqrt(x * x + y * y), fall = sqrt(x * x + (y - 16) * (y - 16));
    lay_over(pixel, (struct vector){0.004, 0.005, 0.012}, 0.55 * exact_smoothstep(252, 190, fall)); /* its shadow */
    lay_over(pixel, canvas_srgb(0x8fb7ff), 0.38 * coverage(radius - DISC - 9, 1.2)); /* translucent rim */
    double light = exact_smoothstep(420, 0, sqrt((x + 90) * (x + 90) + (y + 150) * (y + 150)));
    struct vector disc = vector_mix(canvas_srgb(0x0b1222), canvas_srgb(0x2b3f6b), light);
    double warmth = exact_exp(-bar_distance(x, y, HOT_BAR.left, HOT_BAR.right, HOT_BAR.y, HOT) / 34);
    disc = vector_mix(disc, canvas_srgb(0xd2401c), 0.55 * exact_clamp(warmth, 0, 1));
    lay_over(pixel, disc, coverage(radius - DISC, 1.2));
    double gloss = coverage(radius - DISC + 5, 3) - coverage(radius - DISC + 9, 3); /* a lit inner edge */
    lay_over(pixel, canvas_srgb(0xcfe0ff), 0.5 * exact_clamp(gloss, 0, 1) * exact_smoothstep(60, -180, y + 0.5 * x));
}

static void paint_code(float *pixel, double x, double y)
{
    for (int i = 0; i < BARS; i++) {
        double distance = bar_distance(x, y, CODE[i].left, CODE[i].right, CODE[i].y, BAR);
        lay_over(pixel, canvas_srgb(i == 1 || i == 2 || i == 6 ? 0x7fb2d9 : 0x8793ad), 0.92 * coverage(distance, 0.9));
    }
}

static void paint_hot_bar(float *pixel, double x, double y)
{
    double along = (x - HOT_BAR.left) / (HOT_BAR.right - HOT_BAR.left);
    struct vector ember = vector_mix(canvas_srgb(0xffe9a8), canvas_srgb(0xff8a1f), exact_smoothstep(0, 0.55, along));
    ember = vector_mix(ember, canvas_srgb(0xf03c18), exact_smoothstep(0.5, 1.05, along));
    double distance = bar_distance(x, y, HOT_BAR.left, HOT_BAR.right, HOT_BAR.y, HOT);
    double shine = exact_smoothstep(HOT_BAR.y + HOT, HOT_BAR.y - HOT, y);
    lay_over(pixel, vector_mix(ember, (struct vector){1, 1, 1}, 0.22 * shine), coverage(distance, 0.9));
}

/* Flames rise from the hot line: tongues of noise that narrow and fade upward, beyond the disc's edge too. */
static void paint_flames(float *pixel, double x, double y)
{
    double along = (x - HOT_BAR.left) / (HOT_BAR.right - HOT_BAR.left), rise = (HOT_BAR.y - HOT - y) / 118;
    if (rise < -0.12 || rise > 1.3)
        return;
    double sway = 0.07 * exact_sin(rise * 5.0 + along * 6.0) * rise, field = 0;
    static const double CENTRE[] = {0.06, 0.27, 0.53, 0.78, 0.96}, HEIGHT[] = {0.36, 0.70, 1.08, 0.78, 0.40};
    for (int i = 0; i < 5; i++) { /* each tongue narrows upward; their sum melts them together at the foot */
        double up = exact_clamp(rise / HEIGHT[i], 0, 1), half = 0.15 * (1 - up) * (0.62 + 1.5 * up * (1 - up)) + 0.012;
        double away = (along + sway - CENTRE[i]) / half;
        field += exact_exp(-away * away) * (1 - up * up * up);
    }
    double tongue = exact_smoothstep(0.28, 0.62, field), core = exact_smoothstep(0.7, 1.5, field);
    double flicker = 0.85 + 0.3 * exact_fractal_noise(3, x / 17, y / 29, 3);
    double alpha = exact_clamp(tongue * flicker, 0, 1) * exact_smoothstep(-0.12, 0.02, rise) * 0.9;
    struct vector colour = vector_mix(canvas_srgb(0xffc04a), canvas_srgb(0xe83a14), exact_smoothstep(0.0, 0.85, rise));
    colour = vector_mix(colour, canvas_srgb(0xffefb0), 0.7 * core);
    lay_over(pixel, colour, alpha);
}

static void paint_row(struct canvas *canvas, int row, const void *context)
{
    (void)context;
    for (int column = 0; column < canvas->width; column++) {
        double scale = 512.0 / canvas->width, x = (column + 0.5) * scale - 256, y = (row + 0.5) * scale - 256;
        float *pixel = canvas_at(canvas, column, row);
        pixel[3] = 0;
        paint_disc(pixel, x, y + 8);
        paint_code(pixel, x, y);
        paint_flames(pixel, x, y);
        paint_hot_bar(pixel, x, y);
    }
}

void paint_badge(struct canvas *canvas)
{
    canvas_for_each_row(canvas, paint_row, NULL);
}
