/* Builds the scene: three large spheres, marbles strewn around them, a floor of veined stone, an evening sky over
 * mountains.
 *
 * Sky and veins are sums of many octaves of noise and rays ask for them a hundred million times, so both are painted
 * into maps once and looked up. */
#include "sample_images/scene.h"

#include "sample_images/exact.h"

#include <stdio.h>
#include <stdlib.h>

enum { SKY_WIDTH = 2048, SKY_HEIGHT = 512, STONE_SIZE = 512 };

/* ---- spheres ---- */

static void add_sphere(struct scene *scene, double x, double z, double radius, enum surface surface, unsigned srgb,
                       double roughness)
{
    scene->spheres[scene->count++] = (struct sphere){{x, radius, z}, radius, {surface, canvas_srgb(srgb), roughness}};
}

static bool is_free(const struct scene *scene, double x, double z, double radius)
{
    for (int i = 0; i < scene->count; i++) {
        const struct sphere *other = &scene->spheres[i];
        double dx = x - other->centre.x, dz = z - other->centre.z, dy = radius - other->radius,
               reach = radius + other->radius;
        if (dx * dx + dy * dy + dz * dz < reach * reach * 1.06)
            return false;
    }
    return true;
}

/* Makes a group of the spheres from `first` to the last one. */
static void add_group(struct scene *scene, int first)
{
    struct group group = {.first = first, .count = scene->count - first};
    if (group.count == 0)
        return;
    for (int i = first; i < scene->count; i++)
        group.centre = vector_add(group.centre, vector_scale(scene->spheres[i].centre, 1.0 / group.count));
    for (int i = first; i < scene->count; i++) {
        struct vector from = vector_subtract(scene->spheres[i].centre, group.centre);
        group.radius = fmax(group.radius, vector_length(from) + scene->spheres[i].radius + 0.001);
    }
    scene->groups[scene->group_count++] = group;
}

/* Marbles in one family of colours, strewn at random where nothing lies yet, up to four in each cell of a grid on the
 * floor. */
static void strew_marbles(struct scene *scene)
{
    static const unsigned PALETTE[] = {0x0e6b74, 0xd9583b, 0xd28a1e, 0x2d4a7c, 0xe0d0b4, 0x8c2f39, 0x4f8f7a, 0x3f7fb0};
    struct exact_random random = {41};
    for (int cell = 0; cell < 12; cell++) {
        int first = scene->count, wanted = 2 + (int)(exact_random_next(&random) * 3);
        for (int tries = 0; tries < 60 && scene->count - first < wanted; tries++) {
            double x = -3.8 + 1.95 * (cell % 4 + exact_random_next(&random));
            double z = -2.9 + 2.0 * (cell / 4 + exact_random_next(&random));
            double radius = exact_mix(0.11, 0.26, exact_random_next(&random) * exact_random_next(&random));
            double kind = exact_random_next(&random);
            unsigned colour = PALETTE[(int)(exact_random_next(&random) * 8)];
            if (!is_free(scene, x, z, radius))
                continue;
            enum surface surface = kind < 0.14 ? GLASS : kind < 0.28 ? METAL : kind < 0.9 ? GLAZED : MATTE;
            if (surface == GLASS)
                colour = kind < 0.07 ? 0xc9f0e4 : 0xf6d7c4;
            add_sphere(scene, x, z, radius, surface, colour, surface == METAL ? 0.03 : 0);
        }
        add_group(scene, first);
    }
}

/* ---- sky ---- */

static double ridge(double azimuth, double height, double scale, uint64_t seed)
{
    return height * (0.2 + exact_fractal_noise(seed, azimuth * scale + 40, 0.5, 7));
}

