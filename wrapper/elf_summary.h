/* The few facts about an executable that decide whether a library can be preloaded into it. */
#ifndef HOTLINE_ELF_SUMMARY_H
#define HOTLINE_ELF_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

struct elf_summary {
    bool is_elf;
    bool is_native; /* class, byte order and machine are those of this hotline; the fields below are only read then */
    bool is_32_bit;
    bool is_loader;        /* ld.so itself: a shared object without an interpreter that yet obeys LD_PRELOAD */
    bool has_interpreter;  /* dynamically linked */
    char interpreter[256]; /* "" when unreadable */
    char sanitizer[64]; /* the sanitizer's runtime that DT_NEEDED names and that insists on being first; "" when none */
};

/* Read the file open at `fd`. A damaged file gives what could be read. false: not readable at all. */
bool elf_summary_read(int fd, struct elf_summary *ret);

/* Whether `name` (a path or a DT_NEEDED name) is a sanitizer's runtime that aborts, or misses calls, when it is not the
 * first library. */
bool elf_summary_is_sanitizer(const char *name);

#endif
