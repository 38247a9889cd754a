/* Opens an ELF file: header checks, build-id, executable segments. Small files are read, so that a file truncated under our hands
 * cannot raise SIGBUS; large ones are mapped, because their pages can be given back. */
#include "profiler/collector/symbol_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>

#include "profiler/collector/require_memory.h"
#include "profiler/collector/open_regular.h"

static const off_t MAP_FROM_BYTES = 64 << 20;
enum { VDSO_MAX_BYTES = 64 * 1024 };

static void note_code_segments(struct symbol_file *file)
{
    size_t headers = 0;
    if (elf_getphdrnum(file->elf, &headers) != 0)
        return;
    for (size_t i = 0; i < headers && file->code_count < SYMBOL_FILE_MAX_SEGMENTS; i++) {
        GElf_Phdr header;
        if (!gelf_getphdr(file->elf, (int)i, &header))
            break;
        if (header.p_type != PT_LOAD || !(header.p_flags & PF_X) || header.p_vaddr + header.p_memsz < header.p_vaddr)
            continue;
        uint64_t in_file = header.p_filesz < header.p_memsz ? header.p_filesz : header.p_memsz;
        file->code[file->code_count++] = (struct code_segment){header.p_vaddr, header.p_memsz, header.p_offset, in_file};
    }
}

static bool note_elf(struct symbol_file *file, const char **ret_why)
{
    GElf_Ehdr header;
    if (!file->elf || elf_kind(file->elf) != ELF_K_ELF || !gelf_getehdr(file->elf, &header) ||
        (header.e_type != ET_EXEC && header.e_type != ET_DYN)) {
        *ret_why = "is no ELF program or library";
        symbol_file_close(file);
        return false;
    }
    const void *build_id = NULL;
    ssize_t bytes = dwelf_elf_gnu_build_id(file->elf, &build_id);
    if (bytes > 0 && bytes <= BUILD_ID_MAX_BYTES) {
        memcpy(file->build_id, build_id, (size_t)bytes);
        file->build_id_bytes = (unsigned)bytes;
    }
    note_code_segments(file);
    return true;
}

bool symbol_file_open(struct symbol_file *file, const char *path, const char **ret_why)
{
    struct stat status;
    *file = (struct symbol_file){.fd = open_regular(path, &status)};
    if (file->fd < 0) {
        *ret_why = errno == EINVAL ? "is no regular file" : strerrordesc_np(errno);
        symbol_file_close(file);
        return false;
    }
    file->device = status.st_dev;
    file->inode = status.st_ino;
    elf_version(EV_CURRENT);
    file->elf = elf_begin(file->fd, status.st_size >= MAP_FROM_BYTES ? ELF_C_READ_MMAP_PRIVATE : ELF_C_READ, NULL);
    return note_elf(file, ret_why);
}

bool symbol_file_open_image(struct symbol_file *file, uint8_t *image, size_t bytes, const char **ret_why)
{
    elf_version(EV_CURRENT);
    *file = (struct symbol_file){.fd = -1, .image = image, .image_bytes = bytes, .elf = elf_memory((char *)image, bytes)};
    return note_elf(file, ret_why);
}

bool symbol_file_open_vdso(struct symbol_file *file, const char **ret_why)
{
    *file = (struct symbol_file){.fd = -1};
    const uint8_t *image = (const uint8_t *)getauxval(AT_SYSINFO_EHDR); // NOLINT(performance-no-int-to-ptr)
    Elf64_Ehdr header;
    if (image)
        memcpy(&header, image, sizeof header);
    if (!image || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64) {
        *ret_why = "this system has no vDSO";
        return false;
    }
    /* The section headers are the last thing in it. */
    uint64_t bytes = header.e_shoff + (uint64_t)header.e_shnum * header.e_shentsize;
    if (bytes < sizeof header || bytes > VDSO_MAX_BYTES) {
        *ret_why = "its size is not known";
        return false;
    }
    uint8_t *copy = require_array(bytes, 1);
    memcpy(copy, image, bytes);
    return symbol_file_open_image(file, copy, bytes, ret_why);
}

