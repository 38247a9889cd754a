/* A path tracer: spheres of glass, gold and glaze on a stone floor, mountains behind, the sun low on the left.
 *
 * Each pixel averages up to 28 paths. At a matte surface a path asks the sun directly (its disc is a few degrees wide,
 * so shadows soften with distance) and goes on in a random direction to collect the sky. The random numbers of a pixel
 * are Sobol points (sobol.h), which leave far less noise than plain random ones. */
#include "sample_images/exact.h"
#include "sample_images/paint.h"
#include "sample_images/scene.h"
#include "sample_images/sobol.h"

#include <stddef.h>

enum { MAX_BOUNCES = 6 };

static const double NEAR = 1e-4, FAR = 1e30;

struct ray {
    struct vector origin, direction;
};

struct hit {
    double distance;
    struct vector position, normal;
    struct material material;
};

/* One sample of one pixel on its way: what it still passes on, what it has collected, and its place in the random
 * sequence. */
struct path {
    struct ray ray;
    struct vector weight, light;
    bool sees_sun; /* not after a matte surface, which has asked the sun directly */
    uint64_t pixel;
    uint32_t sample, use;
};

static struct sobol_pair draw(struct path *path)
{
    return sobol_pair_at(path->pixel, path->use++, path->sample);
}

/* ---- what a ray meets ---- */

static double sphere_distance(const struct sphere *sphere, const struct ray *ray)
{
    struct vector to = vector_subtract(ray->origin, sphere->centre);
    double b = vector_dot(to, ray->direction), c = vector_dot(to, to) - sphere->radius * sphere->radius;
    double discriminant = b * b - c;
    if (discriminant < 0 || (b > 0 && c > 0))
        return FAR;
    double root = sqrt(discriminant), first = -b - root, second = -b + root;
    return first > NEAR ? first : second > NEAR ? second : FAR;
}

static bool may_hit(const struct group *group, const struct ray *ray)
{
    struct vector to = vector_subtract(ray->origin, group->centre);
    double b = vector_dot(to, ray->direction), c = vector_dot(to, to) - group->radius * group->radius;
    return b * b >= c && (b <= 0 || c <= 0);
}

static bool find_hit(const struct scene *scene, const struct ray *ray, struct hit *ret)
{
    double nearest = FAR;
    const struct sphere *found = NULL;
    for (const struct group *group = scene->groups; group < scene->groups + scene->group_count; group++) {
        if (!may_hit(group, ray))
            continue;
        for (int i = group->first; i < group->first + group->count; i++) {
            double distance = sphere_distance(&scene->spheres[i], ray);
            if (distance < nearest) {
                nearest = distance;
                found = &scene->spheres[i];
            }
        }
    }
    double floor_distance = ray->direction.y < 0 ? -ray->origin.y / ray->direction.y : FAR;
    if (floor_distance > NEAR && floor_distance < nearest && floor_distance < 90) {
        ret->distance = floor_distance;
        ret->position = vector_along(ray->origin, ray->direction, floor_distance);
        ret->normal = (struct vector){0, 1, 0};
        ret->material = scene_floor(scene, ret->position);
        return true;
    }
    if (found == NULL)
        return false;
    ret->distance = nearest;
    ret->position = vector_along(ray->origin, ray->direction, nearest);
    ret->normal = vector_scale(vector_subtract(ret->position, found->centre), 1 / found->radius);
    ret->material = found->material;
    return true;
}

/* How much sunlight reaches a point along `ray`: glass lets it through, brightest in the middle of its shadow, where a
 * real one gathers it. */
