/* See build_id.h. The file may be anything: every offset is checked against its length. */
#include "profiler/collector/build_id.h"

#include <elf.h>
#include <string.h>

static bool read_at(const struct module_image *image, uint64_t at, void *ret, uint64_t bytes)
{
    if (at > image->length || bytes > image->length - at) {
        return false;
    }
    memcpy(ret, image->bytes + at, bytes);
    return true;
}

static unsigned search_notes(const struct module_image *image, uint64_t at, uint64_t length, uint8_t ret[20])
{
    Elf64_Nhdr note;
    while (length >= sizeof note && read_at(image, at, &note, sizeof note)) {
        uint64_t name_bytes = (note.n_namesz + UINT64_C(3)) & ~UINT64_C(3);
        uint64_t text_bytes = (note.n_descsz + UINT64_C(3)) & ~UINT64_C(3);
        uint64_t total = sizeof note + name_bytes + text_bytes;
        if (total > length) {
            return 0;
        }
        char name[4];
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz <= 20 &&
            read_at(image, at + sizeof note, name, 4) && memcmp(name, "GNU", 4) == 0 &&
            read_at(image, at + sizeof note + name_bytes, ret, note.n_descsz)) {
            return note.n_descsz;
        }
        at += total;
        length -= total;
    }
    return 0;
}

unsigned build_id_of_image(const struct module_image *image, uint8_t ret[20])
{
    Elf64_Ehdr header;
    if (!read_at(image, 0, &header, sizeof header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64) {
        return 0;
    }
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        if (!read_at(image, header.e_phoff + i * (uint64_t)sizeof segment, &segment, sizeof segment)) {
            return 0;
        }
        unsigned found = segment.p_type == PT_NOTE ? search_notes(image, segment.p_offset, segment.p_filesz, ret) : 0;
        if (found) {
            return found;
        }
    }
    return 0;
}