void symbol_file_close(struct symbol_file *file)
{
    dwarf_end(file->dwarf);
    elf_end(file->elf);
    debug_sections_deinit(&file->sections);
    if (file->fd >= 0)
        close(file->fd);
    free(file->image);
    *file = (struct symbol_file){.fd = -1};
}

/* libdw 0.188 hands out strings that run beyond the end of a string section without a final NUL. */
static bool strings_are_terminated(Elf *elf)
{
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        /* ".zdebug_str", ".debug_str.dwo", ".gnu.debuglto_.debug_str": libdw takes them all. */
        if (!name || !strstr(name, "debug_") || !strstr(name, "str") || strstr(name, "offsets") || header.sh_type == SHT_NOBITS)
            continue;
        if (header.sh_flags & SHF_COMPRESSED)
            elf_compress(section, 0, 0);
        else if (strstr(name, ".zdebug_"))
            elf_compress_gnu(section, 0, 0);
        const Elf_Data *data = elf_rawdata(section, NULL);
        if (data && data->d_size && (!data->d_buf || ((const char *)data->d_buf)[data->d_size - 1] != 0))
            return false;
    }
    return true;
}

Dwarf *symbol_file_dwarf(struct symbol_file *file)
{
    if (file->is_prepared || !file->elf)
        return file->dwarf;
    file->is_prepared = true;
    debug_sections_init(&file->sections, file->elf);
    if (!strings_are_terminated(file->elf))
        return NULL;
    Dwarf *dwarf = dwarf_begin_elf(file->elf, DWARF_C_READ, NULL);
    Dwarf_CU *unit = NULL;
    if (dwarf && dwarf_get_units(dwarf, NULL, &unit, NULL, NULL, NULL, NULL) != 0) {
        dwarf_end(dwarf);
        dwarf = NULL;
    }
    return file->dwarf = dwarf;
}

bool symbol_file_read_code(const struct symbol_file *file, uint64_t address, void *ret, size_t count)
{
    for (unsigned i = 0; i < file->code_count; i++) {
        const struct code_segment *code = &file->code[i];
        uint64_t into = address - code->address;
        if (address < code->address || into > code->file_bytes || count > code->file_bytes - into)
            continue;
        uint64_t offset = code->file_offset + into;
        if (offset < code->file_offset || offset > INT64_MAX)
            return false;
        if (file->fd >= 0)
            return pread(file->fd, ret, count, (off_t)offset) == (ssize_t)count;
        if (offset > file->image_bytes || count > file->image_bytes - offset)
            return false;
        memcpy(ret, file->image + offset, count);
        return true;
    }
    return false;
}

bool symbol_file_is_code(const struct symbol_file *file, uint64_t low, uint64_t high)
{
    for (unsigned i = 0; i < file->code_count; i++) {
        const struct code_segment *code = &file->code[i];
        if (low >= code->address && low < high && high - code->address <= code->bytes)
            return true;
    }
    return false;
}

bool symbol_file_code_around(const struct symbol_file *file, uint64_t address, uint64_t *ret_begin, uint64_t *ret_end)
{
    for (unsigned i = 0; i < file->code_count; i++) {
        const struct code_segment *code = &file->code[i];
        if (address >= code->address && address - code->address < code->bytes && code->address + code->bytes > code->address) {
            *ret_begin = code->address;
            *ret_end = code->address + code->bytes;
            return true;
        }
    }
    return false;
}

bool symbol_file_section(const struct symbol_file *file, const char *name, GElf_Shdr *ret_header, Elf_Scn **ret_section)
{
    size_t names = 0;
    if (elf_getshdrstrndx(file->elf, &names) != 0)
        return false;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section)) != NULL;) {
        GElf_Shdr header;
        const char *found = gelf_getshdr(section, &header) ? elf_strptr(file->elf, names, header.sh_name) : NULL;
        if (found && strcmp(found, name) == 0) {
            *ret_header = header;
            *ret_section = section;
            return true;
        }
    }
    return false;
}
