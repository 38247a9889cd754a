/* A saved profile (pprof_format.h) -> struct profile. Also one of another program's, Go's or gperftools' or one made from perf's data: its
 * default value, or the last one, counts as CPU time; its string labels are tags; the first mapping is own code.
 *
 * The file may be hostile: every length, index and count is checked, and memory is bounded (below; pprof_decode.h). */
#ifndef HOTLINE_PROFILE_READ_H
#define HOTLINE_PROFILE_READ_H

#include "profiler/collector/profile.h"

enum {
    PROFILE_READ_MAX_BYTES = 256 << 20, /* of a file, and of what is packed in it: a million samples are about 40 MB */
    PROFILE_READ_MAX_NODES = 16 * 1000 * 1000
};

/* The profile in the file `path`, without source texts. ret: profile_read_destroy() it, all its memory is its own; NULL: `error` holds
 * one line, "PATH ...". Any thread. */
struct profile *profile_read_create(const char *path, char *error, size_t error_bytes);
void profile_read_destroy(struct profile *profile);

/* The same of bytes[0..count), which need not outlive the call; `error` is "it ...". */
struct profile *profile_read_bytes(const uint8_t *bytes, size_t count, char *error, size_t error_bytes);

#endif
