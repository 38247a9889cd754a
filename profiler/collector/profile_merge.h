/* Several profiles -> one: call trees united node by node; functions, files, modules, tags, threads and spans united by what they are;
 * times counted from the earliest start; the widest time bucket for all. What was cut into k profiles becomes the one it was.
 *
 * Static tags that not all profiles share become ordinary tags of the samples, so that labels survive: region=us-east of one profile
 * and region=eu-north of the other can be told apart, and selected. Modules and functions are the same by path and name, whatever build
 * they are of, so that two versions of a program compare.
 *
 * Threads are one by host, pid, tid and name, spans by host, pid, id and begin. What a run counts about itself (drops, processes) is
 * added up over runs, and counted once for parts of one run (same host, pid and start). */
#ifndef HOTLINE_PROFILE_MERGE_H
#define HOTLINE_PROFILE_MERGE_H

#include "profiler/collector/profile.h"

struct profile_merge_options {
    bool align_starts; /* all start at 0 of one clock: to compare runs, however long ago */
};

/* The result does not depend on the order of `profiles`. Selections of them are forgotten: merge first.
 * count: 1 or more. profiles: not modified, must outlive the result, which borrows their texts.   ret: profile_merge_release() it.
 * Never NULL: without memory the process ends. Any thread. */
struct profile *profile_merge(const struct profile *const *profiles, uint32_t count, const struct profile_merge_options *options);
void profile_merge_release(struct profile *merged);

#endif
