/* A portrait: a sculpted head in three-quarter view before a soft background, one large lamp, one behind, film grain
 * over all.
 *
 * The shape is a distance function (bust.c); rays walk along it by the distance it gives ("sphere tracing"). Skin is
 * lit softly past the edge of the shadow, and redder there, as light that has travelled through it is. */
#include "sample_images/bust.h"
#include "sample_images/canvas.h"
#include "sample_images/exact.h"
#include "sample_images/paint.h"
#include "sample_images/sobol.h"

#include <stdbool.h>
#include <stddef.h>

enum { STEPS_MAX = 70 };

/* ---- the head turned in the room ---- */

struct pose {
    struct vector x, y, z; /* the head's axes in the room */
};

static struct pose pose_of(double turn, double tilt, double nod)
{
    struct vector z = vector_normalize((struct vector){exact_sin(turn), exact_sin(-nod), exact_cos(turn)});
    struct vector x = vector_normalize(vector_cross((struct vector){exact_sin(tilt), exact_cos(tilt), 0}, z));
    return (struct pose){x, vector_cross(z, x), z};
}

/* Head and shoulders turn differently: the pose is blended at the neck. */
static struct vector into_bust(const struct pose *head, const struct pose *body, struct vector p)
{
    double share = exact_smoothstep(-1.45, -0.75, p.y);
    struct pose pose = {vector_mix(body->x, head->x, share), vector_mix(body->y, head->y, share),
                        vector_mix(body->z, head->z, share)};
    return (struct vector){vector_dot(p, pose.x), vector_dot(p, pose.y), vector_dot(p, pose.z)};
}

struct sitting {
    struct pose head, body;
    struct vector key, rim;
};

static struct bust_point map(const struct sitting *sitting, struct vector p)
{
    struct bust_point ret = bust_at(into_bust(&sitting->head, &sitting->body, p));
    ret.distance *= 0.85; /* the bends make it a slight overestimate */
    return ret;
}

static struct vector normal_at(const struct sitting *sitting, struct vector p)
{
    /* differences toward the four corners of a tetrahedron */
    static const struct vector CORNERS[4] = {{1, -1, -1}, {-1, -1, 1}, {-1, 1, -1}, {1, 1, 1}};
    struct vector sum = {0, 0, 0};
    for (int i = 0; i < 4; i++)
        sum = vector_add(sum, vector_scale(CORNERS[i], map(sitting, vector_along(p, CORNERS[i], 0.0025)).distance));
    return vector_normalize(sum);
}

/* How much of a lamp is visible from `p`: 1 all of it, 0 none; near misses dim it, as for a large lamp. */
static double lamp_visibility(const struct sitting *sitting, struct vector p, struct vector direction)
{
    double visible = 1, reach = 0.04;
    for (int i = 0; i < 22 && reach < 2.6; i++) {
        double distance = map(sitting, vector_along(p, direction, reach)).distance;
        visible = fmin(visible, 0.5 + 3.2 * distance / reach);
        if (visible <= 0)
            return 0;
        reach += exact_clamp(distance, 0.03, 0.25);
    }
    return exact_smoothstep(0, 1, visible);
}

static double openness(const struct sitting *sitting, struct vector p, struct vector normal)
{
    double closed = 0, weight = 1;
    for (int i = 1; i <= 4; i++, weight *= 0.62) {
        double reach = 0.07 * i;
        closed += weight * (reach - map(sitting, vector_along(p, normal, reach)).distance);
    }
    return exact_clamp(1 - 1.5 * closed, 0, 1);
}

/* ---- colours ---- */

/* Distance in the plane of the face to an arc from (x0, y0) toward (xm, ym) to (x1, y1), by short chords: brows and
 * lashes. */
static double arc_distance(double x, double y, double x0, double y0, double xm, double ym, double x1, double y1)
{
    enum { CHORDS = 8 };
    double nearest = 9, from_x = x0, from_y = y0;
    for (int i = 1; i <= CHORDS; i++) {
        double t = (double)i / CHORDS, s = 1 - t;
        double dx = s * s * x0 + 2 * s * t * xm + t * t * x1 - from_x,
               dy = s * s * y0 + 2 * s * t * ym + t * t * y1 - from_y;
        double along = exact_clamp(((x - from_x) * dx + (y - from_y) * dy) / (dx * dx + dy * dy), 0, 1);
        double away_x = x - from_x - along * dx, away_y = y - from_y - along * dy;
        nearest = fmin(nearest, sqrt(away_x * away_x + away_y * away_y));
        from_x += dx;
        from_y += dy;
    }
    return nearest;
}

