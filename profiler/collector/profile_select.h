/* struct profile + a selection -> the struct profile of what is selected, which every writer takes as it takes a whole one: percentages
 * are of the selection, and the outputs say that it is one.
 *
 * Selections with different keys narrow each other; the values of one key, the threads, the spans are alternatives. The report's script
 * selects by the same rules.
 *
 * What only the whole run knows becomes unknown in a selection (its measured CPU time), or stays what it is about the run (the rate, the
 * drops, the duration). The stacks that were cut off are taken to be as frequent as in the whole. */
#ifndef HOTLINE_PROFILE_SELECT_H
#define HOTLINE_PROFILE_SELECT_H

#include "profiler/collector/profile.h"

/* The cells that `selection` leaves, totals and threads' seconds of these; the spans that they belong to, and those that match by
 * themselves; durations of requests where only tags are selected; no locks, of which only the whole is known. Ids do not change.
 * profile, selection: must outlive the result.   ret: profile_select_release() it.
 * NULL: `error` says in one line what the profile does not have, or that nothing is left. Any thread. */
struct profile *profile_select(const struct profile *profile, const struct profile_selection *selection, char *error, size_t error_bytes);
void profile_select_release(struct profile *selected);

#endif
