/* [S] A table blob, checked once, and the search in it: the line of 256 bytes of code, then a few comparisons.
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
    if (header.magic != UNWIND_TABLE_MAGIC || total > bytes || header.line_count == 0)
        return false;
    if (!fits(header.lines, header.line_count, sizeof(struct unwind_line), total) ||
        !fits(header.more, header.more_count, sizeof(struct unwind_row), total) ||
        !fits(header.extras, header.extra_count, sizeof(struct unwind_extra), total))
        return false;
    const uint8_t *start = blob;
    ret->lines = (const void *)(start + header.lines);
    ret->more = (const void *)(start + header.more);
    ret->extras = (const void *)(start + header.extras);
    ret->line_count = header.line_count;
    ret->more_count = header.more_count;
    ret->extra_count = header.extra_count;
    ret->first_pc = header.first_pc;
    ret->code_first = header.code_first;
    ret->code_last = header.code_last;
    return true;
}

/* The last of the `count` rows from `first` on that begins at or before `pc`. */
static bool find_more(const struct unwind_table *table, uint32_t first, uint32_t count, uint32_t pc, struct unwind_row *ret)
{
    if (first >= table->more_count || count > table->more_count - first)
        return false;
    uint32_t low = first, high = first + count;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        if (table->more[middle].pc <= pc)
            low = middle;
        else
            high = middle;
    }
    *ret = table->more[low];
    return true;
}

bool unwind_table_find(const struct unwind_table *table, uint32_t pc, struct unwind_row *ret)
{
    uint32_t number = (pc - table->first_pc) >> UNWIND_LINE_BITS;
    if (pc < table->first_pc || number >= table->line_count)
        return false;
    const struct unwind_line *line = &table->lines[number];
    uint32_t count = __atomic_load_n(&line->count, __ATOMIC_RELAXED);
    if (count > UNWIND_LINE_ROWS)
        return find_more(table, __atomic_load_n(&line->first_more, __ATOMIC_RELAXED), count, pc, ret) && ret->kind != UNWIND_NONE;
    uint32_t offset = pc & ((1u << UNWIND_LINE_BITS) - 1), row = 0;
    while (row + 1 < count && line->begins[row + 1] <= offset)
        row++;
    ret->pc = pc - offset + line->begins[row];
    memcpy((uint8_t *)ret + sizeof ret->pc, &line->rows[row], sizeof *ret - sizeof ret->pc);
    return count > 0 && ret->kind != UNWIND_NONE;
}
