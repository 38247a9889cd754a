/* What a seccomp filter says of the system calls that sampling makes, asked before it is installed. */
#ifndef HOTLINE_SECCOMP_FILTER_H
#define HOTLINE_SECCOMP_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>

enum seccomp_calls {
    SECCOMP_CALLS_SAMPLE, /* what every sampled thread needs */
    SECCOMP_CALLS_PERF,   /* what the perf engine needs besides */
    SECCOMP_CALLS_LOOK,   /* at files and other threads: done without, if need be */
};

/* Whether a thread under this filter can do these: none of the calls ends the program, is trapped, or waits for somebody's
 * consent; one that merely fails is fine. */
bool seccomp_filter_allows(const struct sock_fprog *filter, enum seccomp_calls calls);

#endif
