/* The table of this instruction set. */
#include "service/operate/kernels/kernel_isa.h"

const struct kernels KERNEL_TABLE(kernels) = {
    .name = KERNEL_TEXT(KERNEL_ISA),
    .neighborhood = &KERNEL_TABLE(neighborhood),
    .color = &KERNEL_TABLE(color),
    .box = &KERNEL_TABLE(box),
    .mean = &KERNEL_TABLE(mean),
    .alpha = &KERNEL_TABLE(alpha),
    .dct = &KERNEL_TABLE(dct),
};
