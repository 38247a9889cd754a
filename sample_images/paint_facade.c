/* A residential tower of the 1950s seen from the street, the camera held a little crooked: straight lines and right
 * angles for edge detection, something to straighten for rotate.
 *
 * The two walls are planes with a grid of loggias behind them. A ray that enters an opening meets, whichever is
 * nearest, one of its four sides or the glass at its back; the same test toward the sun gives the shadows. No list of
 * objects is searched. */
#include "sample_images/canvas.h"
#include "sample_images/exact.h"
#include "sample_images/paint.h"
#include "sample_images/sobol.h"

#include <stdbool.h>
#include <stddef.h>

enum { FLOORS = 17 };

/* All in metres. An opening is what a cell of BAY x STOREY leaves free of wall and parapet. */
static const double BAY = 3.6, STOREY = 3.0, PIER = 0.20, SLAB = 0.17, PARAPET = 1.02, DEPTH = 1.45, BASE = 5.0;

/* Coordinates of a wall: along it, upward, into it. The corner that the walls share is at along = 0. */
struct wall {
    struct vector along, into; /* unit vectors of the world */
    double length;
    uint64_t seed;
};

static const struct wall WALLS[2] = {{{0.83, 0, 0.5577634}, {-0.5577634, 0, 0.83}, 14 * 3.6, 1},
                                     {{-0.5577634, 0, 0.83}, {0.83, 0, 0.5577634}, 5 * 3.6, 2}};

struct view {
    struct vector eye, right, up, forward, sun;
};

static const struct vector SUN_LIGHT = {2.75, 2.25, 1.6}, SKY_LIGHT = {0.20, 0.27, 0.40};

/* ---- sky ---- */

static struct vector sky(struct vector direction)
{
    double elevation = exact_clamp(direction.y, 0, 1);
    struct vector colour = vector_mix((struct vector){0.62, 0.76, 0.92}, (struct vector){0.075, 0.21, 0.56},
                                      exact_smoothstep(0, 0.85, elevation));
    double u = direction.x / (elevation + 0.22), v = direction.z / (elevation + 0.22);
    double billow = exact_fractal_noise(12, u * 1.5 + 1.7, v * 1.5 + 4.1, 7);
    double cover = exact_smoothstep(0.50, 0.70, billow), thick = exact_smoothstep(0.56, 0.86, billow);
    struct vector cloud = vector_mix((struct vector){1.12, 1.10, 1.06}, (struct vector){0.66, 0.72, 0.82}, thick);
    return vector_mix(colour, cloud, 0.92 * cover);
}

/* ---- one loggia ---- */

enum part { SKY_SEEN, WALL_FACE, SIDE, CEILING, FLOOR, GLASS_BACK };

struct place {
    enum part part;
    double along, height, depth; /* in the wall's coordinates */
    int bay, storey;
    double opening_left, opening_right, opening_bottom, opening_top;
};

static void find_cell(double along, double height, struct place *ret)
{
    ret->bay = (int)floor(along / BAY);
    ret->storey = (int)floor((height - BASE) / STOREY);
    ret->opening_left = ret->bay * BAY + PIER;
    ret->opening_right = (ret->bay + 1) * BAY - PIER;
    ret->opening_bottom = BASE + ret->storey * STOREY + SLAB;
    ret->opening_top = BASE + (ret->storey + 1) * STOREY - SLAB;
}

static bool is_open(const struct place *place, double along, double height)
{
    return place->storey >= 0 && place->storey < FLOORS && along > place->opening_left &&
           along < place->opening_right && height > place->opening_bottom + PARAPET && height < place->opening_top;
}

/* Follows a ray (in the wall's coordinates, `d` its direction) that has entered the opening of `place`. */
static void enter(struct place *place, struct vector d)
{
    double to_back = (DEPTH - place->depth) / d.z;
    double to_side = d.x > 0 ? (place->opening_right - place->along) / d.x : (place->opening_left - place->along) / d.x;
    double to_level =
        d.y > 0 ? (place->opening_top - place->height) / d.y : (place->opening_bottom - place->height) / d.y;
    double reach = fmin(to_back, fmin(to_side, to_level));
    place->part = reach == to_back ? GLASS_BACK : reach == to_side ? SIDE : d.y > 0 ? CEILING : FLOOR;
    place->along += d.x * reach;
    place->height += d.y * reach;
    place->depth += d.z * reach;
}

/* Does the sun reach a point inside the loggia? It must leave through the opening, over the parapet. */
static bool is_sunlit(const struct place *place, struct vector sun)
{
    if (sun.z >= 0)
        return false;
    double reach = place->depth / -sun.z;
    return is_open(place, place->along + sun.x * reach, place->height + sun.y * reach);
}

