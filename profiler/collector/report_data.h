/* struct profile -> the data that the report's script computes every table from: the call tree and the cells as they
 * are, so that a selection made in the browser gives the numbers that the collector would have given.
 *
 * Numbers in columns, texts in JSON (report_columns.h), raw deflate, base64: small, quick to read, and no text in it can end the element it
 * stands in. In the script (assets/data.js) a column and a text stand beside each other: data.functions.line, data.functions.name.
 *
 * Of the whole:
 *   v            format, 2
 *   unit_ns      the weight of cells is counted in this;  waits_unit_ns: of waits
 *   bucket_ns    of the cells' time buckets;  started_unix_s, duration_s
 *   threshold    percent of CPU time below which lines, functions and files are not listed
 *   reduced      1: source views have only lines with samples
 *   paths        texts, for files and functions
 *   prefix       how much of an own file's path need not be shown
 *   tag_sets     [key, value, key, value...][]; set 0 is empty
 *   compare      null, or of a report by `hotline diff`: {key, normalized, otherBuild, names: [before, after]}; the samples of the two have
 *                the tag key = before or after
 *   static_tags  [key, value, key, value...] of every sample
 *   requests     [ended, lost, cut (ns), slower than (ns; 0: all are kept)]: see struct profile
 *
 * Columns; T: texts, else numbers; -1: none:
 *   modules      path T, own
 *   functions    name T, path (-1: unknown), line, module, left_out (1: not listed)
 *   files        path, own, lines (of the whole text), missing T (null or why there is no text), left_out
 *   frames       function, file (-1: unknown), line, flags (1 own, 2 inlined into its parent)
 *   nodes        up (own index minus parent's), frame; without node 0, the root
 *   threads      pid, tid, name T
 *   spans        id T (hex), name T, method T, path T, request_id T (null: none), tag_set, thread (-1), begin_us, wall_ns, running; 0 is "none"
 *   latencies    name T, tag_set, step (of latency_scale.h), count
 *   cells        node (rising), tag_set, span, thread, bucket, samples, kernel, weight
 *   waits        the same; not there where waiting was not sampled
 *   pieces       of source text: file, line (its first), bytes, text (bytes: all pieces one behind the other) */
#ifndef HOTLINE_REPORT_DATA_H
#define HOTLINE_REPORT_DATA_H

#include "profiler/collector/report_sources.h"

struct text_out;

/* The encoded data into `out`, which fails when memory is out. */
void report_data_write(struct text_out *out, const struct summary *summary, const struct report_sources *sources);

#endif
