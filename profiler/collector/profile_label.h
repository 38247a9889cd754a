/* One more static tag on a profile: what tells it from others after merging. */
#ifndef HOTLINE_PROFILE_LABEL_H
#define HOTLINE_PROFILE_LABEL_H

#include "profiler/collector/profile.h"

/* *ret is `profile` with one more static tag, and borrows everything else of it.   ret: its static tags, which the caller frees after it.
 * Never NULL: without memory the process ends. Any thread. */
struct profile_tag *profile_label(const struct profile *profile, const char *key, const char *value, struct profile *ret);

/* The first of `keys` that none of the profiles has, of all of the run or of some samples; NULL: they have them all. */
const char *profile_label_free_key(const struct profile *const *profiles, uint32_t count, const char *const *keys, uint32_t key_count);

/* Whether the static tags of two are the same, in whatever order. */
bool profile_label_same(const struct profile *a, const struct profile *b);

#endif
