/* What a sample's claim to CPU time is worth. */
#ifndef HOTLINE_SAMPLE_WEIGHT_H
#define HOTLINE_SAMPLE_WEIGHT_H

#include "profiler/collector/processes.h"

/* The most that one sample in the program's own code may stand for: ten ticks of the kernel or four periods. */
uint64_t sample_weight_limit_ns(uint64_t period_ns);

/* `claimed_ns`, or less: a program cannot drown the rest with one sample; and a thread that the tick rarely meets brings many
 * periods along when it is met, spent nobody knows where: these count as missed. Only what follows a system call has a reason
 * to be long: the signal had to wait for its end. `pc` is the sample's, of process `process`. */
uint64_t sample_weight_ns(const struct processes *processes, uint32_t process, uint64_t pc, uint64_t claimed_ns, uint64_t limit_ns);

#endif
