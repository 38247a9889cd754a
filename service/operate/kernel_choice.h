/* The kernels of this processor. */
#ifndef SERVICE_KERNEL_CHOICE_H
#define SERVICE_KERNEL_CHOICE_H

#include <stdbool.h>

#include "service/operate/kernels/kernels.h"

/* Set once by operate_init(), before any thread starts; the plain table until then. */
extern const struct kernels *chosen_kernels;

/* The table named `isa`, if this processor has it; the best one for NULL. NULL when there is none. For operate_init()
 * and tests. */
const struct kernels *kernel_choice_find(const char *isa);

#endif
