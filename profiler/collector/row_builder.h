/* Call frame states of rising code ranges -> the rows and extras of an unwind table. */
#ifndef HOTLINE_ROW_BUILDER_H
#define HOTLINE_ROW_BUILDER_H

#include "profiler/collector/cfi_program.h"

struct row_builder {
    struct unwind_row *rows;
    struct unwind_extra *extras;
    size_t row_count, row_space, extra_count, extra_space;
    uint64_t told; /* code below this address has its rows */
    struct table_statistics statistics;
    bool out_of_memory;
};

void row_builder_init(struct row_builder *builder);
void row_builder_deinit(struct row_builder *builder);

/* [begin, end) is like that. What lies below `told` is left as it is: where functions overlap, the first one wins. */
void row_builder_state(struct row_builder *builder, uint64_t begin, uint64_t end, const struct cfi_state *state, bool signal_frame);
void row_builder_kind(struct row_builder *builder, uint64_t begin, uint64_t end, enum unwind_kind kind);

#endif