static struct vector sun_visibility(const struct scene *scene, const struct ray *ray)
{
    struct vector light = {1, 1, 1};
    for (const struct group *group = scene->groups; group < scene->groups + scene->group_count; group++) {
        if (!may_hit(group, ray))
            continue;
        for (int i = group->first; i < group->first + group->count; i++) {
            const struct sphere *sphere = &scene->spheres[i];
            double distance = sphere_distance(sphere, ray);
            if (distance >= FAR)
                continue;
            if (sphere->material.surface != GLASS)
                return (struct vector){0, 0, 0};
            struct vector normal = vector_subtract(vector_along(ray->origin, ray->direction, distance), sphere->centre);
            double inward = fabs(vector_dot(normal, ray->direction)) / sphere->radius, square = inward * inward;
            light =
                vector_scale(vector_multiply(light, sphere->material.colour), 0.15 + 2.2 * square * square * square);
        }
    }
    return light;
}

/* ---- where it goes from there ---- */

/* The direction `height` along `axis` and `radius` beside it, at `turn` (0..1) of a full circle. */
static struct vector around(struct vector axis, double radius, double turn, double height)
{
    struct vector helper = fabs(axis.x) > 0.7 ? (struct vector){0, 1, 0} : (struct vector){1, 0, 0};
    struct vector side = vector_normalize(vector_cross(axis, helper)), other = vector_cross(axis, side);
    double angle = 2 * EXACT_PI * turn;
    struct vector flat =
        vector_add(vector_scale(side, radius * exact_cos(angle)), vector_scale(other, radius * exact_sin(angle)));
    return vector_add(flat, vector_scale(axis, height));
}

/* Schlick's approximation of how much a surface mirrors. */
static double fresnel(double cosine, double at_normal)
{
    double m = 1 - exact_clamp(cosine, 0, 1), square = m * m;
    return at_normal + (1 - at_normal) * square * square * m;
}

/* Reflection, blurred by the roughness of the surface. */
static struct vector glossy(struct path *path, const struct hit *hit)
{
    struct vector mirrored = vector_reflect(path->ray.direction, hit->normal);
    if (hit->material.roughness <= 0)
        return mirrored;
    struct sobol_pair pair = draw(path);
    struct vector ret = vector_normalize(around(mirrored, sqrt(pair.u * hit->material.roughness), pair.v, 1));
    return vector_dot(ret, hit->normal) > 0 ? ret : mirrored;
}

static struct vector through_glass(struct path *path, struct vector normal)
{
    struct vector direction = path->ray.direction;
    double cosine = -vector_dot(direction, normal), ratio = 1 / 1.5;
    if (cosine < 0) { /* from the inside */
        normal = vector_scale(normal, -1);
        cosine = -cosine;
        ratio = 1.5;
    }
    double square = 1 - ratio * ratio * (1 - cosine * cosine);
    double chance = square <= 0 ? 1 : fresnel(ratio > 1 ? sqrt(square) : cosine, 0.04);
    if (draw(path).u < chance)
        return vector_reflect(direction, normal);
    return vector_normalize(
        vector_add(vector_scale(direction, ratio), vector_scale(normal, ratio * cosine - sqrt(square))));
}

static void scatter_matte(const struct scene *scene, struct path *path, const struct hit *hit)
{
    path->weight = vector_multiply(path->weight, hit->material.colour);
    struct sobol_pair sun = draw(path), onward = draw(path);
    struct ray shadow = {hit->position, vector_normalize(around(scene->sun, SCENE_SUN_RADIUS * sqrt(sun.u), sun.v, 1))};
    double cosine = vector_dot(hit->normal, shadow.direction);
    if (cosine > 0) {
        struct vector light = vector_multiply(sun_visibility(scene, &shadow), scene->sun_light);
        path->light = vector_add(path->light, vector_multiply(path->weight, vector_scale(light, cosine)));
    }
    path->ray.direction = around(hit->normal, sqrt(onward.u), onward.v, sqrt(1 - onward.u)); /* cosine-weighted */
    path->sees_sun = false;
}

