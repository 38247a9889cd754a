/* The bytes of a profile.proto -> arrays with every id resolved and every index checked. Samples stay as they are, until they are
 * asked for one by one. Everything points into the bytes. */
#ifndef HOTLINE_PPROF_DECODE_H
#define HOTLINE_PPROF_DECODE_H

#include "profiler/collector/proto_in.h"

enum {
    PPROF_MAX_TYPES = 32,
    PPROF_MAX_LINES = 256,          /* of a location: SYMBOL_MAX_FRAMES is 32 */
    PPROF_MAX_STACK = 16384,        /* frames of a sample: SAMPLE_MAX_DEPTH is 512, of which each may be several */
    PPROF_MAX_LABELS = 64,          /* of a sample: TAG_SET_MAX_TAGS is 8 */
    PPROF_MAX_ITEMS = 8 * 1000 * 1000 /* samples, locations, functions, strings; each */
};

struct key_table;

struct pprof_text {
    const char *bytes;
    size_t count;
};
struct pprof_type {
    struct pprof_text type, unit;
};
struct pprof_mapping {
    uint64_t id, start, limit, offset;
    struct pprof_text file, build_id;
};
struct pprof_line {
    uint32_t function; /* index */
    uint32_t line;
};
struct pprof_location {
    uint64_t id, address;
    uint32_t mapping;           /* index, UINT32_MAX: none */
    uint32_t first, line_count; /* in `lines`, innermost first */
};
struct pprof_function {
    uint64_t id;
    struct pprof_text name, file;
    uint32_t line;
};
struct pprof_label {
    struct pprof_text key, text; /* text.count 0: `number` */
    int64_t number;
};

struct pprof_file {
    struct pprof_text *strings;
    struct pprof_type types[PPROF_MAX_TYPES];
    struct proto_in *samples;
    struct proto_in *notes;
    struct pprof_mapping *mappings;
    struct pprof_location *locations;
    struct pprof_function *functions;
    struct pprof_line *lines;
    uint32_t string_count, type_count, sample_count, note_count, mapping_count, location_count, function_count, line_count;
    int64_t time_ns, duration_ns, period;
    struct pprof_type period_type;
    struct pprof_text default_type;
    struct key_table *location_ids; /* uint64_t */
};

/* One sample; arrays are reused by the next. */
struct pprof_sample {
    uint32_t *locations; /* indexes, leaf first */
    uint32_t location_count;
    int64_t values[PPROF_MAX_TYPES];
    struct pprof_label labels[PPROF_MAX_LABELS];
    uint32_t label_count;
};

/* bytes: must outlive the result.   ret: pprof_decode_destroy() it; NULL: *ret_why says what is wrong, in words that follow "it". */
struct pprof_file *pprof_decode_create(const uint8_t *bytes, size_t count, const char **ret_why);
void pprof_decode_destroy(struct pprof_file *file);

/* NULL, or what is wrong. sample->locations has room for PPROF_MAX_STACK. */
const char *pprof_decode_sample(const struct pprof_file *file, uint32_t index, struct pprof_sample *sample);

bool pprof_decode_is(struct pprof_text text, const char *word);

#endif
