/* struct profile -> the data that the report's script computes every table from: the call tree and the cells as they
 * are, so that a selection made in the browser gives the numbers that the collector would have given.
 *
 * JSON of parallel arrays (columns), raw deflate, base64: small, quick to parse, and no text in it can end the element
 * it stands in.
 *
 *   v            format, 1
 *   unit_ns      the weight of cells is counted in this
 *   bucket_ns    of the cells' time buckets;  started_unix_s, duration_s
 *   threshold    percent of CPU time below which lines, functions and files are not listed
 *   reduced      1: source views have only lines with samples
 *   paths        strings, for files and functions
 *   prefix       how much of an own file's path need not be shown
 *   modules      path[], own[]
 *   functions    name[], path[] (-1: unknown), line[], module[], left_out[] (1: not listed)
 *   files        path[], own[], lines[] (of the whole text), missing[] (null or why there is no text), left_out[]
 *   frames       function[], file[] (-1: unknown), line[], flags[] (1 own, 2 inlined into its parent)
 *   nodes        up[] (own index minus parent's), frame[]; without node 0, the root
 *   tag_sets     [key, value, key, value...][]; set 0 is empty
 *   static_tags  [key, value, key, value...] of every sample
 *   threads      pid[], tid[], name[]
 *   spans        id[] (hex), name[], method[], path[], request_id[] (null: none), tag_set[], thread[], begin_us[], wall_us[], running[]; 0 is "none"
 *   latencies    name[], tag_set[], step[] (of latency_scale.h), count[]
 *   cells        node[] (difference to the cell before), tag_set[], span[], thread[], bucket[], samples[], kernel[], weight[]
 *   sources      per file in `files`: null or [first line, text, first line, text...] */
#ifndef HOTLINE_REPORT_DATA_H
#define HOTLINE_REPORT_DATA_H

#include "profiler/collector/report_sources.h"

struct text_out;

/* The encoded data into `out`, which fails when memory is out. */
void report_data_write(struct text_out *out, const struct summary *summary, const struct report_sources *sources);

#endif
