/* scene.h: what stands in the path-traced picture: spheres, floor, sky, sun, camera. */
#ifndef SAMPLE_IMAGES_SCENE_H
#define SAMPLE_IMAGES_SCENE_H

#include "sample_images/canvas.h"

#include <stdbool.h>

enum { SCENE_SPHERES_MAX = 64, SCENE_GROUPS_MAX = 24 };

enum surface { MATTE, GLAZED, METAL, GLASS };

struct material {
    enum surface surface;
    struct vector colour;
    double roughness;
};

struct sphere {
    struct vector centre;
    double radius;
    struct material material;
};

/* Spheres that lie together, and a sphere around them: a ray that misses it need not try them one by one. */
struct group {
    struct vector centre;
    double radius;
    int first, count;
};

struct scene {
    struct sphere spheres[SCENE_SPHERES_MAX];
    int count;
    struct group groups[SCENE_GROUPS_MAX];
    int group_count;
    struct vector eye, right, up, forward;
    double lens_radius, focus, half_height, exposure;
    struct vector sun, sun_light;
    struct canvas *sky_map;   /* the sky around, painted once: azimuth across, sine of the elevation down */
    struct canvas *stone_map; /* veins of the floor; repeats */
};

static const double SCENE_SUN_RADIUS = 0.045; /* radians */

struct scene *scene_create(void);
void scene_destroy(struct scene *scene);

/* The light that comes from `direction` (normalized), without the sun's own disc. */
struct vector scene_sky(const struct scene *scene, struct vector direction);

/* The floor's stone at a point of the plane y = 0. */
struct material scene_floor(const struct scene *scene, struct vector at);

#endif
