/* A city by night across the water, as a camera sees it at high ISO: the natural prey of noise reduction.
 *
 * Painted back to front in linear light: sky and stars, three rows of towers with lit windows, a bridge; then its
 * reflection in the water, the bloom of the lens, and at last the noise of few photons. */
#include "sample_images/canvas.h"
#include "sample_images/exact.h"
#include "sample_images/paint.h"

#include <stddef.h>

static const double WATERLINE = 0.70, MOON_X = 0.845, MOON_Y = 0.155; /* fractions of the picture */

static void add_light(struct canvas *canvas, int x, int y, struct vector light)
{
    if (x >= 0 && x < canvas->width && y >= 0 && y < canvas->height)
        canvas_put(canvas, x, y, vector_add(canvas_get(canvas, x, y), light));
}

static void fill(struct canvas *canvas, int left, int top, int right, int bottom, struct vector colour)
{
    for (int y = top < 0 ? 0 : top; y < bottom && y < canvas->height; y++)
        for (int x = left < 0 ? 0 : left; x < right && x < canvas->width; x++)
            canvas_put(canvas, x, y, colour);
}

/* A point of light, a few pixels wide. */
static void add_lamp(struct canvas *canvas, double x, double y, double radius, struct vector light)
{
    int reach = (int)(3 * radius + 1);
    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++) {
            double px = floor(x) + dx, py = floor(y) + dy, square = (px - x) * (px - x) + (py - y) * (py - y);
            add_light(canvas, (int)px, (int)py, vector_scale(light, exact_exp(-square / (radius * radius))));
        }
}

/* ---- sky ---- */

static void paint_sky_row(struct canvas *canvas, int y, const void *context)
{
    (void)context;
    double height = canvas->height, down = y / (height * WATERLINE);
    for (int x = 0; x < canvas->width; x++) {
        double u = x / height, v = y / height;
        struct vector colour = vector_mix((struct vector){0.0035, 0.0065, 0.018}, (struct vector){0.012, 0.020, 0.045},
                                          exact_smoothstep(0, 0.75, down));
        /* the city's own light on the haze, strongest behind its centre */
        double from_centre = (u - 0.95) / 0.85, dome = exact_exp(-from_centre * from_centre) * exact_pow(down, 3.2);
        colour = vector_add(colour, vector_scale((struct vector){0.115, 0.058, 0.030}, dome));
        double cloud = exact_smoothstep(0.46, 0.85, exact_fractal_noise(21, u * 2.2, v * 6.5 + 3, 6));
        colour = vector_add(colour, vector_scale((struct vector){0.030, 0.021, 0.020}, cloud * (0.25 + 1.6 * dome)));
        double mx = u - MOON_X * canvas->width / height, my = v - MOON_Y, distance = sqrt(mx * mx + my * my);
        double halo = exact_exp(-distance * 16) * 0.05 + exact_exp(-distance * 4.5) * 0.018;
        colour = vector_add(colour, vector_scale((struct vector){0.80, 0.88, 1.0}, halo));
        double seas = 0.35 + 1.1 * exact_fractal_noise(4, mx * 70, my * 70, 4);
        double disc = exact_smoothstep(0.0305, 0.0285, distance);
        colour = vector_mix(colour, vector_scale((struct vector){0.92, 0.90, 0.82}, 0.42 * seas), disc);
        canvas_put(canvas, x, y, colour);
    }
}

static void add_stars(struct canvas *canvas)
{
    struct exact_random random = {77};
    for (int i = 0; i < 420; i++) {
        double x = exact_random_next(&random) * canvas->width, y = exact_random_next(&random) * canvas->height * 0.55;
        double bright = exact_pow(exact_random_next(&random), 7) * 0.5 + 0.02, warmth = exact_random_next(&random);
        bright *= 1 - y / (canvas->height * 0.6);
        struct vector colour = vector_mix((struct vector){0.7, 0.85, 1.1}, (struct vector){1.1, 0.9, 0.7}, warmth);
        double mx = x - MOON_X * canvas->width, my = y - MOON_Y * canvas->height;
        if (mx * mx + my * my > 80 * 80)
            add_lamp(canvas, x, y, 0.75, vector_scale(colour, bright));
    }
}

/* ---- towers ---- */

struct row {
    uint64_t seed;
    double base, tallest, widest; /* fractions of the picture's height */
    struct vector wall;
    double windows, lit; /* brightness, share of the windows that are lit */
    int window_px;
};

static void add_windows(struct canvas *canvas, const struct row *row, struct exact_random *random, int left, int top,
                        int right, int bottom)
{
    static const struct vector LIGHTS[] = {{1.0, 0.62, 0.27}, {1.0, 0.72, 0.40}, {1.0, 0.85, 0.62}, {0.72, 0.88, 1.0}};
    int w = row->window_px, step_x = w + 2 + (int)(exact_random_next(random) * 3), step_y = w + 4;
    double office = exact_random_next(random); /* offices are lit by floors, homes by rooms */
    struct vector usual = LIGHTS[(int)(exact_random_next(random) * 4)];
    for (int y = top + 6; y + w + 2 < bottom; y += step_y) {
        double floor_lit = office < 0.4 && exact_random_next(random) < 0.3 ? 0.9 : row->lit;
        for (int x = left + 4; x + w < right - 3; x += step_x) {
            double on = exact_random_next(random), strength = exact_random_next(random),
                   odd = exact_random_next(random);
            if (on > floor_lit)
                continue;
            struct vector light = odd < 0.25 ? LIGHTS[(int)(odd * 16)] : usual;
            fill(canvas, x, y, x + w, y + w + 1, vector_scale(light, row->windows * (0.15 + strength * strength)));
        }
    }
}

