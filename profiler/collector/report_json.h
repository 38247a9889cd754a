/* struct profile -> the JSON contract of DESIGN section 5. Nothing is thresholded; every percentage is of the CPU time sampled.
 * Every share has its uncertainty beside it: `self_error_percent` is half of the 95 % confidence interval of `self_percent`, in points
 * (Wilson's, as on the page), and likewise for any other X_percent. `samples` are those of `total_percent`, where there are several.
 * `warnings` is the list of the page: what is so, and what to do about it.
 * `findings`: report_json_findings.h.
 * Fields beyond the contract: self_samples and cpu_samples, `outside_percent` (no own code on the stack), modules, threads, host, machine,
 * command_line, counts of what could not be seen. A line whose number DWARF does not know is line 0. */
#ifndef HOTLINE_REPORT_JSON_H
#define HOTLINE_REPORT_JSON_H

#include "profiler/collector/summarize.h"

struct text_out;

/* Write the report to the file `path`. false: the old file is unchanged, `error` holds one line. Any thread. */
bool report_json_write(const struct profile *profile, const char *path, char *error, size_t error_bytes);

/* The same text. `summary` may be of a selection. */
void report_json_text(struct text_out *out, const struct summary *summary);

#endif
