/* See debug_sections.h. libdeflate expands three times as fast as zlib, because it is given whole buffers. */
#include "profiler/collector/debug_sections.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gelf.h>
#include <libdeflate.h>

#include "profiler/collector/require_memory.h"

enum {
    DEFLATE_RATIO_MAX = 1032, /* no stream expands more than so many times: a larger size in a header is a lie */
    PLAUSIBLE_RATIO = 16,     /* debug info expands 2 to 8 times */
    HEADER_BYTES = sizeof(Elf64_Chdr),
    MADV_POPULATE_WRITE_ = 23, /* since Linux 5.14, which glibc 2.31 does not name; an older kernel refuses it */
};

/* Where variables are, macros, and indexes of names. */
static bool is_unneeded(const char *name)
{
    static const char *const names[] = {".debug_loc",      ".debug_loclists", ".debug_macinfo",      ".debug_macro",
                                        ".debug_pubnames", ".debug_pubtypes", ".debug_gnu_pubnames", ".debug_gnu_pubtypes", ".debug_frame"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static void leave_out(Elf_Scn *section, GElf_Shdr *header)
{
    header->sh_type = SHT_NOBITS;
    header->sh_flags &= ~(GElf_Xword)SHF_COMPRESSED;
    gelf_update_shdr(section, header);
}

/* Memory for so many bytes, which will all be written where the header tells the truth: had at once then, and in huge pages where they are to
 * be had. One page fault per 4 KiB took a third as long as the expansion. A size beyond what debug info packs to is not believed before it is
 * seen: its pages come as they are written. */
static uint8_t *make_room(size_t bytes, size_t packed_bytes)
{
    static const size_t HUGE_PAGE_BYTES = 2 << 20;
    size_t alignment = bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *room = require_aligned(alignment, bytes);
    if (bytes / PLAUSIBLE_RATIO > packed_bytes)
        return room;
    if (bytes >= HUGE_PAGE_BYTES)
        (void)madvise(room, bytes / HUGE_PAGE_BYTES * HUGE_PAGE_BYTES, MADV_HUGEPAGE);
    (void)madvise(room, bytes, MADV_POPULATE_WRITE_);
    return room;
}

/* The section's bytes expanded, in memory of their own. NULL: not by this. */
static uint8_t *expand(struct libdeflate_decompressor *decompressor, Elf_Scn *section, const Elf_Data *packed, GElf_Chdr *ret_header)
{
    if (!packed || !packed->d_buf || packed->d_size <= HEADER_BYTES || !gelf_getchdr(section, ret_header) ||
        ret_header->ch_type != ELFCOMPRESS_ZLIB || ret_header->ch_size == 0 || ret_header->ch_size / DEFLATE_RATIO_MAX > packed->d_size)
        return NULL;
    uint8_t *bytes = make_room(ret_header->ch_size, packed->d_size);
    if (libdeflate_zlib_decompress(decompressor, (const uint8_t *)packed->d_buf + HEADER_BYTES, packed->d_size - HEADER_BYTES, bytes,
                                   ret_header->ch_size, NULL) == LIBDEFLATE_SUCCESS)
        return bytes;
    free(bytes);
    return NULL;
}

/* libelf holds what was compressed until the end, 3 MB of libc's debug file; nobody reads it again: give its pages back. */
static void give_back(const Elf_Data *packed)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = ((uintptr_t)packed->d_buf + page - 1) / page * page;
    uintptr_t last = ((uintptr_t)packed->d_buf + packed->d_size) / page * page;
    if (first < last)
        (void)madvise((void *)first, last - first, MADV_DONTNEED); // NOLINT(performance-no-int-to-ptr)
}

/* libelf keeps two views of a section, of which libdw 0.188 reads the second one. */
static void replace(Elf_Data *data, uint8_t *bytes, const GElf_Chdr *compressed)
{
    if (data) {
        data->d_buf = bytes;
        data->d_size = compressed->ch_size;
        data->d_align = compressed->ch_addralign;
    }
}

static void expand_section(struct debug_sections *sections, struct libdeflate_decompressor *decompressor, Elf_Scn *section,
                           GElf_Shdr *header)
{
    GElf_Chdr compressed;
    Elf_Data *data = elf_rawdata(section, NULL);
    uint8_t *bytes = expand(decompressor, section, data, &compressed);
    if (!bytes)
        return;
    sections->expanded = require_room(sections->expanded, &sections->capacity, sections->count + 1, sizeof sections->expanded[0]);
    sections->expanded[sections->count++] = bytes;
    give_back(data);
    replace(data, bytes, &compressed);
    replace(elf_getdata(section, NULL), bytes, &compressed);
    header->sh_flags &= ~(GElf_Xword)SHF_COMPRESSED;
    header->sh_size = compressed.ch_size;
    header->sh_addralign = compressed.ch_addralign;
    gelf_update_shdr(section, header);
}

void debug_sections_init(struct debug_sections *sections, Elf *elf)
{
    size_t names = 0;
    *sections = (struct debug_sections){0};
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (!decompressor || gelf_getclass(elf) != ELFCLASS64 || elf_getshdrstrndx(elf, &names) != 0) {
        libdeflate_free_decompressor(decompressor);
        return;
    }
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (!name || header.sh_type == SHT_NOBITS || strncmp(name, ".debug_", 7) != 0)
            continue;
        if (is_unneeded(name))
            leave_out(section, &header);
        else if (header.sh_flags & SHF_COMPRESSED)
            expand_section(sections, decompressor, section, &header);
    }
    libdeflate_free_decompressor(decompressor);
}

void debug_sections_deinit(struct debug_sections *sections)
{
    for (size_t i = 0; i < sections->count; i++)
        free(sections->expanded[i]);
    free(sections->expanded);
    *sections = (struct debug_sections){0};
}
