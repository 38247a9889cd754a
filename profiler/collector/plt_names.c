/* A stub jumps through its GOT slot, and a relocation says which function's address goes into that slot. The stubs are decoded rather
 * than counted, so that every linker's layout works (.plt, .plt.sec, .plt.got; with and without endbr64 and bnd):
 *
 *   f3 0f 1e fa          endbr64            68 nn nn nn nn      push $n       (lazy binding: n is the relocation's index)
 *   [f2] ff 25 dd dd dd dd   jmp *slot(%rip)   [f2] e9 ..          jmp .plt                                            */
#include "profiler/collector/plt_names.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/demangle.h"
#include "profiler/collector/require_memory.h"

enum { STUB_BYTES = 16, MAX_PLT_BYTES = 4 << 20 }; /* 4 MiB: 262,144 imported functions */

struct got_slot {
    uint64_t address;
    const char *name;
};

struct relocations {
    struct got_slot *slots; /* sorted by address */
    size_t count, capacity;
    const char **lazy; /* .rela.plt in file order */
    size_t lazy_count, lazy_capacity;
};

static const char *symbol_name(const struct symbol_file *file, const GElf_Shdr *relocations, size_t index)
{
    Elf_Scn *section = elf_getscn(file->elf, relocations->sh_link);
    GElf_Shdr header;
    Elf_Data *data = section && gelf_getshdr(section, &header) ? elf_getdata(section, NULL) : NULL;
    GElf_Sym symbol;
    if (!data || index > INT32_MAX || !gelf_getsym(data, (int)index, &symbol) || symbol.st_name == 0)
        return NULL;
    return elf_strptr(file->elf, header.sh_link, symbol.st_name);
}

static void read_section(struct relocations *relocations, const struct symbol_file *file, Elf_Scn *section, const GElf_Shdr *header,
                         bool lazy)
{
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data ? data->d_size / gelf_fsize(file->elf, ELF_T_RELA, 1, EV_CURRENT) : 0;
    for (size_t i = 0; i < count && i <= INT32_MAX; i++) {
        GElf_Rela entry;
        if (!gelf_getrela(data, (int)i, &entry))
            break;
        unsigned type = (unsigned)GELF_R_TYPE(entry.r_info);
        bool function = type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
        const char *name = function ? symbol_name(file, header, GELF_R_SYM(entry.r_info)) : NULL;
        if (lazy) {
            relocations->lazy =
                require_room(relocations->lazy, &relocations->lazy_capacity, relocations->lazy_count + 1, sizeof *relocations->lazy);
            relocations->lazy[relocations->lazy_count++] = name;
        }
        if (!name)
            continue;
        relocations->slots =
            require_room(relocations->slots, &relocations->capacity, relocations->count + 1, sizeof *relocations->slots);
        relocations->slots[relocations->count++] = (struct got_slot){entry.r_offset, name};
    }
}

static int compare_slots(const void *a, const void *b)
{
    const struct got_slot *x = a, *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

static const char *stub_target(const struct relocations *relocations, const uint8_t *stub, uint64_t address)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    unsigned at = memcmp(stub, endbr64, sizeof endbr64) == 0 ? sizeof endbr64 : 0;
    int32_t operand;
    if (stub[at] == 0x68) {
        memcpy(&operand, stub + at + 1, sizeof operand);
        return operand >= 0 && (size_t)operand < relocations->lazy_count ? relocations->lazy[operand] : NULL;
    }
    at += stub[at] == 0xf2;
    if (stub[at] != 0xff || stub[at + 1] != 0x25)
        return NULL;
    memcpy(&operand, stub + at + 2, sizeof operand);
    struct got_slot wanted = {address + at + 6 + (uint64_t)(int64_t)operand, NULL};
    const struct got_slot *found =
        relocations->count ? bsearch(&wanted, relocations->slots, relocations->count, sizeof wanted, compare_slots) : NULL;
    return found ? found->name : NULL;
}

static void add_stubs(struct elf_symbols *symbols, const struct symbol_file *file, const GElf_Shdr *plt,
                      const struct relocations *relocations)
{
    /* .plt.got has 8-byte stubs when neither endbr64 nor bnd is asked for: ff 25 dd dd dd dd 66 90. */
    uint64_t step = plt->sh_entsize == 8 ? 8 : STUB_BYTES;
    uint64_t bytes = plt->sh_size < MAX_PLT_BYTES ? plt->sh_size : MAX_PLT_BYTES;
    for (uint64_t offset = 0; offset + step <= bytes; offset += step) {
        uint8_t stub[STUB_BYTES] = {0};
        if (!symbol_file_read_code(file, plt->sh_addr + offset, stub, step))
            return;
        const char *target = stub_target(relocations, stub, plt->sh_addr + offset);
        if (!target)
            continue;
        const char *readable = demangle(symbols->pool, target);
        elf_symbols_add(symbols, plt->sh_addr + offset, step,
                        string_pool_format(symbols->pool, "%s@plt", readable ? readable : target));
    }
}

void plt_names_add(struct elf_symbols *symbols, const struct symbol_file *file)
{
    GElf_Ehdr elf;
    if (!gelf_getehdr(file->elf, &elf) || elf.e_machine != EM_X86_64)
        return;
    struct relocations relocations = {0};
    static const char *const tables[] = {".rela.plt", ".rela.dyn"};
    GElf_Shdr header;
    Elf_Scn *section;
    for (unsigned i = 0; i < 2; i++) {
        if (symbol_file_section(file, tables[i], &header, &section) && header.sh_type == SHT_RELA)
            read_section(&relocations, file, section, &header, i == 0);
    }
    if (relocations.count)
        qsort(relocations.slots, relocations.count, sizeof *relocations.slots, compare_slots);
    static const char *const stubs[] = {".plt", ".plt.sec", ".plt.got"};
    for (unsigned i = 0; i < sizeof stubs / sizeof *stubs; i++) {
        if (symbol_file_section(file, stubs[i], &header, &section) && (header.sh_flags & SHF_EXECINSTR))
            add_stubs(symbols, file, &header, &relocations);
    }
    free(relocations.slots);
    free(relocations.lazy);
}
