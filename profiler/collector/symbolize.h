/* (module, address) -> frames with function, file and line, inlined ones included.
 *
 * One pass over the debug info of each compilation unit that is asked for builds sorted arrays (functions, inlined ranges, lines) with
 * libdw as the decoder; look-ups are binary searches. Never one library call per address. Without debug info: symbols bounded by their
 * size (.symtab, .dynsym, .gnu_debugdata); without a symbol: "module+0xoffset", the offset of the function if the call frame information
 * tells where it begins, never the nearest symbol. Where it tells of others, but not of this (assembler), "module+0xbegin..0xend": the
 * code between those that are known.
 *
 * Ownership: every string returned lives as long as the symbolizer. Threads: one at a time. */
#ifndef HOTLINE_SYMBOLIZE_H
#define HOTLINE_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbolizer;
struct symbol_module;

struct symbol_frame {
    const char *function; /* demangled; never NULL */
    const char *file;     /* as in DWARF made absolute, lexically cleaned ("a/../b" -> "b"); NULL when unknown */
    uint32_t line;        /* 0: unknown */
    uint32_t function_line; /* where the function is declared, 0: unknown */
    bool inlined;         /* this frame was inlined into the next one */
    bool guessed;         /* no symbol: `function` is "module+0xoffset", of its function, of the code around it or of the address */
};

enum { SYMBOL_MAX_FRAMES = 32 }; /* of one address; deeper inlining keeps the innermost 31 and the outermost */

struct symbolizer *symbolizer_create(void);
void symbolizer_destroy(struct symbolizer *symbolizer);

/* The module at `path` (opened now, its debug info indexed at the first look-up). `open_path` is where to open it from this process
 * (for a program in another mount namespace, /proc/PID/root/...; NULL = path). build_id of 0..20 bytes: a file with another build-id
 * is refused and the module answers with "module+0xoffset". path "[vdso]": this process's own vDSO.
 * The same path and build-id give the same module. Never NULL (out of memory ends the collector's process with a message). */
struct symbol_module *symbolizer_module(struct symbolizer *symbolizer, const char *path, const char *open_path, const uint8_t *build_id,
                                        unsigned build_id_bytes);

/* Frames at `address` (run-time pc minus the module's bias), innermost first, the function that holds the code last. The address is taken
 * as it is: for a return address pass the one before it, or the line is that of the next statement. Line 0 is what the compiler gives to
 * code of no particular line (addr2line prints `?`); the file is then still known.
 * ret: 1..SYMBOL_MAX_FRAMES frames written to `ret`. */
unsigned symbol_module_find(struct symbol_module *module, uint64_t address, struct symbol_frame ret[SYMBOL_MAX_FRAMES]);

/* Whether the bytes before `address` are a SYSCALL instruction (0f 05): the timer engine's sign that the kernel was running. */
bool symbol_module_after_syscall(struct symbol_module *module, uint64_t address);

/* What the report's About says of a module. */
enum symbol_quality { SYMBOLS_NONE, SYMBOLS_DYNAMIC, SYMBOLS_FULL, SYMBOLS_LINES };
/* The variable at `address` (data, not code): interned; NULL: none that the symbol table names. */
const char *symbol_module_variable(struct symbol_module *module, uint64_t address);

enum symbol_quality symbol_module_quality(struct symbol_module *module);
const char *symbol_module_problem(struct symbol_module *module); /* NULL, or why there are no lines, with the cure */

#endif
