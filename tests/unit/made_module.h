/* An ELF module written by hand: one page of code at 0x1000, call frame information of the test's choice behind it. */
#ifndef HOTLINE_TESTS_MADE_MODULE_H
#define HOTLINE_TESTS_MADE_MODULE_H

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/table_builder.h"

enum { MADE_CODE = 0x1000, MADE_CODE_BYTES = 0x1000, MADE_HEADER = 0x2000, MADE_FRAMES = 0x2008, MADE_BYTES = 0x4000 };

struct made_module {
    uint8_t bytes[MADE_BYTES];
    size_t length;
    /* what was built from it */
    void *blob;
    size_t blob_bytes;
    struct unwind_table table;
    struct table_statistics statistics;
    const char *why;
};

static inline void made_put(struct made_module *made, const void *bytes, size_t count)
{
    memcpy(made->bytes + made->length, bytes, count);
    made->length += count;
}

static inline void made_u8(struct made_module *made, unsigned value) { made_put(made, &(uint8_t){(uint8_t)value}, 1); }

static inline void made_u32(struct made_module *made, uint64_t value) { made_put(made, &(uint32_t){(uint32_t)value}, 4); }

/* Headers and code; records follow with made_cie and made_fde. What was built before is gone. `made` is zero at first. */
static inline void made_begin(struct made_module *made)
{
    free(made->blob);
    memset(made, 0, sizeof *made);
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_DYN, .e_machine = EM_X86_64,
                         .e_version = EV_CURRENT, .e_phoff = sizeof header, .e_ehsize = sizeof header,
                         .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3};
    Elf64_Phdr segments[3] = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = MADE_CODE, .p_vaddr = MADE_CODE, .p_filesz = MADE_CODE_BYTES,
         .p_memsz = MADE_CODE_BYTES},
        {.p_type = PT_LOAD, .p_flags = PF_R, .p_offset = MADE_HEADER, .p_vaddr = MADE_HEADER, .p_filesz = MADE_BYTES - MADE_HEADER,
         .p_memsz = MADE_BYTES - MADE_HEADER},
        {.p_type = PT_GNU_EH_FRAME, .p_flags = PF_R, .p_offset = MADE_HEADER, .p_vaddr = MADE_HEADER, .p_filesz = 8, .p_memsz = 8},
    };
    made_put(made, &header, sizeof header);
    made_put(made, segments, sizeof segments);
    memset(made->bytes + MADE_CODE, 0x90, MADE_CODE_BYTES);
    made->length = MADE_HEADER;
    made_put(made, (uint8_t[]){1, 0x1b, 0xff, 0xff}, 4); /* version 1, frames: pcrel sdata4, no search table */
    made_u32(made, MADE_FRAMES - (MADE_HEADER + 4));
}

/* Fill in the length of the record that begins at `start`. */
static inline void made_close(struct made_module *made, size_t start)
{
    while (made->length % 4 != 0)
        made_u8(made, 0); /* DW_CFA_nop */
    uint32_t bytes = (uint32_t)(made->length - start - 4);
    memcpy(made->bytes + start, &bytes, 4);
}

/* ret: where the CIE begins. "zR" or another augmentation with one byte of data per letter behind z: 0x1b (pcrel sdata4). */
static inline size_t made_cie_as(struct made_module *made, const char *augmentation, unsigned version, unsigned code_factor,
                                 const uint8_t *program, size_t count)
{
    size_t start = made->length, letters = strlen(augmentation);
    made_u32(made, 0);
    made_u32(made, 0);
    made_u8(made, version);
    made_put(made, augmentation, letters + 1);
    if (version == 4)
        made_put(made, (uint8_t[]){8, 0}, 2);
    made_u8(made, code_factor);
    made_u8(made, 0x78); /* data factor -8 */
    made_u8(made, 16);
    if (augmentation[0] == 'z') {
        made_u8(made, (unsigned)letters - 1);
        for (size_t i = 1; i < letters; i++)
            if (augmentation[i] != 'S')
                made_u8(made, 0x1b);
            else
                made->bytes[made->length - i]--; /* no data for it */
    }
    made_put(made, program, count);
    made_close(made, start);
    return start;
}

/* What compilers write: CFA = rsp + 8, return address at CFA - 8. */
static inline size_t made_cie(struct made_module *made)
{
    return made_cie_as(made, "zR", 1, 1, (const uint8_t[]){0x0c, 7, 8, 0x90, 1}, 5);
}

/* The function at MADE_CODE + begin. */
static inline void made_fde(struct made_module *made, size_t cie, unsigned begin, unsigned bytes, const uint8_t *program, size_t count)
{
    size_t start = made->length;
    made_u32(made, 0);
    made_u32(made, made->length - cie);
    made_u32(made, MADE_CODE + begin - made->length);
    made_u32(made, bytes);
    made_u8(made, 0);
    made_put(made, program, count);
    made_close(made, start);
}

/* Ends the records and builds the table. */
static inline bool made_build(struct made_module *made)
{
    free(made->blob);
    made->blob = NULL;
    struct module_image image = {made->bytes, MADE_BYTES};
    return table_builder_build(&image, &made->blob, &made->blob_bytes, &made->statistics, &made->why) &&
           unwind_table_open(made->blob, made->blob_bytes, &made->table);
}

/* The row at MADE_CODE + a; UNWIND_NONE when there is none. */
static inline struct unwind_row made_row(const struct made_module *made, unsigned a)
{
    struct unwind_row row;
    return unwind_table_find(&made->table, MADE_CODE + a, &row) ? row : (struct unwind_row){.kind = UNWIND_NONE};
}

static inline void made_end(struct made_module *made) { free(made->blob); }

#endif