static void add_roof(struct canvas *canvas, const struct row *row, struct exact_random *random, int left, int top,
                     int right)
{
    int width = right - left, middle = (left + right) / 2;
    double kind = exact_random_next(random);
    struct vector edge = vector_scale(row->wall, 1.7);
    if (kind < 0.35) { /* set back in two steps */
        fill(canvas, left + width / 6, top - width / 5, right - width / 6, top, row->wall);
        fill(canvas, left + width / 3, top - width / 3, right - width / 3, top - width / 5, row->wall);
        top -= width / 3;
    } else if (kind < 0.5) { /* pointed */
        for (int i = 0; i < width / 2; i++)
            fill(canvas, left + i, top - i, right - i, top - i + 1, row->wall);
        top -= width / 2;
    } else {
        fill(canvas, left, top, right, top + 1, edge);
    }
    if (exact_random_next(random) < 0.4) {
        int mast = width / 3 + 8;
        fill(canvas, middle, top - mast, middle + 2, top, edge);
        add_lamp(canvas, middle + 0.5, top - mast, 1.6, (struct vector){2.4, 0.16, 0.10});
    }
}

static void add_towers(struct canvas *canvas, const struct row *row)
{
    struct exact_random random = {row->seed};
    double height = canvas->height, base = row->base * height;
    for (double x = -30; x < canvas->width;) {
        double width = row->widest * height * (0.45 + 0.55 * exact_random_next(&random));
        double from_centre = (x + width / 2) / canvas->width - 0.49; /* the tallest stand in the middle */
        double crown = 0.42 + 0.58 * exact_exp(-from_centre * from_centre * 14);
        double tall = row->tallest * height * crown * (0.35 + 0.65 * exact_random_next(&random));
        int left = (int)x, right = (int)(x + width), top = (int)(base - tall), bottom = (int)base;
        add_roof(canvas, row, &random, left, top, right);
        fill(canvas, left, top + 1, right, bottom, row->wall);
        fill(canvas, left, top + 1, left + 2, bottom, vector_scale(row->wall, 1.5));
        add_windows(canvas, row, &random, left, top, right, bottom);
        if (exact_random_next(&random) < 0.12) /* a tower with lit edges */
            for (int y = top; y < bottom; y++) {
                add_light(canvas, left, y, (struct vector){0.03, 0.13, 0.30});
                add_light(canvas, right - 1, y, (struct vector){0.03, 0.13, 0.30});
            }
        x += width * (exact_random_next(&random) < 0.3 ? 1.25 : 0.96);
    }
}

static void add_quay(struct canvas *canvas)
{
    int line = (int)(canvas->height * WATERLINE);
    struct exact_random random = {11};
    fill(canvas, 0, line - 9, canvas->width, line, (struct vector){0.006, 0.006, 0.008});
    for (int x = 12; x < canvas->width; x += 31 + (int)(exact_random_next(&random) * 9))
        add_lamp(canvas, x, line - 12, 1.9,
                 vector_scale((struct vector){1.0, 0.60, 0.24}, 1.6 + exact_random_next(&random)));
}

/* A suspension bridge from the left bank into the picture: two towers, a chain of lamps along the cable, traffic on the
 * deck. */
