/* What the container lets us have: CPU quota and memory limit of our control group, versions 1 and 2. */
#ifndef SERVICE_CGROUP_H
#define SERVICE_CGROUP_H

#include <stdint.h>

/* root: "" for this machine, a directory holding proc/ and sys/ in tests.
 * ret: CPUs' worth of time per second (0.5 = half a CPU), the smallest along the path to the top; 0 when there is no
 * quota. */
double cgroup_cpus(const char *root);

/* ret: the smallest memory limit along the path to the top, in bytes; 0 when there is none. */
uint64_t cgroup_memory_bytes(const char *root);

/* ret: min(CPUs in our affinity mask, the quota rounded to whole CPUs), at least 1. */
uint32_t cpu_budget(const char *root);

#endif
