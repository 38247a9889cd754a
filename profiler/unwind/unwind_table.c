/* [S] A table blob, checked once, and the search in it: bucket of 256 bytes of code, then a few halvings.
 * Context: signal handler. The bounds come from the opened struct, never again from the blob, so that a blob which changes under
 * the reader can give a wrong row but never a read outside. */
#include "profiler/unwind/unwind_table.h"

#include <string.h>

/* Do `count` things of `size` bytes at `offset` lie inside `total` bytes? */
static bool fits(uint32_t offset, uint32_t count, size_t size, uint32_t total)
{
    return offset % 4 == 0 && offset <= total && count <= (total - offset) / size;
}

bool unwind_table_open(const void *blob, size_t bytes, struct unwind_table *ret)
{
    struct unwind_table_header header;
    if (bytes < sizeof header || (uintptr_t)blob % 4 != 0)
        return false;
    memcpy(&header, blob, sizeof header);
    uint32_t total = header.total_bytes;
    if (header.magic != UNWIND_TABLE_MAGIC || total > bytes || header.row_count == 0 || header.bucket_count == 0)
        return false;
    if (!fits(header.rows, header.row_count, sizeof(struct unwind_row), total) ||
        !fits(header.extras, header.extra_count, sizeof(struct unwind_extra), total) ||
        !fits(header.buckets, header.bucket_count, sizeof(uint32_t), total))
        return false;
    const uint8_t *start = blob;
    ret->rows = (const void *)(start + header.rows);
    ret->extras = (const void *)(start + header.extras);
    ret->buckets = (const void *)(start + header.buckets);
    ret->row_count = header.row_count;
    ret->extra_count = header.extra_count;
    ret->bucket_count = header.bucket_count;
    ret->first_pc = header.first_pc;
    ret->code_first = header.code_first;
    ret->code_last = header.code_last;
    return true;
}

/* buckets[i] as an index of a row that exists, read once. */
static inline uint32_t bucket_row(const struct unwind_table *table, uint32_t i)
{
    uint32_t row = __atomic_load_n(&table->buckets[i], __ATOMIC_RELAXED);
    return row < table->row_count ? row : table->row_count - 1;
}

const struct unwind_row *unwind_table_find(const struct unwind_table *table, uint32_t pc)
{
    if (pc < table->first_pc)
        return NULL;
    uint32_t bucket = (pc - table->first_pc) >> UNWIND_BUCKET_BITS;
    if (bucket >= table->bucket_count)
        bucket = table->bucket_count - 1;
    uint32_t low = bucket_row(table, bucket);
    uint32_t high = bucket + 1 < table->bucket_count ? bucket_row(table, bucket + 1) + 1 : table->row_count;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table->rows[middle].pc <= pc)
            low = middle;
        else
            high = middle;
    }
    const struct unwind_row *row = &table->rows[low];
    return row->pc <= pc && row->kind != UNWIND_NONE ? row : NULL;
}
