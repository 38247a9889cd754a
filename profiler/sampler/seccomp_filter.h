/* What a seccomp filter says of the system calls that sampling makes, asked before it is installed. */
#ifndef HOTLINE_SECCOMP_FILTER_H
#define HOTLINE_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

/* Whether a thread under this filter can be sampled: none of our calls ends the program, is trapped, or waits for somebody's
 * consent; one that merely fails is fine. by_perf: the perf engine's calls, too. */
bool seccomp_filter_allows_sampling(const struct sock_fprog *filter, bool by_perf);

#endif
