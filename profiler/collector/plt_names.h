/* PLT stubs -> `function@plt`: time spent there is dynamic linking, not the function itself. */
#ifndef HOTLINE_PLT_NAMES_H
#define HOTLINE_PLT_NAMES_H

#include "profiler/collector/elf_symbols.h"

/* Adds a symbol for each stub in the PLT sections of `file` whose target is known. */
void plt_names_add(struct elf_symbols *symbols, const struct symbol_file *file);

#endif
