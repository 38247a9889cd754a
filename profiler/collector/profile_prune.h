/* A profile -> the same with a smaller call tree, for a report that a browser can hold.
 *
 * The heaviest nodes stay, by CPU time and blocked time with what is below them, so with each its callers. What goes becomes one node
 * "(pruned)" below the nearest caller that stays: totals of callers, tags, threads, time and spans are as before, only the places
 * themselves are gone. Never more than PRUNED_AT_MOST of the CPU time, or of the blocked time, goes that way: a tree whose weight is
 * spread evenly over more nodes keeps more than was asked for. */
#ifndef HOTLINE_PROFILE_PRUNE_H
#define HOTLINE_PROFILE_PRUNE_H

#include "profiler/collector/profile.h"

enum { PRUNE_MOST_NODES = 200000 }; /* where profile.scope.max_nodes is 0 */
static const double PRUNED_AT_MOST = 0.001;

/* ret: profile_prune_release() it; its report_pruned_nodes and report_pruned_ns say what went. `profile` must outlive it. NULL: it has no more than
 * scope.max_nodes nodes, or none of them may go. Any thread. */
struct profile *profile_prune(const struct profile *profile);
void profile_prune_release(struct profile *pruned);

#endif
