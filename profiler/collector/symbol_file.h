/* One ELF file opened for its symbols: the program or library itself, or the file its debug info was split into.
 *
 * The file may be anybody's: libelf and libdw decode it, and the few reads done here are checked against the program headers. */
#ifndef HOTLINE_SYMBOL_FILE_H
#define HOTLINE_SYMBOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <elfutils/libdw.h>
#include <gelf.h>

#include "profiler/collector/debug_sections.h"

enum {
    SYMBOL_FILE_MAX_SEGMENTS = 32, /* executable ones; linkers make one, sometimes two */
    BUILD_ID_MAX_BYTES = 64,       /* SHA-1 has 20, lld can write 32 */
};

struct code_segment {
    uint64_t address, bytes; /* in memory */
    uint64_t file_offset, file_bytes;
};

struct symbol_file {
    int fd;         /* -1: an image in memory */
    uint8_t *image; /* owned copy of such an image */
    size_t image_bytes;
    Elf *elf;     /* NULL: not open */
    Dwarf *dwarf; /* NULL: none, or not asked for yet */
    struct debug_sections sections; /* set when `dwarf` was asked for */
    bool is_prepared;
    dev_t device;
    ino_t inode;
    uint8_t build_id[BUILD_ID_MAX_BYTES];
    unsigned build_id_bytes;
    struct code_segment code[SYMBOL_FILE_MAX_SEGMENTS];
    unsigned code_count;
};

/* false: *ret_why says what is wrong in a few words ("No such file or directory", "is no ELF file"), static. */
bool symbol_file_open(struct symbol_file *file, const char *path, const char **ret_why);
/* The ELF file in memory at `image`, which came from malloc() and belongs to `file` from now on, also when this fails. */
bool symbol_file_open_image(struct symbol_file *file, uint8_t *image, size_t bytes, const char **ret_why);
/* The vDSO of this process. */
bool symbol_file_open_vdso(struct symbol_file *file, const char **ret_why);
void symbol_file_close(struct symbol_file *file);

/* The file's DWARF, opened at the first call. NULL: it has none with at least one unit. */
Dwarf *symbol_file_dwarf(struct symbol_file *file);

/* `count` bytes of the code at `address` as they are in the file. false when they are not all in one executable segment. */
bool symbol_file_read_code(const struct symbol_file *file, uint64_t address, void *ret, size_t count);

/* Whether [low, high) lies in an executable segment: what linkers leave behind for discarded functions does not. */
bool symbol_file_is_code(const struct symbol_file *file, uint64_t low, uint64_t high);

/* The executable segment that holds `address`. false: none does. */
bool symbol_file_code_around(const struct symbol_file *file, uint64_t address, uint64_t *ret_begin, uint64_t *ret_end);

/* The header of the section called `name`. false: none. */
bool symbol_file_section(const struct symbol_file *file, const char *name, GElf_Shdr *ret_header, Elf_Scn **ret_section);

#endif
