/* One table per instruction set, best first. Chosen by a plain pointer and not by ifunc or target_clones: those break
 * under AddressSanitizer and keep row functions from being inlined into their loops. */
#include "service/operate/kernel_choice.h"

#include <stddef.h>
#include <string.h>

const struct kernels *chosen_kernels = &kernels_scalar;

static const struct kernels *const tables[] = {
#if defined(__x86_64__)
    &kernels_v4,
    &kernels_v3,
    &kernels_v2,
#endif
    &kernels_scalar,
};

/* gcc 12 and clang 14 know the features one by one, not the levels of the x86-64 psABI; these are what each level adds
 * that our code could use, the rarest included. */
static bool processor_has(const struct kernels *kernels)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool v2 =
        __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt");
    const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                    __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    if (kernels == &kernels_v4)
        return v4;
    if (kernels == &kernels_v3)
        return v3;
    if (kernels == &kernels_v2)
        return v2;
#endif
    return kernels == &kernels_scalar;
}

const struct kernels *kernel_choice_find(const char *isa)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if ((!isa || strcmp(isa, tables[i]->name) == 0) && processor_has(tables[i]))
            return tables[i];
    return NULL;
}
