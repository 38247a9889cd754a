/* See unit_extents.h. A set per unit: length, version, the unit's offset, sizes; then pairs of address and length, ended by two zeros. */
#include "profiler/collector/unit_extents.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <gelf.h>

#include "profiler/collector/dwarf_cursor.h"
#include "profiler/collector/require_memory.h"

enum { VERSION = 2, ADDRESS_BYTES = 8, PAIR_BYTES = 2 * ADDRESS_BYTES };
static const uint32_t LONG_FORMAT = UINT32_MAX;

static struct dwarf_cursor section_of(Elf *elf)
{
    size_t names = 0;
    if (elf && elf_getshdrstrndx(elf, &names) == 0) {
        for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
            GElf_Shdr header;
            const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
            if (!name || strcmp(name, ".debug_aranges") != 0 || header.sh_type == SHT_NOBITS || (header.sh_flags & SHF_COMPRESSED))
                continue;
            const Elf_Data *data = elf_rawdata(section, NULL);
            if (data && data->d_buf)
                return dwarf_cursor_over(data->d_buf, data->d_size);
        }
    }
    return dwarf_cursor_over((const uint8_t *)"", 0);
}

static void add(struct unit_extents *extents, uint64_t unit, uint64_t low, uint64_t bytes)
{
    if (bytes == 0 || low + bytes < low)
        return;
    extents->all = require_room(extents->all, &extents->capacity, extents->count + 1, sizeof extents->all[0]);
    extents->all[extents->count++] = (struct unit_extent){unit, low, low + bytes};
}

/* false: nothing behind it can be trusted either. */
static bool read_set(struct unit_extents *extents, struct dwarf_cursor *section, size_t most)
{
    const uint8_t *start = section->pos;
    uint64_t length = dwarf_read_u32(section);
    bool is_long = length == LONG_FORMAT;
    if (is_long)
        length = dwarf_read_u64(section);
    const uint8_t *bytes = dwarf_cursor_take(section, length);
    if (!bytes)
        return false;
    struct dwarf_cursor set = dwarf_cursor_over(bytes, length);
    uint16_t version = dwarf_read_u16(&set);
    uint64_t unit = is_long ? dwarf_read_u64(&set) : dwarf_read_u32(&set);
    uint8_t address_bytes = dwarf_read_u8(&set), segment_bytes = dwarf_read_u8(&set);
    size_t head = (size_t)(set.pos - start);
    (void)dwarf_cursor_take(&set, (PAIR_BYTES - head % PAIR_BYTES) % PAIR_BYTES);
    if (version != VERSION || address_bytes != ADDRESS_BYTES || segment_bytes != 0 || set.failed)
        return !set.failed; /* of another kind: the unit will be asked */
    while (extents->count < most) {
        uint64_t low = dwarf_read_u64(&set), size = dwarf_read_u64(&set);
        if (set.failed || (low == 0 && size == 0))
            break;
        add(extents, unit, low, size);
    }
    return extents->count < most;
}

static int compare_units(const void *a, const void *b)
{
    const struct unit_extent *x = a, *y = b;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    return x->low < y->low ? -1 : x->low > y->low;
}

void unit_extents_init(struct unit_extents *extents, Dwarf *dwarf, size_t most)
{
    *extents = (struct unit_extents){0};
    struct dwarf_cursor section = section_of(dwarf_getelf(dwarf));
    while (dwarf_cursor_left(&section) > 0 && read_set(extents, &section, most)) {
    }
    if (extents->count)
        qsort(extents->all, extents->count, sizeof extents->all[0], compare_units);
}

void unit_extents_deinit(struct unit_extents *extents)
{
    free(extents->all);
    *extents = (struct unit_extents){0};
}

size_t unit_extents_find(const struct unit_extents *extents, uint64_t offset, const struct unit_extent **ret_first)
{
    size_t low = 0, high = extents->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (extents->all[middle].unit < offset)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_first = extents->count ? &extents->all[low] : NULL;
    size_t end = low;
    while (end < extents->count && extents->all[end].unit == offset)
        end++;
    return end - low;
}
