/* What report_data.c (columns) and report_data_texts.c share. */
#ifndef HOTLINE_REPORT_DATA_PARTS_H
#define HOTLINE_REPORT_DATA_PARTS_H

#include "profiler/collector/report_columns.h"
#include "profiler/collector/report_data.h"

/* What the columns and the texts are made of. */
struct report_data {
    const struct summary *summary;
    const struct profile *profile;
    const struct report_sources *sources;
    const char **paths; /* of files and functions: each once, sorted */
    uint32_t path_count;
};

/* The cells of one metric. */
struct cell_list {
    const struct profile_cell *cells;
    uint32_t count, node_count;
};

static inline struct cell_list report_data_cpu(const struct profile *profile)
{
    return (struct cell_list){profile->cells, profile->cell_count, profile->node_count};
}

static inline struct cell_list report_data_waits(const struct profile *profile)
{
    return (struct cell_list){profile->wait_cells, profile->wait_cell_count, profile->node_count};
}

/* Weights are multiples of the sampling period: the greatest common divisor makes small numbers of them. */
static inline uint64_t report_data_unit(const struct cell_list *list)
{
    uint64_t unit = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        uint64_t other = list->cells[i].cpu_ns;
        while (other > 0) {
            uint64_t rest = unit % other;
            unit = other;
            other = rest;
        }
    }
    return unit > 0 ? unit : 1;
}

/* Members of the JSON object, each with a comma behind it. context: struct report_data. */
void report_data_put_texts(struct text_out *out, const void *context);

#endif
