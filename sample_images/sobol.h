/* sobol.h: pairs of numbers in the unit square that cover it evenly, for averages over few samples.
 *
 * The first two Sobol dimensions, Owen-scrambled by a hash, their order shuffled by another (Burley, "Practical
 * Hash-based Owen Scrambling", 2020). Two different `use` values give independent pairs, so a path draws as many pairs
 * as it needs. */
#ifndef SAMPLE_IMAGES_SOBOL_H
#define SAMPLE_IMAGES_SOBOL_H

#include <stdint.h>

struct sobol_pair {
    double u, v;
};

static inline uint32_t sobol_reverse(uint32_t x)
{
    x = __builtin_bswap32(x);
    x = (x & 0x0F0F0F0Fu) << 4 | (x >> 4 & 0x0F0F0F0Fu);
    x = (x & 0x33333333u) << 2 | (x >> 2 & 0x33333333u);
    return (x & 0x55555555u) << 1 | (x >> 1 & 0x55555555u);
}

/* A random permutation in which each bit is flipped by a function of the bits above it, written for reversed bits
 * (Laine and Karras, 2011): multiplications carry upwards only. */
static inline uint32_t sobol_scramble(uint32_t reversed, uint32_t seed)
{
    reversed += seed;
    reversed ^= reversed * 0x6c50b47cu;
    reversed ^= reversed * 0xb82f1e52u;
    reversed ^= reversed * 0xc7afe638u;
    reversed ^= reversed * 0x8d22f6e6u;
    return reversed;
}

static inline uint32_t sobol_second_dimension(uint32_t index)
{
    uint32_t ret = 0;
    for (uint32_t direction = 0x80000000u; index != 0; index >>= 1, direction ^= direction >> 1)
        ret ^= index & 1 ? direction : 0;
    return ret;
}

/* The pair number `index` of the sequence that belongs to `seed` and `use`. */
static inline struct sobol_pair sobol_pair_at(uint64_t seed, uint32_t use, uint32_t index)
{
    uint64_t hash = (seed ^ (use + 1) * 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93u;
    uint32_t low = (uint32_t)hash, high = (uint32_t)(hash >> 32);
    uint32_t shuffled = sobol_reverse(sobol_scramble(sobol_reverse(index), low ^ high * 3));
    uint32_t first = sobol_scramble(shuffled, low); /* van der Corput is the reversed index: two reversals cancel */
    uint32_t second = sobol_scramble(sobol_reverse(sobol_second_dimension(shuffled)), high);
    return (struct sobol_pair){sobol_reverse(first) * 0x1p-32, sobol_reverse(second) * 0x1p-32};
}

#endif