static struct vector skin_colour(struct vector p)
{
    double x = fabs(p.x);
    struct vector colour = {0.50, 0.255, 0.155};
    double blush = exact_exp(-((x - 0.40) * (x - 0.40) + (p.y + 0.20) * (p.y + 0.20)) / 0.035);
    double tip = exact_exp(-(x * x + (p.y + 0.22) * (p.y + 0.22)) / 0.014);
    colour = vector_mix(colour, (struct vector){0.56, 0.17, 0.11}, 0.45 * blush + 0.3 * tip);
    colour = vector_scale(colour, 0.95 + 0.10 * exact_fractal_noise(17, p.x * 9, p.y * 9 + p.z * 5, 4));
    if (p.z < 0.4)
        return colour;
    double lip_height = p.y > -0.511 ? 0.072 : 0.085, lip = fabs(p.y + 0.511) / lip_height + x * x / 0.034;
    colour = vector_mix(colour, (struct vector){0.40, 0.085, 0.075}, 0.85 * exact_smoothstep(1.15, 0.75, lip));
    double lash = arc_distance(x, p.y, 0.135, 0.035, 0.28, -0.085, 0.435, 0.04);
    colour = vector_mix(colour, (struct vector){0.020, 0.011, 0.009}, 0.95 * exact_smoothstep(0.019, 0.007, lash));
    double lid = exact_exp(-((x - 0.28) * (x - 0.28) / 0.018 + (p.y - 0.085) * (p.y - 0.085) / 0.004));
    colour = vector_mix(colour, (struct vector){0.33, 0.14, 0.11}, 0.5 * lid);
    double brow = arc_distance(x, p.y, 0.105, 0.235, 0.28, 0.365, 0.485, 0.225), thick = 0.038 - 0.05 * (x - 0.1);
    return vector_mix(colour, (struct vector){0.035, 0.018, 0.012}, 0.85 * exact_smoothstep(thick, thick * 0.4, brow));
}

static struct vector backdrop(double u, double v)
{
    double glow = exact_exp(-((u + 0.35) * (u + 0.35) + (v - 0.15) * (v - 0.15)) / 0.9);
    struct vector colour = vector_mix((struct vector){0.018, 0.040, 0.050}, (struct vector){0.15, 0.235, 0.235}, glow);
    struct exact_random random = {404};
    for (int i = 0; i < 26; i++) { /* lamps far out of focus */
        double x = exact_mix(-1, 1, exact_random_next(&random)), y = exact_mix(-0.4, 1.1, exact_random_next(&random));
        double radius = exact_mix(0.05, 0.13, exact_random_next(&random)), warm = exact_random_next(&random);
        double away = sqrt((u - x) * (u - x) + (v - y) * (v - y)) / radius;
        double disc = exact_smoothstep(1.04, 0.94, away) * (0.55 + 0.45 * exact_smoothstep(0.6, 1, away));
        struct vector light =
            vector_mix((struct vector){0.05, 0.09, 0.09}, (struct vector){0.20, 0.115, 0.045}, warm * warm);
        colour = vector_add(colour, vector_scale(light, disc * 0.6 * exact_random_next(&random)));
    }
    return colour;
}

/* ---- light ---- */

static double shine(struct vector normal, struct vector light, struct vector eye, double power)
{
    struct vector half = vector_normalize(vector_add(light, eye));
    return exact_pow(exact_clamp(vector_dot(normal, half), 0, 1), power);
}

