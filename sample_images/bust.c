/* Sculpts the bust from ellipsoids and capsules that melt into each other ("smooth minimum"), the way one builds in
 * clay: masses first, then sockets, nose, lips. Only one half is described; x is folded. */
#include "sample_images/bust.h"

#include "sample_images/exact.h"

/* Minimum and maximum that round the crease over a width of about `k`. */
static double melt(double a, double b, double k)
{
    double h = exact_clamp(0.5 + 0.5 * (b - a) / k, 0, 1);
    return exact_mix(b, a, h) - k * h * (1 - h);
}

static double carve(double body, double tool, double k)
{
    return -melt(-body, tool, k);
}

/* First-order distance to an ellipsoid: exact on the surface, good near it. */
static double ellipsoid(struct vector p, struct vector centre, struct vector radii)
{
    struct vector q = vector_subtract(p, centre), r = {q.x / radii.x, q.y / radii.y, q.z / radii.z};
    struct vector s = {r.x / radii.x, r.y / radii.y, r.z / radii.z};
    double length = vector_length(r), slope = vector_length(s);
    return slope > 1e-9 ? length * (length - 1) / slope : -radii.x;
}

/* A capsule whose radius changes from one end to the other. */
static double capsule(struct vector p, struct vector a, struct vector b, double radius_a, double radius_b)
{
    struct vector along = vector_subtract(b, a), from = vector_subtract(p, a);
    double t = exact_clamp(vector_dot(from, along) / vector_dot(along, along), 0, 1);
    return vector_length(vector_subtract(from, vector_scale(along, t))) - exact_mix(radius_a, radius_b, t);
}

static double face(struct vector p)
{
    double d = ellipsoid(p, (struct vector){0, 0.26, -0.12}, (struct vector){0.76, 0.84, 0.92});            /* skull */
    d = melt(d, ellipsoid(p, (struct vector){0, -0.22, 0.16}, (struct vector){0.56, 0.78, 0.66}), 0.22);    /* face */
    d = melt(d, ellipsoid(p, (struct vector){0.27, -0.60, 0.20}, (struct vector){0.22, 0.26, 0.40}), 0.22); /* jaw */
    d = melt(d, ellipsoid(p, (struct vector){0, -0.88, 0.56}, (struct vector){0.20, 0.15, 0.17}), 0.20);    /* chin */
    d = melt(d, ellipsoid(p, (struct vector){0.37, -0.16, 0.55}, (struct vector){0.20, 0.19, 0.20}), 0.22); /* cheek */
    d = carve(d, ellipsoid(p, (struct vector){0.27, 0.09, 0.90}, (struct vector){0.19, 0.13, 0.20}), 0.16); /* socket */
    d = melt(d, capsule(p, (struct vector){0.10, 0.245, 0.79}, (struct vector){0.44, 0.235, 0.62}, 0.06, 0.05), 0.13);
    d = melt(d, ellipsoid(p, (struct vector){0.275, 0.055, 0.635}, (struct vector){0.165, 0.125, 0.15}),
             0.035); /* lids */
    d = melt(d, capsule(p, (struct vector){0, 0.20, 0.80}, (struct vector){0, -0.20, 1.01}, 0.055, 0.085),
             0.11); /* nose */
    d = melt(d, ellipsoid(p, (struct vector){0.085, -0.235, 0.90}, (struct vector){0.075, 0.062, 0.085}), 0.06);
    d = carve(d, ellipsoid(p, (struct vector){0.055, -0.295, 0.93}, (struct vector){0.028, 0.022, 0.045}), 0.03);
    d = melt(d, ellipsoid(p, (struct vector){0, -0.52, 0.70}, (struct vector){0.26, 0.17, 0.145}), 0.10); /* mouth */
    d = melt(d, ellipsoid(p, (struct vector){0.055, -0.465, 0.835}, (struct vector){0.12, 0.038, 0.055}), 0.05);
    d = melt(d, ellipsoid(p, (struct vector){0, -0.565, 0.825}, (struct vector){0.135, 0.052, 0.065}), 0.045);
    d = carve(d, capsule(p, (struct vector){0, -0.512, 0.895}, (struct vector){0.20, -0.508, 0.80}, 0.012, 0.006),
              0.03);
    return d;
}

static double ear(struct vector p)
{
    double d = ellipsoid(p, (struct vector){0.76, -0.02, -0.02}, (struct vector){0.075, 0.21, 0.135});
    return carve(d, ellipsoid(p, (struct vector){0.83, 0.02, 0.01}, (struct vector){0.05, 0.12, 0.075}), 0.05);
}

static double neck(struct vector p)
{
    return capsule(p, (struct vector){0, -0.60, -0.18}, (struct vector){0, -1.45, -0.34}, 0.35, 0.36);
}

/* Drawn back from the hairline into a knot behind. The cap is cut by a plane that bends down toward the ears. */
static double hair(struct vector p)
{
    double d = ellipsoid(p, (struct vector){0, 0.33, -0.19}, (struct vector){0.83, 0.86, 0.96});
    struct vector front = vector_normalize((struct vector){0.10, -0.62, 0.78});
    double before_hairline = vector_dot(p, front) - 0.13 - 0.10 * p.x * p.x;
    double strand =
        exact_sin(30 * p.x + 3 * exact_sin(2.2 * p.y + 1.6 * p.z)) * exact_smoothstep(0.02, -0.15, before_hairline);
    d = carve(d + 0.008 * strand, -before_hairline, 0.10);
    return melt(d, ellipsoid(p, (struct vector){0, 0.62, -1.18}, (struct vector){0.40, 0.38, 0.36}), 0.08);
}

static double cloth(struct vector p)
{
    double d = ellipsoid(p, (struct vector){0, -2.42, -0.38}, (struct vector){1.25, 0.92, 0.72});
    d = melt(d, ellipsoid(p, (struct vector){0.95, -2.25, -0.42}, (struct vector){0.62, 0.52, 0.50}),
             0.35); /* shoulder */
    /* a rolled collar, higher at the back */
    double around = sqrt(p.x * p.x + (p.z + 0.32) * (p.z + 0.32)) - 0.43, up = p.y + 1.44 + 0.16 * (p.z + 0.32);
    double collar = sqrt(around * around + up * up * 0.22) - 0.125;
    double rib = exact_sin(11 * p.y + 3 * p.z) * 0.006;
    return melt(d, collar, 0.16) + rib;
}

/* Far from a part the distance to a ball around it is enough to walk by. */
static double ball(struct vector p, double y, double z, double radius)
{
    return vector_length(vector_subtract(p, (struct vector){0, y, z})) - radius;
}

struct bust_point bust_at(struct vector p)
{
    struct vector folded = {fabs(p.x), p.y, p.z};
    double skin = neck(folded), around_head = ball(p, -0.05, 0, 1.3), around_hair = ball(p, 0.35, -0.4, 1.3);
    skin = around_head > 0.4 ? fmin(skin, around_head) : melt(melt(face(folded), ear(folded), 0.04), skin, 0.14);
    struct bust_point ret = {skin, BUST_SKIN};
    if (around_hair < ret.distance) {
        double hair_distance = around_hair > 0.4 ? around_hair : hair(folded);
        if (hair_distance < ret.distance)
            ret = (struct bust_point){hair_distance, BUST_HAIR};
    }
    if (p.y + 0.9 < ret.distance) { /* the collar ends below -1 */
        double cloth_distance = cloth(folded);
        if (cloth_distance < ret.distance)
            ret = (struct bust_point){cloth_distance, BUST_CLOTH};
    }
    return ret;
}
