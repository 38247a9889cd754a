/* How long the container's CPU limit kept the program's control group from running. */
#ifndef HOTLINE_CGROUP_THROTTLE_H
#define HOTLINE_CGROUP_THROTTLE_H

/* Seconds of throttling that the control group of this process (and so of its program) has seen since it was made, summed over its
 * CPUs as the kernel counts them (cpu.stat: throttled_usec in v2, throttled_time in v1). < 0: no limit, or not to be found. */
double cgroup_throttle_seconds(void);

/* The same for other places of the two files, for tests. */
double cgroup_throttle_read(const char *proc_cgroup, const char *cgroup_root);

#endif
