/* Checked access to an ELF module in memory: a mapped file or the vDSO's image. Nothing in it is believed before it is checked. */
#ifndef HOTLINE_ELF_IMAGE_H
#define HOTLINE_ELF_IMAGE_H

#include "profiler/collector/table_builder.h"

#include <elf.h>

struct elf_image {
    const uint8_t *bytes;
    size_t length;
    Elf64_Ehdr header;
};

/* A part of the image with the address it has in the module. */
struct elf_part {
    const uint8_t *bytes;
    uint64_t length;
    uint64_t address;
};

/* ret_why is a static text when this is no 64-bit little-endian program or library for this machine. */
bool elf_image_open(const struct module_image *image, struct elf_image *ret, const char **ret_why);

/* Program header `i`. false when there is none, or when its bytes are not all in the image. */
bool elf_image_segment(const struct elf_image *image, unsigned i, Elf64_Phdr *ret);

/* What follows `address` in the segment that holds it. */
bool elf_image_at(const struct elf_image *image, uint64_t address, struct elf_part *ret);

/* The first section of that name whose bytes are all in the image. */
bool elf_image_section(const struct elf_image *image, const char *name, struct elf_part *ret);

#endif
