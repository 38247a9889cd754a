/* Saved profiles: pprof's profile.proto, and what hotline says in it that the format has no field for.
 *
 * Sample types   samples/count, cpu/nanoseconds (the default one); with --wall also waits/count, wait/nanoseconds (blocked time), and
 *                contentions/count, delay/nanoseconds (of locks). A sample has a CPU cell's values, a wait cell's, or a lock's; the
 *                others are 0.
 * Labels         each tag under its key, also the static ones; `thread` (its name), `pid`, `tid`; `time`, when its time bucket began,
 *                nanoseconds since the start; `kernel` = "yes"; `span_id`, 16 hex digits; of a lock: `lock`, its address, `lock_name`.
 *                `tid_use` = n when n threads before it have the same pid, tid and name. A tag whose key is one of these, or that of a
 *                static tag, is written as "tag." and the key; a static one like that stands in the notes alone.
 * Comment        "hotline: " and the command line.
 * Notes          strings "KEY=VALUE" in a field of the Profile that only hotline knows (PPROF_NOTE; others skip it. As comments, go tool
 *                pprof would print hundreds of them above every table). One for each scalar of struct profile (the table in
 *                pprof_facts.c) and, as words separated by spaces, for each
 *                  module         own (0, 1), build id, path, problem         also those without samples, in struct profile's order
 *                  thread         pid, tid, cpu_s_sampled, cpu_s_measured, name
 *                  tag_set        key, value, key, value...                   the set without tags is not listed
 *                  static_tag     key, value
 *                  profile_only, profile_exclude                              one string
 *                  span           id, name, method, path, request id, tag set, thread, begin_ns, wall_ns, running (0, 1)
 *                  latency        name, tag set, then step, count, step, count...
 *                  stops, left_out                                            numbers
 *                Such words have %20 for a space, %25 for a percent sign, likewise for control characters; "-" is a NULL,
 *                %2D the text "-". Tag sets and threads are numbered in the order of their notes; tag set 0 has no tags.
 *
 * `own` of functions and files is not stored: module and path decide it (code_scope.h). Source text is not stored either. */
#ifndef HOTLINE_PPROF_FORMAT_H
#define HOTLINE_PPROF_FORMAT_H

enum pprof_profile_field {
    PPROF_SAMPLE_TYPE = 1,
    PPROF_SAMPLE,
    PPROF_MAPPING,
    PPROF_LOCATION,
    PPROF_FUNCTION,
    PPROF_STRING,
    PPROF_TIME_NANOS = 9,
    PPROF_DURATION_NANOS,
    PPROF_PERIOD_TYPE,
    PPROF_PERIOD,
    PPROF_COMMENT,
    PPROF_DEFAULT_SAMPLE_TYPE,
    PPROF_NOTE = 1000
};
enum { PPROF_TYPE_TYPE = 1, PPROF_TYPE_UNIT };
enum { PPROF_SAMPLE_LOCATION = 1, PPROF_SAMPLE_VALUE, PPROF_SAMPLE_LABEL };
enum { PPROF_LABEL_KEY = 1, PPROF_LABEL_STRING, PPROF_LABEL_NUMBER, PPROF_LABEL_UNIT };
enum {
    PPROF_MAPPING_ID = 1,
    PPROF_MAPPING_START,
    PPROF_MAPPING_LIMIT,
    PPROF_MAPPING_OFFSET,
    PPROF_MAPPING_FILE,
    PPROF_MAPPING_BUILD_ID,
    PPROF_MAPPING_HAS_FUNCTIONS,
    PPROF_MAPPING_HAS_FILES,
    PPROF_MAPPING_HAS_LINES,
    PPROF_MAPPING_HAS_INLINED
};
enum { PPROF_LOCATION_ID = 1, PPROF_LOCATION_MAPPING, PPROF_LOCATION_ADDRESS, PPROF_LOCATION_LINE };
enum { PPROF_LINE_FUNCTION = 1, PPROF_LINE_LINE };
enum { PPROF_FUNCTION_ID = 1, PPROF_FUNCTION_NAME, PPROF_FUNCTION_SYSTEM_NAME, PPROF_FUNCTION_FILE, PPROF_FUNCTION_LINE };

/* The values of hotline's samples, in this order. */
enum pprof_value { PPROF_SAMPLES, PPROF_CPU, PPROF_CPU_VALUES, PPROF_WAITS = PPROF_CPU_VALUES, PPROF_WAIT, PPROF_CONTENTIONS, PPROF_DELAY, PPROF_ALL_VALUES };
static const char *const PPROF_VALUE_NAMES[PPROF_ALL_VALUES][2] = {
    {"samples", "count"}, {"cpu", "nanoseconds"}, {"waits", "count"}, {"wait", "nanoseconds"}, {"contentions", "count"}, {"delay", "nanoseconds"}};

enum pprof_label_key { LABEL_THREAD, LABEL_PID, LABEL_TID, LABEL_TID_USE, LABEL_TIME, LABEL_KERNEL, LABEL_SPAN, LABEL_LOCK, LABEL_LOCK_NAME, PPROF_LABELS };
static const char *const PPROF_LABEL_NAMES[PPROF_LABELS] = {"thread", "pid", "tid", "tid_use", "time", "kernel", "span_id", "lock", "lock_name"};

#define PPROF_TAG_PREFIX "tag."

#endif
