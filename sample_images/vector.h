/* vector.h: three doubles, for positions, directions and linear colours alike. */
#ifndef SAMPLE_IMAGES_VECTOR_H
#define SAMPLE_IMAGES_VECTOR_H

#include <math.h>

struct vector {
    double x, y, z;
};

static inline struct vector vector_add(struct vector a, struct vector b)
{
    return (struct vector){a.x + b.x, a.y + b.y, a.z + b.z};
}

static inline struct vector vector_subtract(struct vector a, struct vector b)
{
    return (struct vector){a.x - b.x, a.y - b.y, a.z - b.z};
}

static inline struct vector vector_multiply(struct vector a, struct vector b)
{
    return (struct vector){a.x * b.x, a.y * b.y, a.z * b.z};
}

static inline struct vector vector_scale(struct vector a, double s)
{
    return (struct vector){a.x * s, a.y * s, a.z * s};
}

static inline double vector_dot(struct vector a, struct vector b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static inline struct vector vector_cross(struct vector a, struct vector b)
{
    return (struct vector){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

static inline double vector_length(struct vector a)
{
    return sqrt(vector_dot(a, a));
}

static inline struct vector vector_normalize(struct vector a)
{
    return vector_scale(a, 1 / vector_length(a));
}

static inline struct vector vector_mix(struct vector a, struct vector b, double t)
{
    return vector_add(vector_scale(a, 1 - t), vector_scale(b, t));
}

/* a point `distance` along a ray, and the mirrored direction at a surface with normal `n` */
static inline struct vector vector_along(struct vector origin, struct vector direction, double distance)
{
    return vector_add(origin, vector_scale(direction, distance));
}

static inline struct vector vector_reflect(struct vector d, struct vector n)
{
    return vector_subtract(d, vector_scale(n, 2 * vector_dot(d, n)));
}

#endif
