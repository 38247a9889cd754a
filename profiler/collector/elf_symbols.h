/* ELF symbol tables -> the function at an address.
 *
 * A symbol covers exactly its size. Only in a full .symtab a symbol without a size (assembler code) reaches to the next symbol or the
 * end of its section; in .dynsym the next symbol says nothing, because the functions between are not in it. PLT stubs are `name@plt`. */
#ifndef HOTLINE_ELF_SYMBOLS_H
#define HOTLINE_ELF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/collector/range_map.h"
#include "profiler/collector/string_pool.h"
#include "profiler/collector/symbol_file.h"

struct elf_symbol {
    uint64_t address, end; /* end == address: no size known */
    const char *name;      /* in the file's string table until `readable`, then interned and demangled */
    uint32_t rank;         /* of aliases, the one with the highest is shown */
    bool readable;
    bool mangled; /* set with `readable`: the name was a mangled one */
    bool full;    /* from .symtab */
};

struct elf_symbols {
    struct string_pool *pool;
    struct elf_symbol *items;
    size_t count, capacity;
    const struct symbol_file *file;
    struct range_map map; /* address -> index in items; made when it is first asked for: complete debug info leaves nothing to ask */
    bool has_map;
    bool full;            /* a .symtab was there */
    bool mangled;         /* some names are, perhaps */
};

/* The symbols of `file`, and of `debug` when not NULL. Both must stay open as long as `symbols` is used. */
void elf_symbols_init(struct elf_symbols *symbols, const struct symbol_file *file, const struct symbol_file *debug,
                      struct string_pool *pool);
void elf_symbols_deinit(struct elf_symbols *symbols);

/* Where the code around `address` that no symbol covers ends, in the stretch from *low to *high. */
void elf_symbols_narrow(struct elf_symbols *symbols, uint64_t address, uint64_t *low, uint64_t *high);

/* The symbol whose code holds `address`, demangled. NULL: none. */
const struct elf_symbol *elf_symbols_find(struct elf_symbols *symbols, uint64_t address);

/* Add a symbol that is in no table (plt_names.c does). */
void elf_symbols_add(struct elf_symbols *symbols, uint64_t address, uint64_t bytes, const char *interned_name);

#endif
