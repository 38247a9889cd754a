/* ELF headers -> parts of the image, each checked to lie inside it. Section headers are optional: the vDSO and stripped files may lack them. */
#include "profiler/collector/elf_image.h"

#include <string.h>

#if defined(__x86_64__)
enum { OWN_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { OWN_MACHINE = EM_AARCH64 };
#else
enum { OWN_MACHINE = EM_NONE };
#endif

bool elf_image_open(const struct module_image *image, struct elf_image *ret, const char **ret_why)
{
    Elf64_Ehdr header;
    if (image->length < sizeof header || memcmp(image->bytes, ELFMAG, SELFMAG) != 0) {
        *ret_why = "not an ELF file";
        return false;
    }
    memcpy(&header, image->bytes, sizeof header);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != OWN_MACHINE) {
        *ret_why = "made for another kind of machine";
        return false;
    }
    if ((header.e_type != ET_DYN && header.e_type != ET_EXEC) || header.e_phentsize != sizeof(Elf64_Phdr)) {
        *ret_why = "neither program nor library";
        return false;
    }
    *ret = (struct elf_image){image->bytes, image->length, header};
    return true;
}

static bool inside(const struct elf_image *image, uint64_t offset, uint64_t size)
{
    return offset <= image->length && size <= image->length - offset;
}

bool elf_image_segment(const struct elf_image *image, unsigned i, Elf64_Phdr *ret)
{
    uint64_t offset = (uint64_t)i * sizeof(Elf64_Phdr);
    Elf64_Phdr segment;
    if (i >= image->header.e_phnum || !inside(image, image->header.e_phoff, offset + sizeof segment))
        return false;
    memcpy(&segment, image->bytes + image->header.e_phoff + offset, sizeof segment);
    if (!inside(image, segment.p_offset, segment.p_filesz) || segment.p_vaddr > UINT64_MAX - segment.p_filesz)
        return false;
    *ret = segment;
    return true;
}

bool elf_image_at(const struct elf_image *image, uint64_t address, struct elf_part *ret)
{
    Elf64_Phdr segment;
    for (unsigned i = 0; i < image->header.e_phnum; i++) {
        if (!elf_image_segment(image, i, &segment) || segment.p_type != PT_LOAD || address < segment.p_vaddr ||
            address - segment.p_vaddr >= segment.p_filesz)
            continue;
        uint64_t skip = address - segment.p_vaddr;
        *ret = (struct elf_part){image->bytes + segment.p_offset + skip, segment.p_filesz - skip, address};
        return true;
    }
    return false;
}

static bool section_header(const struct elf_image *image, unsigned i, Elf64_Shdr *ret)
{
    uint64_t offset = (uint64_t)i * sizeof(Elf64_Shdr);
    if (i >= image->header.e_shnum || image->header.e_shentsize != sizeof(Elf64_Shdr) ||
        !inside(image, image->header.e_shoff, offset + sizeof *ret))
        return false;
    memcpy(ret, image->bytes + image->header.e_shoff + offset, sizeof *ret);
    return ret->sh_type != SHT_NOBITS && inside(image, ret->sh_offset, ret->sh_size);
}

bool elf_image_section(const struct elf_image *image, const char *name, struct elf_part *ret)
{
    Elf64_Shdr names, section;
    size_t name_bytes = strlen(name) + 1;
    if (!section_header(image, image->header.e_shstrndx, &names))
        return false;
    for (unsigned i = 1; i < image->header.e_shnum; i++) {
        if (!section_header(image, i, &section) || section.sh_name >= names.sh_size || names.sh_size - section.sh_name < name_bytes ||
            memcmp(image->bytes + names.sh_offset + section.sh_name, name, name_bytes) != 0)
            continue;
        if (section.sh_addr > UINT64_MAX - section.sh_size)
            return false;
        *ret = (struct elf_part){image->bytes + section.sh_offset, section.sh_size, section.sh_addr};
        return true;
    }
    return false;
}