/* ---- its surfaces ---- */

static double cell_random(const struct wall *wall, const struct place *place, uint64_t use)
{
    return exact_unit(exact_hash(wall->seed * 1000 + use, place->bay, place->storey));
}

static struct vector side_colour(const struct wall *wall, const struct place *place)
{
    static const unsigned PAINT[] = {0xc8452f, 0xe0a126, 0x2f6f93, 0x3f8f6b, 0xe8e1d0, 0xe8e1d0, 0xe8e1d0, 0xd9793a};
    return canvas_srgb(PAINT[(int)(cell_random(wall, place, 3) * 8)]);
}

/* Board-marked concrete: the planks of its mould, their joints, rain streaks below the edges. */
static struct vector concrete(const struct wall *wall, double along, double height)
{
    double plank = exact_unit(exact_hash(wall->seed + 40, (int)floor(height / 0.17), (int)floor(along / 2.4)));
    double stain = exact_fractal_noise(wall->seed + 50, along * 1.7, height * 0.25, 5);
    double grain = exact_fractal_noise(wall->seed + 60, along * 9, height * 9, 3);
    double shade = 0.74 + 0.09 * plank + 0.28 * (stain - 0.5) + 0.16 * (grain - 0.5);
    return vector_scale((struct vector){0.66, 0.61, 0.54}, shade);
}

/* The window wall at the back: a door and three panes between mullions, curtains behind some, the sky mirrored in all.
 */
static struct vector glass(const struct wall *wall, const struct place *place, struct vector direction, bool sunlit)
{
    double across = (place->along - place->opening_left) / (place->opening_right - place->opening_left);
    double upward = (place->height - place->opening_bottom) / (place->opening_top - place->opening_bottom);
    double pane = across * 4 - floor(across * 4);
    if (pane < 0.035 || pane > 0.965 || fabs(upward - 0.80) < 0.012 || upward > 0.985 || upward < 0.02)
        return vector_scale((struct vector){0.62, 0.60, 0.55}, sunlit ? 1.5 : 0.30);
    double kind = cell_random(wall, place, 7), drawn = cell_random(wall, place, 8);
    struct vector room = vector_scale((struct vector){0.055, 0.052, 0.050}, 0.5 + drawn);
    bool curtain = kind < 0.45 && (across < drawn * 0.6 || across > 1 - drawn * 0.35);
    if (curtain) { /* its folds */
        double fold = 0.75 + 0.25 * exact_sin(across * 120 + 3 * exact_noise(9, across * 8, upward * 2));
        room = vector_scale(drawn > 0.5 ? (struct vector){0.62, 0.58, 0.50} : (struct vector){0.50, 0.33, 0.26},
                            fold * (sunlit ? 1.2 : 0.30));
    } else if (kind > 0.90) { /* somebody is at home */
        room = vector_scale((struct vector){1.0, 0.70, 0.36}, 0.55 - 0.35 * fabs(upward - 0.9));
    }
    /* each pane stands a little differently, so the mirrored sky breaks from pane to pane */
    double tilt =
        (exact_unit(exact_hash(wall->seed + 9, place->bay * 4 + (int)(across * 4), place->storey)) - 0.5) * 0.10;
    struct vector mirrored = vector_reflect(direction, wall->into);
    mirrored = vector_normalize(vector_add(mirrored, (struct vector){tilt, 0.02 + tilt * 0.5, -tilt}));
    double facing = 1 - fabs(vector_dot(direction, wall->into)), square = facing * facing;
    return vector_add(room, vector_scale(sky(mirrored), 0.10 + 0.75 * square * square));
}

static struct vector shade_inside(const struct wall *wall, const struct place *place, struct vector direction,
                                  struct vector sun)
{
    bool sunlit = is_sunlit(place, sun);
    double open = exact_clamp(1 - 0.72 * place->depth / DEPTH, 0, 1); /* how much sky the place sees */
    if (place->part == GLASS_BACK)
        return glass(wall, place, direction, sunlit);
    struct vector paint = place->part == SIDE ? side_colour(wall, place) : (struct vector){0.60, 0.57, 0.51};
    double facing = place->part == SIDE ? fabs(sun.x) : place->part == FLOOR ? fabs(sun.y) : 0;
    struct vector light = vector_scale(SKY_LIGHT, (place->part == CEILING ? 0.55 : 0.85) * open + 0.08);
    light = vector_add(light, vector_scale((struct vector){0.17, 0.125, 0.08}, open)); /* from the sunlit ground */
    if (sunlit && facing > 0)
        light = vector_add(light, vector_scale(SUN_LIGHT, facing));
    return vector_multiply(paint, light);
}