static struct vector sky_light(const struct scene *scene, struct vector direction)
{
    const struct vector LOW = {0.92, 0.47, 0.25}, MIDDLE = {0.26, 0.36, 0.60}, HIGH = {0.05, 0.12, 0.34};
    double elevation = direction.y, t = sqrt(exact_clamp(elevation, 0, 1));
    struct vector colour = t < 0.5 ? vector_mix(LOW, MIDDLE, exact_smoothstep(0.02, 0.5, t))
                                   : vector_mix(MIDDLE, HIGH, exact_smoothstep(0.5, 1.0, t));
    double toward = exact_clamp(vector_dot(direction, scene->sun), 0, 1), glow = exact_pow(toward, 5),
           halo = exact_pow(toward, 40);
    colour = vector_add(colour, vector_scale((struct vector){0.95, 0.48, 0.18}, 0.4 * glow + 0.9 * halo));
    if (elevation > 0.02) { /* thin clouds on a plane high above */
        double u = direction.x / (elevation + 0.1), v = direction.z / (elevation + 0.1);
        double cloud = exact_smoothstep(0.44, 0.74, exact_fractal_noise(7, u * 0.8 + 3.4, v * 1.9 + 8, 7));
        struct vector lit = vector_mix((struct vector){0.92, 0.66, 0.60}, (struct vector){1.7, 1.0, 0.6}, glow);
        colour = vector_mix(colour, lit, 0.85 * cloud * exact_smoothstep(0.02, 0.16, elevation));
    }
    /* two ranges of mountains, their feet in the haze; the azimuth is measured so that it has no seam in view */
    double azimuth = direction.x / (fabs(direction.z) + 0.3) + (direction.z > 0 ? 9 : 0);
    struct vector haze = vector_mix(LOW, (struct vector){0.70, 0.52, 0.50}, 0.55 * (1 - glow));
    if (elevation < ridge(azimuth, 0.19, 1.7, 33))
        colour = vector_mix((struct vector){0.20, 0.21, 0.35}, haze, 0.12 + 0.6 * exact_smoothstep(0.12, 0, elevation));
    if (elevation < ridge(azimuth + 3.3, 0.10, 3.0, 57))
        colour =
            vector_mix((struct vector){0.055, 0.065, 0.13}, haze, 0.05 + 0.75 * exact_smoothstep(0.06, 0, elevation));
    return colour;
}

static void paint_sky_row(struct canvas *map, int y, const void *context)
{
    double elevation = (y + 0.5) / SKY_HEIGHT, across = sqrt(1 - elevation * elevation);
    for (int x = 0; x < SKY_WIDTH; x++) {
        double azimuth = 2 * EXACT_PI * (x + 0.5) / SKY_WIDTH;
        struct vector direction = {across * exact_sin(azimuth), elevation, across * exact_cos(azimuth)};
        canvas_put(map, x, y, sky_light(context, direction));
    }
}

/* Bilinear; wraps across, stops at the edges down. */
static struct vector look_up(const struct canvas *map, double x, double y)
{
    double x0 = floor(x), y0 = floor(exact_clamp(y, 0, map->height - 1.001)), u = x - x0, v = exact_clamp(y - y0, 0, 1);
    int left = ((int)x0 % map->width + map->width) % map->width, right = left + 1 == map->width ? 0 : left + 1,
        top = (int)y0;
    return vector_mix(vector_mix(canvas_get(map, left, top), canvas_get(map, right, top), u),
                      vector_mix(canvas_get(map, left, top + 1), canvas_get(map, right, top + 1), u), v);
}

/* Quarter turns from the diamond angle |x| : |z| would distort; a short series for the arc tangent is exact enough for
 * a map. */
static double azimuth_turn(double x, double z)
{
    double ax = fabs(x), az = fabs(z), t = ax < az ? ax / (az + 1e-30) : az / (ax + 1e-30), square = t * t;
    double angle =
        t * (0.99997726 +
             square * (-0.33262347 +
                       square * (0.19354346 + square * (-0.11643287 + square * (0.05265332 - square * 0.01172120)))));
    angle = ax < az ? angle : EXACT_PI / 2 - angle;
    angle = z < 0 ? EXACT_PI - angle : angle;
    return (x < 0 ? 2 * EXACT_PI - angle : angle) / (2 * EXACT_PI);
}

struct vector scene_sky(const struct scene *scene, struct vector direction)
{
    double x = azimuth_turn(direction.x, direction.z) * SKY_WIDTH - 0.5;
    return look_up(scene->sky_map, x, direction.y * SKY_HEIGHT - 0.5);
}

/* ---- floor ---- */

static void paint_stone_row(struct canvas *map, int y, const void *context)
{
    (void)context;
    for (int x = 0; x < STONE_SIZE; x++) {
        double u = 12.0 * x / STONE_SIZE, v = 12.0 * y / STONE_SIZE;
        double cloud = exact_fractal_noise(5, u, v, 6), wave = exact_fractal_noise(8, u * 0.6 + 9, v * 0.6, 6);
        double vein = 1 - exact_smoothstep(0, 0.03, fabs(wave - 0.5)); /* along a level line of the noise */
        canvas_put(map, x, y, (struct vector){cloud, vein, 0});
    }
}