static void add_bridge(struct canvas *canvas)
{
    double height = canvas->height, deck = height * (WATERLINE - 0.045), top = height * (WATERLINE - 0.265);
    const double TOWERS[2] = {0.06 * height, 0.62 * height};
    struct exact_random random = {5};
    for (double x = -0.25 * height; x < 1.0 * height; x += 1) { /* cable and hangers */
        double span = (x - TOWERS[0]) / (TOWERS[1] - TOWERS[0]), from_middle = 2 * span - 1;
        double sag = span < 0 ? -span * 1.6 : span > 1 ? (span - 1) * 1.6 : 1 - from_middle * from_middle;
        double y = top + (deck - top - 8) * exact_clamp(sag, 0, 1);
        if (y >= deck - 9)
            continue;
        fill(canvas, (int)x, (int)y, (int)x + 1, (int)y + 2, (struct vector){0.025, 0.024, 0.028});
        if ((int)(x + 1000) % 12 == 0) {
            fill(canvas, (int)x, (int)y, (int)x + 1, (int)deck, (struct vector){0.014, 0.014, 0.018});
            add_lamp(canvas, x, y, 1.3, (struct vector){1.0, 0.93, 0.80});
        }
    }
    fill(canvas, 0, (int)deck, (int)(0.98 * height), (int)deck + 6, (struct vector){0.010, 0.010, 0.013});
    for (int i = 0; i < 2; i++) {
        int x = (int)TOWERS[i], foot = (int)(height * WATERLINE);
        for (int y = (int)top - 8; y < foot; y++) {
            double glow = 0.012 + 0.10 * exact_exp(-(deck - y) * (deck - y) / (height * height * 0.01));
            fill(canvas, x - 7, y, x - 2, y + 1, vector_scale((struct vector){1.0, 0.75, 0.5}, glow));
            fill(canvas, x + 2, y, x + 7, y + 1, vector_scale((struct vector){1.0, 0.75, 0.5}, glow));
        }
        fill(canvas, x - 7, (int)top - 4, x + 7, (int)top, (struct vector){0.05, 0.04, 0.03});
        fill(canvas, x - 7, (int)((top + deck) / 2), x + 7, (int)((top + deck) / 2) + 4,
             (struct vector){0.06, 0.05, 0.04});
        add_lamp(canvas, x, top - 12, 1.8, (struct vector){2.2, 0.15, 0.1});
    }
    for (double x = 4; x < 0.97 * height; x += 7 + 30 * exact_random_next(&random)) { /* cars, one way and the other */
        add_lamp(canvas, x, deck - 2, 1.2,
                 exact_random_next(&random) < 0.5 ? (struct vector){1.6, 1.5, 1.2} : (struct vector){1.5, 0.12, 0.06});
    }
}

/* ---- water ---- */

/* The picture above the waterline, mirrored and smeared along the ripples, which grow toward the viewer. */
static void paint_water_row(struct canvas *canvas, int y, const void *context)
{
    (void)context;
    double height = canvas->height, line = floor(height * WATERLINE), below = y - line;
    if (below < 0)
        return;
    double near = below / (height - line);
    enum { TAPS = 12 };
    for (int x = 0; x < canvas->width; x++) {
        double scale = 0.012 + 0.05 * (1 - near);
        double ripple = exact_fractal_noise(61, x * scale * 0.35, below * (0.10 + 0.30 * (1 - near)), 4) - 0.5;
        double crest = exact_fractal_noise(63, x * 0.010 * (1.6 - near), below * 0.55 * (1.25 - near), 3);
        struct vector sum = {0, 0, 0};
        for (int tap = 0; tap < TAPS; tap++) {
            double reach = below * (0.55 + 1.0 * tap / TAPS) + ripple * (14 + 90 * near);
            int from_y = (int)exact_clamp(line - 2 - reach, 0, line - 2);
            int from_x = (int)exact_clamp(x + ripple * (3 + 16 * near), 0, canvas->width - 1);
            sum = vector_add(sum, canvas_get(canvas, from_x, from_y));
        }
        double mirrored = (0.62 - 0.30 * near) * (0.45 + 0.85 * exact_smoothstep(0.30, 0.75, crest));
        struct vector colour = vector_scale(sum, mirrored / TAPS);
        colour = vector_multiply(colour, (struct vector){0.88, 0.95, 1.05});
        canvas_put(canvas, x, y, vector_add(colour, (struct vector){0.0012, 0.0024, 0.0048}));
    }
}

/* ---- camera ---- */

static void add_scaled(struct canvas *canvas, const struct canvas *other, double scale)
{
    for (long i = 0; i < (long)canvas->width * canvas->height * 4; i++)
        if (i % 4 != 3)
            canvas->rgba[i] += (float)scale * other->rgba[i];
}

static void add_bloom(struct canvas *canvas, double sigma_px, double strength)
{
    struct canvas *glow = canvas_create(canvas->width, canvas->height);
    add_scaled(glow, canvas, 1);
    canvas_blur(glow, sigma_px);
    add_scaled(canvas, glow, strength);
    canvas_destroy(glow);
}

static void expose_row(struct canvas *canvas, int y, const void *context)
{
    const double *exposure = context;
    for (int x = 0; x < canvas->width; x++)
        canvas_put(canvas, x, y, canvas_filmic(vector_scale(canvas_get(canvas, x, y), *exposure)));
}

void paint_night(struct canvas *canvas)
{
    static const struct row ROWS[] = {
        {101, 0.70, 0.46, 0.060, {0.026, 0.023, 0.028}, 0.16, 0.30, 2},
        {202, 0.70, 0.40, 0.075, {0.013, 0.013, 0.018}, 0.45, 0.30, 3},
        {303, 0.70, 0.24, 0.095, {0.006, 0.006, 0.009}, 0.85, 0.26, 4},
    };
    const double EXPOSURE = 1.5;
    canvas_for_each_row(canvas, paint_sky_row, NULL);
    add_stars(canvas);
    for (int i = 0; i < 3; i++)
        add_towers(canvas, &ROWS[i]);
    add_quay(canvas);
    add_bridge(canvas);
    canvas_blur(canvas, 0.6);
    canvas_for_each_row(canvas, paint_water_row, NULL);
    add_bloom(canvas, 5, 0.35);
    add_bloom(canvas, 28, 0.30);
    canvas_add_noise(canvas, 9, 0.060, 0.0055, 0.55);
    canvas_for_each_row(canvas, expose_row, &EXPOSURE);
}