static struct vector shade(const struct sitting *sitting, struct vector p, struct vector direction, enum bust_part part)
{
    struct vector normal = normal_at(sitting, p), eye = vector_scale(direction, -1);
    struct vector in_bust = into_bust(&sitting->head, &sitting->body, p), colour;
    double open = openness(sitting, p, normal), key = vector_dot(normal, sitting->key);
    double lit = lamp_visibility(sitting, vector_along(p, normal, 0.02), sitting->key);
    double rim = exact_clamp(vector_dot(normal, sitting->rim), 0, 1),
           graze = 1 - exact_clamp(vector_dot(normal, eye), 0, 1);
    double hard = exact_clamp(key, 0, 1) * lit;
    struct vector key_light = vector_scale((struct vector){2.45, 2.0, 1.62}, hard), extra = {0, 0, 0};
    if (part == BUST_SKIN) {
        colour = skin_colour(in_bust);
        double past = exact_clamp((key + 0.35) / 1.35, 0, 1) * exact_mix(0.35, 1, lit) - hard;
        key_light =
            vector_add(key_light, vector_scale((struct vector){1.25, 0.42, 0.26}, exact_clamp(past, 0, 1) * 1.3));
        double oil = 0.10 * shine(normal, sitting->key, eye, 22) + 0.16 * shine(normal, sitting->key, eye, 90);
        extra = vector_scale((struct vector){1, 0.94, 0.88}, 2.2 * oil * lit * exact_clamp(key * 4, 0, 1));
    } else if (part == BUST_HAIR) {
        colour = (struct vector){0.045, 0.024, 0.015};
        double band =
            shine(normal, sitting->key, eye, 16) * (0.5 + 0.5 * exact_sin(70 * fabs(in_bust.x) + 5 * in_bust.y));
        extra = vector_scale((struct vector){0.42, 0.27, 0.17}, band * lit);
    } else {
        double knit = exact_sin(58 * in_bust.x) * exact_sin(50 * in_bust.y + 2 * exact_sin(29 * in_bust.x));
        colour = vector_scale((struct vector){0.30, 0.105, 0.055}, 0.86 + 0.14 * knit);
    }
    double above = 0.5 + 0.5 * normal.y;
    struct vector fill = vector_mix((struct vector){0.16, 0.11, 0.09}, (struct vector){0.22, 0.32, 0.38}, above);
    struct vector light = vector_add(key_light, vector_scale(fill, open));
    struct vector ret = vector_add(vector_multiply(colour, light), extra);
    double edge = rim * (0.25 + 1.6 * graze * graze) * open;
    struct vector rim_colour = vector_add(vector_scale(colour, 1.5), (struct vector){0.10, 0.10, 0.10});
    return vector_add(ret, vector_multiply(rim_colour, vector_scale((struct vector){0.75, 1.15, 1.35}, edge)));
}

/* ---- the picture ---- */

static struct vector sample_pixel(const struct canvas *canvas, int x, int y, uint32_t sample, const void *context)
{
    const struct sitting *sitting = context;
    struct sobol_pair in_pixel = sobol_pair_at(exact_hash(6, x, y), 0, sample);
    double u = (2 * (x + in_pixel.u) - canvas->width) / canvas->height, v = 1 - 2 * (y + in_pixel.v) / canvas->height;
    struct vector eye = {0, -0.28, 8.2}, direction = vector_normalize((struct vector){u * 1.72, v * 1.72, -8.2});
    double reach = 6.2;
    for (int i = 0; i < STEPS_MAX && reach < 10.5; i++) {
        struct vector p = vector_along(eye, direction, reach);
        struct bust_point point = map(sitting, p);
        if (point.distance < 0.0012)
            return canvas_filmic(vector_scale(shade(sitting, p, direction, point.part), 0.80));
        reach += point.distance;
    }
    return canvas_filmic(vector_scale(backdrop(u, v), 0.80));
}

void paint_portrait(struct canvas *canvas)
{
    struct sitting sitting = {pose_of(0.52, 0.06, 0.10), pose_of(0.22, 0, 0),
                              vector_normalize((struct vector){-0.62, 0.55, 0.62}),
                              vector_normalize((struct vector){0.85, 0.35, -0.55})};
    canvas_sample(canvas, &(struct canvas_sampling){.at_least = 2, .at_most = 6, .even = 0.06}, sample_pixel, &sitting);
    canvas_add_noise(canvas, 8, 0.028, 0.004, 0.75);
}
