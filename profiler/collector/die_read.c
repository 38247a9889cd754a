/* libdw keeps the bounds of its sections to itself: they are asked of libelf, which holds the same bytes. */
#include "profiler/collector/die_read.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <dwarf.h>
#include <gelf.h>

enum { PATH_BYTES = 4096 };

/* Does the text at `text`, which stands among the entries, end in their section? Units may claim to be longer than that is. */
static bool ends_in_section(Dwarf_Die *die, const char *text)
{
    Elf *elf = dwarf_getelf(dwarf_cu_getdwarf(die->cu));
    size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0)
        return false;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
        GElf_Shdr header;
        const char *name = gelf_getshdr(section, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;
        if (!name || (!strstr(name, "debug_info") && !strstr(name, "debug_types")))
            continue;
        const Elf_Data *data = elf_rawdata(section, NULL);
        uintptr_t first = data ? (uintptr_t)data->d_buf : 0, at = (uintptr_t)text;
        if (first && at >= first && at - first < data->d_size)
            return memchr(text, 0, data->d_size - (at - first)) != NULL;
    }
    return false;
}

/* Does the text at `text` begin inside .debug_str? That ends with a NUL: symbol_file.c sees to it. */
static bool begins_in_strings(Dwarf_Die *die, const char *text)
{
    size_t length;
    Dwarf *dwarf = dwarf_cu_getdwarf(die->cu);
    const char *first = dwarf_getstring(dwarf, 0, &length);
    return first && text >= first && dwarf_getstring(dwarf, (Dwarf_Off)(text - first), &length) == text;
}

const char *die_read_text(Dwarf_Die *die, unsigned attribute)
{
    Dwarf_Attribute value;
    const char *text = dwarf_attr(die, attribute, &value) ? dwarf_formstring(&value) : NULL;
    if (!text)
        return NULL;
    switch (dwarf_whatform(&value)) {
    case DW_FORM_string:
        return ends_in_section(die, text) ? text : NULL;
    case DW_FORM_strx:
    case DW_FORM_strx1:
    case DW_FORM_strx2:
    case DW_FORM_strx3:
    case DW_FORM_strx4:
    case DW_FORM_GNU_str_index:
        return begins_in_strings(die, text) ? text : NULL;
    default:
        return text;
    }
}

bool die_has_bad_text(Dwarf_Die *die, unsigned attribute)
{
    return dwarf_hasattr(die, attribute) && !die_read_text(die, attribute);
}

bool die_follow(Dwarf_Die *die, unsigned attribute, Dwarf_Die *ret)
{
    Dwarf_Attribute value;
    return dwarf_attr(die, attribute, &value) && dwarf_formref_die(&value, ret);
}

bool die_split_is_file(Dwarf_Die *skeleton)
{
    const char *name = die_read_text(skeleton, DW_AT_dwo_name), *directory = die_read_text(skeleton, DW_AT_comp_dir);
    if (!name)
        name = die_read_text(skeleton, DW_AT_GNU_dwo_name);
    char path[PATH_BYTES];
    struct stat status;
    if (!name || die_has_bad_text(skeleton, DW_AT_comp_dir))
        return false;
    int bytes = *name == '/' || !directory ? snprintf(path, sizeof path, "%s", name) : snprintf(path, sizeof path, "%s/%s", directory, name);
    return bytes > 0 && bytes < PATH_BYTES && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}
