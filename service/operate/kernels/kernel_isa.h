/* The Makefile compiles every file of this folder once per instruction set, with -DKERNEL_ISA=scalar|v2|v3|v4.
 * Functions are static and keep their plain names; only the tables carry the set in theirs: KERNEL_TABLE(box) is
 * box_v3. */
#ifndef SERVICE_KERNEL_ISA_H
#define SERVICE_KERNEL_ISA_H

#ifndef KERNEL_ISA
#error "kernels are compiled with -DKERNEL_ISA=..."
#endif

#define KERNEL_PASTE_(name, isa) name##_##isa
#define KERNEL_PASTE(name, isa)  KERNEL_PASTE_(name, isa)
#define KERNEL_TABLE(name)       KERNEL_PASTE(name, KERNEL_ISA)
#define KERNEL_TEXT_(isa)        #isa
#define KERNEL_TEXT(isa)         KERNEL_TEXT_(isa)

#include "service/operate/kernels/kernels.h"

extern const struct neighborhood_kernels KERNEL_TABLE(neighborhood);
extern const struct color_kernels KERNEL_TABLE(color);
extern const struct box_kernels KERNEL_TABLE(box);
extern const struct mean_kernels KERNEL_TABLE(mean);
extern const struct alpha_kernels KERNEL_TABLE(alpha);
extern const struct dct_kernels KERNEL_TABLE(dct);

#endif
