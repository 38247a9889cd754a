/* "findings" of the JSON report: the sentences at the top of the others, the headline first.
 *
 *   "findings": [{"kind":"headline","text":"..","share_percent":..,"share_error_percent":..,"samples":n,"function":"..","file":"..","line":n},..]
 *
 * kind: headline, next, tag, allocation, copy, kernel, library, wait, lock, throttled (finding_list.h tells them apart); more may come.
 * share_percent: of CPU time, of "wait" and "lock" of blocked time; null where the finding does not rest on samples. function, file: null, line: 0
 * where it names none. */
#ifndef HOTLINE_REPORT_JSON_FINDINGS_H
#define HOTLINE_REPORT_JSON_FINDINGS_H

#include "profiler/collector/text_out.h"
#include "profiler/collector/wait_summary.h"

/* The member, with a comma in front of it. waits NULL: waiting was not sampled. */
void report_json_findings(struct text_out *out, const struct summary *summary, const struct wait_summary *waits);

#endif
