/* struct profile -> pprof's gzip'ed profile.proto (pprof_format.h), from which profile_read.h makes the same struct profile again. Equal
 * profiles give equal bytes. */
#ifndef HOTLINE_REPORT_PPROF_H
#define HOTLINE_REPORT_PPROF_H

#include "profiler/collector/profile.h"

struct text_out;

/* Write the file `path`. false: the old file is unchanged, `error` holds one line. Any thread. */
bool report_pprof_write(const struct profile *profile, const char *path, char *error, size_t error_bytes);

/* The same bytes before compression. */
void report_pprof_bytes(struct text_out *out, const struct profile *profile);

#endif
