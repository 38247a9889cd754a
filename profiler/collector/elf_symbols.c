/* Reads .symtab and .dynsym, ranks aliases, and flattens the extents into one sorted map. */
#include "profiler/collector/elf_symbols.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/demangle.h"
#include "profiler/collector/plt_names.h"
#include "profiler/collector/require_memory.h"

/* The end of the executable section that holds `address`, or of the segment when the file has no section table. 0: not code. */
static uint64_t end_of_code(const struct symbol_file *file, uint64_t address)
{
    for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section)) != NULL;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && (header.sh_flags & SHF_EXECINSTR) && (header.sh_flags & SHF_ALLOC) &&
            address >= header.sh_addr && address - header.sh_addr < header.sh_size &&
            header.sh_addr + header.sh_size > header.sh_addr)
            return header.sh_addr + header.sh_size;
    }
    for (unsigned i = 0; i < file->code_count; i++) {
        if (address >= file->code[i].address && address - file->code[i].address < file->code[i].bytes)
            return file->code[i].address + file->code[i].bytes;
    }
    return 0;
}

/* What a reader wants to see of several names for one function: a function rather than a label, a global one, with few underscores
 * (malloc, not __libc_malloc), short. */
static uint32_t rank_of(const GElf_Sym *symbol, const char *name)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info), binding = GELF_ST_BIND(symbol->st_info);
    uint32_t typed = type != STT_NOTYPE;
    uint32_t bound = binding == STB_LOCAL ? 0 : binding == STB_WEAK ? 1 : 2;
    size_t underscores = strspn(name, "_"), length = strnlen(name, 4095);
    uint32_t plain = underscores < 15 ? 15 - (uint32_t)underscores : 0;
    return typed << 31 | bound << 29 | plain << 24 | (4095 - (uint32_t)length);
}

static void add_item(struct elf_symbols *symbols, struct elf_symbol item)
{
    symbols->items = require_room(symbols->items, &symbols->capacity, symbols->count + 1, sizeof item);
    symbols->items[symbols->count++] = item;
}

void elf_symbols_add(struct elf_symbols *symbols, uint64_t address, uint64_t bytes, const char *interned_name)
{
    add_item(symbols, (struct elf_symbol){address, address + bytes, interned_name, UINT32_MAX, true, false, true});
}

static void add_symbol(struct elf_symbols *symbols, const struct symbol_file *file, const GElf_Sym *symbol, const char *name, bool full)
{
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    bool function = type == STT_FUNC || type == STT_GNU_IFUNC || (type == STT_NOTYPE && full);
    if (!function || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS || symbol->st_shndx == SHN_COMMON)
        return;
    if (!name || !*name || *name == '$') /* $x, $d: ARM's marks between code and data */
        return;
    uint64_t end = symbol->st_value + symbol->st_size;
    if (end < symbol->st_value || (end == symbol->st_value && !full))
        return;
    if (end == symbol->st_value ? !symbol_file_is_code(file, symbol->st_value, symbol->st_value + 1)
                                : !symbol_file_is_code(file, symbol->st_value, end))
        return;
    symbols->mangled |= name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
    add_item(symbols, (struct elf_symbol){symbol->st_value, end, name, rank_of(symbol, name), false, false, full});
}

/* `code` tells what is code: a debug file's own segments say the same, but the loaded file is the authority. One table of each kind: a
 * crooked file's ten thousand section headers may all name the same symbols. */
static void add_tables(struct elf_symbols *symbols, const struct symbol_file *file, const struct symbol_file *code)
{
    bool seen_full = false, seen_dynamic = false;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(file->elf, section)) != NULL;) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header) || (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        if (!data || header.sh_entsize == 0)
            continue;
        bool full = header.sh_type == SHT_SYMTAB;
        bool *seen = full ? &seen_full : &seen_dynamic;
        if (*seen)
            continue;
        *seen = true;
        size_t count = data->d_size / gelf_fsize(file->elf, ELF_T_SYM, 1, EV_CURRENT);
        for (size_t i = 1; i < count && i <= INT32_MAX; i++) {
            GElf_Sym symbol;
            if (gelf_getsym(data, (int)i, &symbol))
                add_symbol(symbols, code, &symbol, elf_strptr(file->elf, header.sh_link, symbol.st_name), full);
        }
        symbols->full |= full && count > 1;
    }
}

