/* struct profile_diff -> text and JSON. (Its HTML is the merged profile's report.)
 *
 * JSON, a contract as report_json.h is one:
 *
 *   {"hotline":V, "normalized":false, "other_build":false, "unjudged":null or why there are no verdicts,
 *    "before":{"name","program","selection","cpu_s","samples"}, "after":{...}, "compared":m, "worst_percent":what --fail-above looks at,
 *    "functions":[{"name","file","module","before":{"cpu_s","percent","samples"},"after":{...},"change","low","high","significant",
 *                  "kind":"changed|new|gone"}],
 *    "lines":[{"file","line","function", the same}]}
 *
 * change, low and high: CPU seconds, or percentage points when normalized; low and high null where there are too few samples. */
#ifndef HOTLINE_REPORT_DIFF_H
#define HOTLINE_REPORT_DIFF_H

#include "profiler/collector/profile_diff.h"

/* The names of the two, as the reader knows them: file names. */
struct report_diff {
    const struct profile_diff *diff;
    const char *names[DIFF_SIDES];
};

/* false: the old file is unchanged, `error` holds one line. Any thread. */
bool report_diff_text_write(const struct report_diff *report, const char *path, char *error, size_t error_bytes);
bool report_diff_json_write(const struct report_diff *report, const char *path, char *error, size_t error_bytes);

#endif
