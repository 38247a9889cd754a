/* snapshot -> struct profile: symbolizes the raw call tree. Keeps its symbolizer and its answers from one report to the
 * next, so that a rewritten report only pays for addresses not seen before. Report thread only. */
#ifndef HOTLINE_PROFILE_BUILD_H
#define HOTLINE_PROFILE_BUILD_H

#include "profiler/collector/collector.h"
#include "profiler/collector/snapshot.h"

struct profile_builder;

struct profile_builder *profile_builder_create(const struct collector_options *options);
void profile_builder_destroy(struct profile_builder *builder);

/* ret: caller frees with profile_release(); the builder must outlive it. Never NULL. */
struct profile *profile_build(struct profile_builder *builder, const struct snapshot *snapshot);
void profile_release(struct profile *profile);

#endif
