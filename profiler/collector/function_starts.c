/* .eh_frame -> a sorted array. The reader is that of the unwind tables; no rows are made here. */
#include "profiler/collector/function_starts.h"

#include <stdlib.h>

#include "profiler/collector/cfi_reader.h"
#include "profiler/collector/require_memory.h"

static int by_begin(const void *left, const void *right)
{
    const struct function_extent *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

void function_starts_init(struct function_starts *starts, const struct symbol_file *file)
{
    GElf_Shdr header;
    Elf_Scn *section;
    struct cfi_fde function;
    *starts = (struct function_starts){0};
    if (!symbol_file_section(file, ".eh_frame", &header, &section) || header.sh_type == SHT_NOBITS)
        return;
    const Elf_Data *data = elf_rawdata(section, NULL);
    if (!data || !data->d_buf)
        return;
    struct cfi_reader reader = {.section = {.bytes = data->d_buf, .length = data->d_size, .address = header.sh_addr}};
    while (cfi_reader_next(&reader, &function)) {
        if (!symbol_file_is_code(file, function.begin, function.end))
            continue;
        starts->extents = require_room(starts->extents, &starts->capacity, starts->count + 1, sizeof starts->extents[0]);
        starts->extents[starts->count++] = (struct function_extent){function.begin, function.end};
    }
    if (starts->count)
        qsort(starts->extents, starts->count, sizeof starts->extents[0], by_begin);
}

void function_starts_deinit(struct function_starts *starts)
{
    free(starts->extents);
    *starts = (struct function_starts){0};
}

/* How many functions begin at or before `address`. */
static size_t starts_until(const struct function_starts *starts, uint64_t address)
{
    size_t low = 0, high = starts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (starts->extents[middle].begin <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool function_starts_find(const struct function_starts *starts, uint64_t address, uint64_t *ret_begin)
{
    size_t until = starts_until(starts, address);
    if (until == 0 || address >= starts->extents[until - 1].end)
        return false;
    *ret_begin = starts->extents[until - 1].begin;
    return true;
}

bool function_starts_gap(const struct function_starts *starts, uint64_t address, uint64_t *begin, uint64_t *end)
{
    size_t until = starts_until(starts, address);
    if (starts->count == 0 || (until > 0 && address < starts->extents[until - 1].end))
        return false;
    if (until > 0 && starts->extents[until - 1].end > *begin)
        *begin = starts->extents[until - 1].end;
    if (until < starts->count && starts->extents[until].begin < *end)
        *end = starts->extents[until].begin;
    return true;
}
