/* Attributes of a debug info entry that libdw 0.188 hands out unchecked: a text that stands in the entry itself (DW_FORM_string) may begin at
 * the end of the section, or have no end; one of DW_FORM_strx may begin at the end of .debug_str; asking for a split unit opens whatever
 * file the entry names, and waits for it when it is a pipe. */
#ifndef HOTLINE_DIE_READ_H
#define HOTLINE_DIE_READ_H

#include <stdbool.h>

#include <elfutils/libdw.h>

/* NULL: the entry has no such text, or it is not all in its section. */
const char *die_read_text(Dwarf_Die *die, unsigned attribute);

/* Whether the entry has the attribute and it is no such text: what libdw must not be let near. */
bool die_has_bad_text(Dwarf_Die *die, unsigned attribute);

/* The entry that the attribute refers to. */
bool die_follow(Dwarf_Die *die, unsigned attribute, Dwarf_Die *ret);

/* Whether the file that a skeleton unit names is there, and no device or pipe. */
bool die_split_is_file(Dwarf_Die *skeleton);

#endif
