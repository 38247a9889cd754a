/* .debug_aranges -> the code of each compilation unit, by the unit's offset in .debug_info: one short table instead of the first entry of
 * every unit, whose attributes cost fifteen times as much to read (2,000 units of libc). Not every compiler writes it, nor for every unit,
 * and the file is not trusted: what is not in it has to be asked of the units. */
#ifndef HOTLINE_UNIT_EXTENTS_H
#define HOTLINE_UNIT_EXTENTS_H

#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdw.h>

struct unit_extent {
    uint64_t unit, low, high; /* [low, high), not empty */
};

struct unit_extents {
    struct unit_extent *all; /* sorted by unit */
    size_t count, capacity;
};

/* Nothing, when the section is missing or crooked; at most `most` extents. */
void unit_extents_init(struct unit_extents *extents, Dwarf *dwarf, size_t most);
void unit_extents_deinit(struct unit_extents *extents);

/* Those of the unit at `offset`: ret of them, from *ret_first on. */
size_t unit_extents_find(const struct unit_extents *extents, uint64_t offset, const struct unit_extent **ret_first);

#endif
