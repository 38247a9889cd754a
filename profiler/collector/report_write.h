/* struct profile -> a file in any of the formats. */
#ifndef HOTLINE_REPORT_WRITE_H
#define HOTLINE_REPORT_WRITE_H

#include "profiler/collector/collector.h"

/* false: the old file is unchanged, `error` holds one line. Any thread. */
bool report_write(const struct profile *profile, enum output_format format, const char *path, char *error, size_t error_bytes);

#endif
