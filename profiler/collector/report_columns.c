/* See report_columns.h. */
#include "profiler/collector/report_columns.h"

#include <stdlib.h>

#include "profiler/collector/profile.h"

void report_columns_init(struct report_columns *ret, struct packed_out *packed)
{
    *ret = (struct report_columns){.packed = packed, .failed = !packed};
    text_out_init(&ret->directory, NULL, NULL);
}

void report_columns_deinit(struct report_columns *columns)
{
    text_out_deinit(&columns->directory);
    free(columns->numbers);
}

uint64_t *report_columns_begin(struct report_columns *columns, uint32_t count)
{
    if (columns->failed || count <= columns->capacity) {
        return columns->failed ? NULL : columns->numbers;
    }
    free(columns->numbers);
    columns->numbers = malloc(count * sizeof *columns->numbers);
    columns->capacity = columns->numbers ? count : 0;
    columns->failed = !columns->numbers;
    return columns->numbers;
}

static void list_column(struct report_columns *columns, const char *name, enum column_kind kind, uint32_t count, unsigned planes)
{
    text_out_string(&columns->directory, columns->directory.count > 0 ? ",[" : "[");
    text_out_json(&columns->directory, name);
    text_out_format(&columns->directory, ",%d,%u,%u]", (int)kind, count, planes);
}

static void put_plane(struct report_columns *columns, uint32_t count, unsigned shift)
{
    unsigned char bytes[4096];
    for (uint32_t i = 0; i < count;) {
        size_t filled = 0;
        for (; filled < sizeof bytes && i < count; filled++, i++) {
            bytes[filled] = (unsigned char)(columns->numbers[i] >> shift);
        }
        report_columns_bytes(columns, bytes, filled);
    }
}

void report_columns_end(struct report_columns *columns, const char *name, enum column_kind kind, uint32_t count)
{
    if (columns->failed) {
        return;
    }
    uint64_t all = 0;
    for (uint32_t i = count; i-- > 0;) { /* backwards: a number's predecessor is still itself */
        uint64_t *number = &columns->numbers[i];
        *number = kind == COLUMN_IDS ? (uint32_t)(*number + 1) : kind == COLUMN_RISES && i > 0 ? *number - columns->numbers[i - 1] : *number;
        all |= *number;
    }
    unsigned planes = 1;
    while (planes < sizeof all && all >> (8 * planes) > 0) {
        planes++;
    }
    list_column(columns, name, kind, count, planes);
    for (unsigned plane = 0; plane < planes; plane++) {
        put_plane(columns, count, 8 * plane);
    }
}

void report_columns_announce(struct report_columns *columns, const char *name, uint32_t count)
{
    list_column(columns, name, COLUMN_NUMBERS, count, 1);
}

void report_columns_bytes(struct report_columns *columns, const void *bytes, size_t count)
{
    columns->failed = columns->failed || !packed_out_put(columns->packed, bytes, count);
}

/* The JSON's way: counted, packed. */
struct counted {
    struct report_columns *columns;
    size_t bytes;
};

static bool sink(void *context, const char *bytes, size_t count)
{
    struct counted *counted = context;
    counted->bytes += count;
    report_columns_bytes(counted->columns, bytes, count);
    return !counted->columns->failed;
}

void report_columns_texts(struct report_columns *columns, void (*texts)(struct text_out *out, const void *context), const void *context)
{
    struct counted counted = {.columns = columns};
    struct text_out json;
    text_out_init(&json, sink, &counted);
    text_out_char(&json, '{');
    texts(&json, context);
    text_out_string(&json, "\"columns\":[");
    text_out_bytes(&json, columns->directory.bytes, columns->directory.count);
    text_out_string(&json, "]}");
    columns->failed |= columns->directory.failed || !text_out_flush(&json);
    text_out_deinit(&json);
    unsigned char length[4];
    for (unsigned i = 0; i < sizeof length; i++) {
        length[i] = (unsigned char)(counted.bytes >> (8 * i));
    }
    report_columns_bytes(columns, length, sizeof length);
}
