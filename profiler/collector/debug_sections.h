/* What libdw is going to read of an ELF file, made ready for it: compressed debug sections expanded, and those that only debuggers need
 * left out. libdw would expand every one of them, with zlib: 38 ms for libc's debug file, more than all the rest of its symbolization;
 * this takes 10. */
#ifndef HOTLINE_DEBUG_SECTIONS_H
#define HOTLINE_DEBUG_SECTIONS_H

#include <libelf.h>
#include <stddef.h>
#include <stdint.h>

struct debug_sections {
    uint8_t **expanded; /* owned: what `elf`'s sections now point to */
    size_t count, capacity;
};

/* Change `elf` in memory (it must have been opened privately). What cannot be expanded is left to libdw as it is. */
void debug_sections_init(struct debug_sections *sections, Elf *elf);

/* After elf_end(). */
void debug_sections_deinit(struct debug_sections *sections);

#endif
