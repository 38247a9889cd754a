/* The tags of the whole profile: what Render says about the service, HOTLINE_TAGS, --tag; a later source replaces the
 * same key. */
#ifndef HOTLINE_STATIC_TAGS_H
#define HOTLINE_STATIC_TAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "profiler/collector/profile.h"
#include "wrapper/options.h"

enum { STATIC_TAGS_MAX = 64, STATIC_TAG_KEY_BYTES = 63, STATIC_TAG_VALUE_BYTES = 255 };

struct static_tags {
    struct profile_tag tags[STATIC_TAGS_MAX]; /* owned strings */
    unsigned count;
};

/* `given`: the --tag arguments; a wrong one is a usage error (false, reason in `error`, nothing to deinit). A wrong
 * entry of HOTLINE_TAGS costs that entry and a message, not the start of a service. Reads the environment. */
bool static_tags_init(struct static_tags *ret, const struct option_list *given, char *error, size_t error_bytes);
void static_tags_deinit(struct static_tags *tags);

/* The value of `key`, NULL when there is none. */
const char *static_tags_find(const struct static_tags *tags, const char *key);

#endif
