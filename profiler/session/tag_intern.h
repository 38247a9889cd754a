/* Tag sets: text <-> small number. A set is interned once for the whole session; sampling then stores only its index.
 * Lock-free: a process that dies in the middle leaves one unusable entry, nothing else. Not for signal handlers. */
#ifndef HOTLINE_TAG_INTERN_H
#define HOTLINE_TAG_INTERN_H

#include <stdbool.h>

#include "profiler/session/session_layout.h"

/* The set that is `base` with key=value added or replaced (removed when `value` is empty). ret: its index; `base`
 * itself when the key or value is too long, the set would hold too many tags, or the table is full (counted in
 * tag_sets_dropped). Any thread. */
uint32_t tag_intern_add(struct session *session, uint32_t base, const char *key, const char *value);

#endif