/* A parapet is a panel with upright slots in it; piers and slabs are plain. */
static struct vector shade_face(const struct wall *wall, const struct place *place, struct vector sun)
{
    struct vector light = vector_add(SKY_LIGHT, (struct vector){0.13, 0.10, 0.07});
    if (sun.z < 0)
        light = vector_add(light, vector_scale(SUN_LIGHT, -sun.z));
    struct vector stone = concrete(wall, place->along, place->height);
    bool in_cell = place->storey >= 0 && place->storey < FLOORS;
    bool in_panel = in_cell && place->along > place->opening_left && place->along < place->opening_right &&
                    place->height > place->opening_bottom && place->height < place->opening_bottom + PARAPET;
    if (in_panel) {
        stone = vector_scale((struct vector){0.80, 0.77, 0.70}, 0.92 + 0.16 * (stone.x / 0.66 - 0.74));
        double slot = place->along / 0.2 - floor(place->along / 0.2), up = place->height - place->opening_bottom;
        if (slot > 0.36 && slot < 0.64 && up > 0.16 && up < PARAPET - 0.16)
            return vector_multiply(stone, (struct vector){0.10, 0.11, 0.13});
        double edge = fmin(place->along - place->opening_left, place->opening_right - place->along);
        if (edge < 0.03 || up < 0.03) /* the joint around the panel */
            return vector_scale(vector_multiply(stone, light), 0.22);
    }
    return vector_multiply(stone, light);
}

/* ---- the picture ---- */

static bool look_at_wall(const struct wall *wall, const struct view *view, struct vector direction, double *nearest,
                         struct vector *ret)
{
    struct vector d = {vector_dot(direction, wall->along), direction.y, vector_dot(direction, wall->into)};
    struct vector eye = {vector_dot(view->eye, wall->along), view->eye.y, vector_dot(view->eye, wall->into)};
    struct vector sun = {vector_dot(view->sun, wall->along), view->sun.y, vector_dot(view->sun, wall->into)};
    if (d.z <= 0)
        return false;
    double reach = -eye.z / d.z;
    struct place place = {.part = WALL_FACE, .along = eye.x + d.x * reach, .height = eye.y + d.y * reach};
    double roof = BASE + FLOORS * STOREY + 1.1;
    if (reach <= 0 || reach >= *nearest || place.along < 0 || place.along > wall->length || place.height > roof)
        return false;
    *nearest = reach;
    find_cell(place.along, place.height, &place);
    if (!is_open(&place, place.along, place.height)) {
        *ret = shade_face(wall, &place, sun);
        return true;
    }
    enter(&place, d);
    *ret = shade_inside(wall, &place, direction, sun);
    return true;
}

static struct vector sample_pixel(const struct canvas *canvas, int x, int y, uint32_t sample, const void *context)
{
    const struct view *view = context;
    struct sobol_pair in_pixel = sobol_pair_at(exact_hash(3, x, y), 0, sample);
    double u = (2 * (x + in_pixel.u) - canvas->width) / canvas->height, v = 1 - 2 * (y + in_pixel.v) / canvas->height;
    const double HALF_HEIGHT = 0.50;
    struct vector aim = vector_add(vector_scale(view->right, u * HALF_HEIGHT), vector_scale(view->up, v * HALF_HEIGHT));
    struct vector direction = vector_normalize(vector_add(view->forward, aim)), colour;
    double nearest = 1e9;
    bool found = look_at_wall(&WALLS[0], view, direction, &nearest, &colour);
    found |= look_at_wall(&WALLS[1], view, direction, &nearest, &colour);
    return canvas_filmic(vector_scale(found ? colour : sky(direction), 0.50));
}

void paint_facade(struct canvas *canvas)
{
    struct view view = {.eye = {4.0, 1.7, -31}, .sun = vector_normalize((struct vector){0.24, 0.72, -0.62})};
    const double ROLL = 0.075; /* radians: the crooked hand */
    view.forward = vector_normalize((struct vector){0.06, 0.56, 0.80});
    struct vector right = vector_normalize(vector_cross(view.forward, (struct vector){0, 1, 0}));
    struct vector up = vector_cross(right, view.forward);
    view.right = vector_add(vector_scale(right, exact_cos(ROLL)), vector_scale(up, exact_sin(ROLL)));
    view.up = vector_cross(view.right, view.forward);
    canvas_sample(canvas, &(struct canvas_sampling){.at_least = 6, .at_most = 16, .even = 0.06}, sample_pixel, &view);
    canvas_add_noise(canvas, 4, 0.006, 0.001, 0.6);
}
