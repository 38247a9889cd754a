/* exact.h: elementary functions and random numbers whose every bit is the same on every machine.
 *
 * libm's exp and sin may differ in the last bit between versions and compilers, and in a path tracer one bit decides
 * between a hit and a miss. IEEE 754 promises exact rounding for + - * / and sqrt only, so everything here is made of
 * those (and the build turns fused multiply-add off). Accurate to about 1e-9, which is far more than a picture needs.
 */
#ifndef SAMPLE_IMAGES_EXACT_H
#define SAMPLE_IMAGES_EXACT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static const double EXACT_PI = 3.14159265358979323846;

static inline double exact_clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}
static inline double exact_mix(double a, double b, double t)
{
    return a + (b - a) * t;
}

/* 0 below `from`, 1 above `to`, a smooth cubic between. */
static inline double exact_smoothstep(double from, double to, double x)
{
    double t = exact_clamp((x - from) / (to - from), 0, 1);
    return t * t * (3 - 2 * t);
}

/* 2 to the power n, for -1022 <= n <= 1023, by its bits. */
static inline double exact_power_of_two(int n)
{
    uint64_t bits = (uint64_t)(n + 1023) << 52;
    double ret;
    memcpy(&ret, &bits, sizeof ret);
    return ret;
}

/* e to the power x: x = n ln 2 + r, a Taylor series for r, the exponent bits for n. */
static inline double exact_exp(double x)
{
    static const double TERM[] = {1.0,       1.0,        1.0 / 2,     1.0 / 6,      1.0 / 24,      1.0 / 120,
                                  1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800};
    if (x < -700)
        return 0;
    x = x > 700 ? 700 : x;
    double n = floor(x * 1.4426950408889634 + 0.5), r = x - n * 0.69314718055994531, sum = 0;
    for (int i = sizeof TERM / sizeof TERM[0] - 1; i >= 0; i--)
        sum = sum * r + TERM[i];
    return sum * exact_power_of_two((int)n);
}

/* Natural logarithm of x > 0: the exponent bits, and 2 artanh((m - 1) / (m + 1)) for the mantissa. */
static inline double exact_log(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    double m = x * exact_power_of_two(-exponent);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    static const double TERM[] = {1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11, 1.0 / 13};
    double y = (m - 1) / (m + 1), square = y * y, sum = 0;
    for (int i = sizeof TERM / sizeof TERM[0] - 1; i >= 0; i--)
        sum = sum * square + TERM[i];
    return 2 * y * sum + exponent * 0.69314718055994531;
}

static inline double exact_pow(double x, double y)
{
    return x <= 0 ? 0 : exact_exp(y * exact_log(x));
}

static inline double exact_sin(double x)
{
    static const double TERM[] = {1.0,          -1.0 / 6,        1.0 / 120,       -1.0 / 5040,
                                  1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800};
    double turns = floor(x / (2 * EXACT_PI) + 0.5), r = x - turns * 2 * EXACT_PI, sum = 0; /* -pi <= r <= pi */
    r = r > EXACT_PI / 2 ? EXACT_PI - r : r < -EXACT_PI / 2 ? -EXACT_PI - r : r;
    for (int i = sizeof TERM / sizeof TERM[0] - 1; i >= 0; i--)
        sum = sum * (r * r) + TERM[i];
    return r * sum;
}

static inline double exact_cos(double x)
{
    return exact_sin(x + EXACT_PI / 2);
}

/* A hash of three coordinates (splitmix64's finisher): the root of all randomness here, so a pixel never depends on its
 * neighbours or on the thread that paints it. */
static inline uint64_t exact_hash(uint64_t seed, int x, int y)
{
    uint64_t z = seed * 0x9E3779B97F4A7C15u + (uint32_t)x * 0xD1B54A32D192ED03u + (uint32_t)y * 0x8CB92BA72F3D8DD7u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static inline double exact_unit(uint64_t hash)
{
    return (double)(hash >> 11) * 0x1p-53;
}

struct exact_random {
    uint64_t state;
};

/* Uniform in [0, 1). */
static inline double exact_random_next(struct exact_random *random)
{
    random->state += 0x9E3779B97F4A7C15u;
    return exact_unit(exact_hash(random->state, 0, 0));
}

/* Mean 0, deviation 1: twelve uniforms less six. Its tails end at six deviations, as a sensor's do. */
static inline double exact_random_normal(struct exact_random *random)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += exact_random_next(random);
    return sum;
}

/* Smooth noise in 0..1 with features of size 1, and its sum over `octaves` (each half as large and half as strong). */
static inline double exact_noise(uint64_t seed, double x, double y)
{
    double x0 = floor(x), y0 = floor(y), u = x - x0, v = y - y0;
    int i = (int)x0, j = (int)y0;
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    double top = exact_mix(exact_unit(exact_hash(seed, i, j)), exact_unit(exact_hash(seed, i + 1, j)), u);
    double bottom = exact_mix(exact_unit(exact_hash(seed, i, j + 1)), exact_unit(exact_hash(seed, i + 1, j + 1)), u);
    return exact_mix(top, bottom, v);
}

static inline double exact_fractal_noise(uint64_t seed, double x, double y, int octaves)
{
    double sum = 0, weight = 0.5, all = 0;
    for (int i = 0; i < octaves; i++, weight *= 0.5) {
        sum += weight * exact_noise(seed + (uint64_t)i, x, y);
        all += weight;
        /* turned a little at each octave, so that the lattice does not show */
        double turned = 1.6 * x - 1.2 * y;
        y = 1.2 * x + 1.6 * y + 17.3;
        x = turned + 5.1;
    }
    return sum / all;
}

#endif