static void scatter(const struct scene *scene, struct path *path, const struct hit *hit)
{
    const struct material *material = &hit->material;
    double facing = -vector_dot(path->ray.direction, hit->normal);
    path->ray.origin = hit->position;
    if (material->surface == METAL) {
        path->weight = vector_multiply(path->weight, material->colour);
        path->ray.direction = glossy(path, hit);
    } else if (material->surface == GLASS) {
        path->ray.direction = through_glass(path, hit->normal);
        if (facing > 0 && vector_dot(path->ray.direction, hit->normal) < 0)
            path->weight = vector_multiply(path->weight, material->colour);
    } else if (material->surface ==
               GLAZED) { /* either the glaze mirrors, or the light reaches the matte colour below it */
        double mirrored = fresnel(facing, 0.045), chance = 0.15 + 0.7 * mirrored;
        bool at_glaze = draw(path).u < chance;
        path->weight = vector_scale(path->weight, at_glaze ? mirrored / chance : (1 - mirrored) / (1 - chance));
        if (at_glaze)
            path->ray.direction = glossy(path, hit);
        else
            scatter_matte(scene, path, hit);
    } else {
        scatter_matte(scene, path, hit);
    }
}

/* The floor fades into the haze above the horizon. */
static void add_haze(const struct scene *scene, struct path *path, double distance)
{
    struct vector flat = path->ray.direction;
    flat.y = 0.004;
    double haze = 1 - exact_exp(-distance * distance * 0.0006);
    struct vector seen = scene_sky(scene, vector_normalize(flat));
    path->light = vector_add(path->light, vector_scale(vector_multiply(path->weight, seen), haze));
    path->weight = vector_scale(path->weight, 1 - haze);
}

static struct vector follow(const struct scene *scene, struct path *path)
{
    for (int bounce = 0; bounce < MAX_BOUNCES; bounce++) {
        struct hit hit;
        if (!find_hit(scene, &path->ray, &hit)) {
            struct vector seen = scene_sky(scene, path->ray.direction);
            bool at_sun = vector_dot(path->ray.direction, scene->sun) > 1 - SCENE_SUN_RADIUS * SCENE_SUN_RADIUS / 2;
            if (at_sun && path->sees_sun)
                seen = vector_add(seen, vector_scale(scene->sun_light, 12));
            path->light = vector_add(path->light, vector_multiply(path->weight, seen));
            break;
        }
        if (hit.normal.y >= 1)
            add_haze(scene, path, hit.distance);
        scatter(scene, path, &hit);
        if (fmax(path->weight.x, fmax(path->weight.y, path->weight.z)) < 0.01)
            break;
    }
    return path->light;
}

static struct ray camera_ray(const struct scene *scene, double u, double v, struct sobol_pair lens)
{
    struct vector aim =
        vector_add(scene->forward, vector_add(vector_scale(scene->right, u), vector_scale(scene->up, v)));
    struct vector focus = vector_along(scene->eye, aim, scene->focus);
    double radius = scene->lens_radius * sqrt(lens.u), angle = 2 * EXACT_PI * lens.v;
    struct vector shift = vector_add(vector_scale(scene->right, radius * exact_cos(angle)),
                                     vector_scale(scene->up, radius * exact_sin(angle)));
    struct vector origin = vector_add(scene->eye, shift);
    return (struct ray){origin, vector_normalize(vector_subtract(focus, origin))};
}

static struct vector sample_pixel(const struct canvas *canvas, int x, int y, uint32_t sample, const void *context)
{
    const struct scene *scene = context;
    struct path path = {.weight = {1, 1, 1}, .sees_sun = true, .pixel = exact_hash(1, x, y), .sample = sample};
    struct sobol_pair in_pixel = draw(&path);
    double u = (2 * (x + in_pixel.u) - canvas->width) / canvas->height, v = 1 - 2 * (y + in_pixel.v) / canvas->height;
    path.ray = camera_ray(scene, u * scene->half_height, v * scene->half_height, draw(&path));
    /* tone-mapped before averaging, so that one bright sample cannot leave a speck */
    return canvas_filmic(vector_scale(follow(scene, &path), scene->exposure));
}

void paint_scene(struct canvas *canvas)
{
    struct scene *scene = scene_create();
    canvas_sample(canvas, &(struct canvas_sampling){.at_least = 12, .at_most = 28, .even = 0.03}, sample_pixel, scene);
    scene_destroy(scene);
}
