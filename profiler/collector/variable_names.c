/* See variable_names.h. */
#include "profiler/collector/variable_names.h"

#include <stdio.h>

#include "profiler/collector/demangle.h"

static const char *find_in(const struct symbol_file *file, Elf_Scn *section, uint64_t address, uint64_t *ret_offset)
{
    GElf_Shdr header;
    Elf_Data *data = gelf_getshdr(section, &header) && (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)
                         ? elf_getdata(section, NULL)
                         : NULL;
    size_t count = data && header.sh_entsize ? data->d_size / gelf_fsize(file->elf, ELF_T_SYM, 1, EV_CURRENT) : 0;
    for (size_t i = 1; i < count && i <= INT32_MAX; i++) {
        GElf_Sym symbol;
        if (gelf_getsym(data, (int)i, &symbol) && GELF_ST_TYPE(symbol.st_info) == STT_OBJECT &&
            symbol.st_shndx != SHN_UNDEF && address >= symbol.st_value && address - symbol.st_value < symbol.st_size) {
            const char *name = elf_strptr(file->elf, header.sh_link, symbol.st_name);
            if (name && *name) {
                *ret_offset = address - symbol.st_value;
                return name;
            }
        }
    }
    return NULL;
}

const char *variable_name_find(const struct symbol_file *file, uint64_t address, struct string_pool *pool)
{
    enum { SECTIONS_MAX = 1000 }; /* a crooked file's ten thousand section headers may all name the same symbols */
    unsigned sections = 0;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section)) != NULL && sections < SECTIONS_MAX;) {
        uint64_t offset;
        const char *name = find_in(file, section, address, &offset);
        if (name) {
            const char *plain = string_pool_intern(pool, name), *demangled = demangle(pool, plain);
            char text[300];
            snprintf(text, sizeof text, offset ? "%.255s+0x%llx" : "%.255s", demangled ? demangled : plain, (unsigned long long)offset);
            return string_pool_intern(pool, text);
        }
        sections++;
    }
    return NULL;
}
