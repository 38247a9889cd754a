/* Columns of numbers and texts -> the bytes that assets/data.js reads them from.
 *
 * First the columns, one behind the other, each in planes: the low byte of every number, then the next byte of every number, and so on, as many
 * as the largest number needs. Then JSON: the texts, and under "columns" the list [name, kind, count, planes] of what came before. Last the
 * JSON's length in 4 bytes, the low one first.
 *
 * Why planes: of most numbers the upper bytes are all alike, and a deflated plane takes no more than the information in it; half a million
 * cells are two thirds of their JSON, at a fifth of the time, and a typed array of them is a copy. */
#ifndef HOTLINE_REPORT_COLUMNS_H
#define HOTLINE_REPORT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/collector/packed_out.h"
#include "profiler/collector/text_out.h"

enum column_kind {
    COLUMN_NUMBERS,
    COLUMN_IDS,   /* PROFILE_NONE is in them as 0, others as one more than they are */
    COLUMN_RISES, /* the difference to the number before, which is not larger */
};

struct report_columns {
    struct packed_out *packed;
    struct text_out directory; /* JSON of the list */
    uint64_t *numbers;
    size_t capacity;
    bool failed;
};

/* ret->failed: out of memory. */
void report_columns_init(struct report_columns *ret, struct packed_out *packed);
void report_columns_deinit(struct report_columns *columns);

/* Where the `count` numbers of the next column go; NULL: out of memory. */
uint64_t *report_columns_begin(struct report_columns *columns, uint32_t count);
/* Put them, under their name. COLUMN_IDS: they are uint32_t. */
void report_columns_end(struct report_columns *columns, const char *name, enum column_kind kind, uint32_t count);

/* A column: `value` for each i below `count`. */
#define REPORT_COLUMN(columns, name, kind, count, value)                                                                                  \
    do {                                                                                                                                  \
        uint32_t column_count = (count);                                                                                                  \
        uint64_t *column_numbers = report_columns_begin(columns, column_count);                                                           \
        for (uint32_t i = 0; column_numbers && i < column_count; i++) {                                                                   \
            column_numbers[i] = (uint64_t)(value);                                                                                        \
        }                                                                                                                                 \
        report_columns_end(columns, name, kind, column_count);                                                                            \
    } while (0)

/* A column of bytes, put with report_columns_bytes() piece by piece; the pieces have `count` bytes together. */
void report_columns_announce(struct report_columns *columns, const char *name, uint32_t count);
void report_columns_bytes(struct report_columns *columns, const void *bytes, size_t count);

/* The texts: `texts` puts its members of a JSON object, each with a comma behind it. */
void report_columns_texts(struct report_columns *columns, void (*texts)(struct text_out *out, const void *context), const void *context);

#endif