static int compare_by_address(const void *a, const void *b)
{
    const struct elf_symbol *x = a, *y = b;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return -strcmp(x->name, y->name); /* any fixed order, so that the same file always gives the same names */
}

/* Symbols without a size, once sorted: one inside a sized function is a label of it and is dropped, any other reaches to the next symbol. */
static void extend_unsized(struct elf_symbols *symbols, const struct symbol_file *file)
{
    uint64_t covered = 0;     /* by the sized symbols so far */
    uint64_t end_of_part = 0; /* of the section that held the last one: asking costs a walk over all sections */
    for (size_t i = 0, next = 0; i < symbols->count; i++) {
        struct elf_symbol *symbol = &symbols->items[i];
        if (next <= i) { /* all symbols of one address at once: a sized alias covers its unsized ones */
            for (next = i; next < symbols->count && symbols->items[next].address == symbol->address; next++) {
                if (symbols->items[next].end > covered)
                    covered = symbols->items[next].end;
            }
        }
        if (symbol->end != symbol->address || symbol->address < covered)
            continue;
        if (symbol->address >= end_of_part)
            end_of_part = end_of_code(file, symbol->address);
        uint64_t end = end_of_part;
        if (next < symbols->count && symbols->items[next].address < end)
            end = symbols->items[next].address;
        symbol->end = end > symbol->address ? end : symbol->address;
    }
}

void elf_symbols_init(struct elf_symbols *symbols, const struct symbol_file *file, const struct symbol_file *debug,
                      struct string_pool *pool)
{
    *symbols = (struct elf_symbols){.pool = pool, .file = file};
    add_tables(symbols, file, file);
    if (debug)
        add_tables(symbols, debug, file);
    plt_names_add(symbols, file);
}

static void make_map(struct elf_symbols *symbols)
{
    if (symbols->has_map || !symbols->count)
        return;
    symbols->has_map = true;
    qsort(symbols->items, symbols->count, sizeof *symbols->items, compare_by_address);
    extend_unsized(symbols, symbols->file);
    struct range *ranges = require_array(symbols->count, sizeof *ranges);
    size_t count = symbols->count < RANGE_NONE ? symbols->count : RANGE_NONE;
    for (size_t i = 0; i < count; i++)
        ranges[i] = (struct range){symbols->items[i].address, symbols->items[i].end, 0, (uint32_t)i};
    range_map_init(&symbols->map, ranges, count);
    free(ranges);
}

void elf_symbols_deinit(struct elf_symbols *symbols)
{
    range_map_deinit(&symbols->map);
    free(symbols->items);
    *symbols = (struct elf_symbols){0};
}

static void make_readable(struct elf_symbols *symbols, struct elf_symbol *symbol)
{
    const char *version = strchr(symbol->name, '@'); /* "memcpy@@GLIBC_2.14" */
    size_t length = version && version != symbol->name ? (size_t)(version - symbol->name) : strlen(symbol->name);
    const char *plain = string_pool_intern_bytes(symbols->pool, symbol->name, length);
    const char *demangled = demangle(symbols->pool, plain);
    symbol->mangled = demangled != NULL;
    symbol->name = demangled ? demangled : plain;
    symbol->readable = true;
}

const struct elf_symbol *elf_symbols_find(struct elf_symbols *symbols, uint64_t address)
{
    make_map(symbols);
    uint32_t found = range_map_find(&symbols->map, address);
    if (found == RANGE_NONE)
        return NULL;
    struct elf_symbol *symbol = &symbols->items[found];
    if (!symbol->readable)
        make_readable(symbols, symbol);
    return symbol;
}

void elf_symbols_narrow(struct elf_symbols *symbols, uint64_t address, uint64_t *low, uint64_t *high)
{
    make_map(symbols);
    range_map_narrow(&symbols->map, address, low, high);
}