/* Slabs of pale and dark stone, each cut from another place of the map and of a slightly different shade, with narrow
 * joints. */
struct material scene_floor(const struct scene *scene, struct vector at)
{
    double x = at.x * 0.82 + at.z * 0.57, z = at.z * 0.82 - at.x * 0.57; /* laid diagonally */
    double i = floor(x), j = floor(z), u = x - i, v = z - j;
    uint64_t slab = exact_hash(99, (int)i, (int)j);
    double shade = 0.84 + 0.3 * exact_unit(slab);
    int corner_x = (int)(slab & 255), corner_y = (int)(slab >> 8 & 255);
    struct vector stone = look_up(scene->stone_map, corner_x + u * 200, corner_y + v * 200);
    bool dark = ((int)i + (int)j) & 1;
    struct vector base = dark ? (struct vector){0.050, 0.060, 0.078} : (struct vector){0.56, 0.47, 0.38};
    struct vector vein = dark ? (struct vector){0.19, 0.17, 0.15} : (struct vector){0.34, 0.27, 0.21};
    struct vector colour = vector_mix(vector_scale(base, shade * (0.6 + 0.8 * stone.x)), vein, 0.55 * stone.y);
    double edge = fmin(fmin(u, 1 - u), fmin(v, 1 - v));
    colour = vector_mix((struct vector){0.07, 0.06, 0.05}, colour, exact_smoothstep(0.006, 0.014, edge));
    return (struct material){GLAZED, colour, 0.0004 + 0.004 * stone.x};
}

/* ---- all of it ---- */

static void set_camera(struct scene *scene, struct vector eye, struct vector target)
{
    scene->eye = eye;
    scene->forward = vector_normalize(vector_subtract(target, eye));
    scene->right = vector_normalize(vector_cross(scene->forward, (struct vector){0, 1, 0}));
    scene->up = vector_cross(scene->right, scene->forward);
    scene->half_height = 0.335;
    scene->lens_radius = 0.03;
    scene->focus = 6.0;
    scene->exposure = 0.72;
}

struct scene *scene_create(void)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (scene == NULL) {
        fprintf(stderr, "generate: out of memory\n");
        exit(1);
    }
    add_sphere(scene, -1.42, 0.25, 1.0, GLAZED, 0xb3262f, 0);
    add_group(scene, 0);
    add_sphere(scene, 0.32, -0.55, 1.12, GLASS, 0xf4fbfa, 0);
    add_group(scene, 1);
    add_sphere(scene, 2.18, 0.3, 0.86, METAL, 0xf3c26b, 0.0006);
    add_group(scene, 2);
    add_sphere(scene, -3.35, -1.7, 0.74, METAL, 0xc9d4dc, 0);
    add_group(scene, 3);
    add_sphere(scene, 4.0, -2.3, 0.95, GLAZED, 0x12606b, 0);
    add_group(scene, 4);
    add_sphere(scene, 0.55, 1.35, 0.34, MATTE, 0xefe6d5, 0);
    add_sphere(scene, -0.48, 1.72, 0.25, METAL, 0xe08a62, 0.01);
    add_sphere(scene, 1.35, 1.75, 0.22, GLASS, 0xbfe6ef, 0);
    add_group(scene, 5);
    strew_marbles(scene);
    set_camera(scene, (struct vector){-0.9, 1.55, 6.6}, (struct vector){0.25, 0.74, 0});
    scene->sun = vector_normalize((struct vector){-0.84, 0.40, 0.02});
    scene->sun_light = (struct vector){5.4, 3.7, 2.1};
    scene->sky_map = canvas_create(SKY_WIDTH, SKY_HEIGHT);
    canvas_for_each_row(scene->sky_map, paint_sky_row, scene);
    scene->stone_map = canvas_create(STONE_SIZE, STONE_SIZE);
    canvas_for_each_row(scene->stone_map, paint_stone_row, NULL);
    return scene;
}

void scene_destroy(struct scene *scene)
{
    if (scene == NULL)
        return;
    canvas_destroy(scene->sky_map);
    canvas_destroy(scene->stone_map);
    free(scene);
}
