/* struct profile -> the same with another scope: what counts as own code, what is listed, whose source text is there. For profiles that
 * were saved: they have no text, and the reader may ask for another part of them than whoever recorded them. */
#ifndef HOTLINE_PROFILE_RESCOPE_H
#define HOTLINE_PROFILE_RESCOPE_H

#include "profiler/collector/profile.h"

struct source_texts;

/* profile, sources, the texts in scope: must outlive the result.   ret: profile_rescope_release() it. Never NULL. Any thread. */
struct profile *profile_rescope(const struct profile *profile, const struct profile_scope *scope, struct source_texts *sources);
void profile_rescope_release(struct profile *rescoped);

#endif
