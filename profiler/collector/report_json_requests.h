/* "requests" and "spans" of the JSON report:
 *
 *   "requests": {"ended":n,"running":n,"kept":n,"lost":n,"cut_ms":ms,"slower_than_ms":ms,
 *                "count":n,"p50_ms":..,"p95_ms":..,"p99_ms":..,"max_ms":..,
 *                "sets":[{"name":"..","tags":{..},"count":n,"p50_ms":..,...},..],       by name and tag set, the most requests first
 *                "values":[{"key":"..","value":"..","count":n,"p50_ms":..,...},..]}     by tag value
 *   "spans": [{"id":"16 hex digits","name":"..","method":"..","path":"..","request_id":"..","tags":{..},"begin_s":..,"wall_ms":..,
 *              "cpu_ms":..,"wait_ms":..,"samples":n,"running":false,"pid":n,"tid":n,"thread":".."},..]   the kept ones, the slowest first
 *
 * lost: too many ran at once; cut_ms: samples of spans that are nobody's, for want of memory. Counts and quantiles are of all requests that ended; quantiles are right within 5 %. cpu_ms, wait_ms and samples are the sums of the
 * span's samples, in whatever thread. method, path, request_id: null when not given. Both are left out when the program marks nothing. */
#ifndef HOTLINE_REPORT_JSON_REQUESTS_H
#define HOTLINE_REPORT_JSON_REQUESTS_H

#include "profiler/collector/profile.h"
#include "profiler/collector/text_out.h"

/* Each member with a comma in front of it; nothing when there is nothing to say. */
void report_json_requests(struct text_out *out, const struct profile *profile);

#endif
