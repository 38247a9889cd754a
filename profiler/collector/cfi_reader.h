/* The records of an .eh_frame section: FDEs (one per function) and the CIEs (what functions have in common) they point to. */
#ifndef HOTLINE_CFI_READER_H
#define HOTLINE_CFI_READER_H

#include "profiler/collector/dwarf_cursor.h"
#include "profiler/collector/elf_image.h"

/* Fields that every user of a CIE needs; the encodings are DW_EH_PE_*. */
struct cfi_cie {
    uint64_t code_factor;
    int64_t data_factor;
    uint64_t return_register;
    uint8_t address_encoding;
    bool augmented;    /* FDEs carry augmentation data */
    bool signal_frame; /* 'S' */
    struct dwarf_cursor program;
};

struct cfi_fde {
    uint64_t begin, end; /* module addresses of the function */
    uint64_t cie;        /* offset of its CIE in the section */
    struct dwarf_cursor program;
};

/* Iterates over the FDEs of a section. */
struct cfi_reader {
    struct elf_part section;
    uint64_t next;        /* offset of the next record */
    bool ends_at_zero;    /* the section's length is not known: an empty record is its end */
    uint32_t bad_records; /* skipped */
    /* The last CIEs parsed, because neighbours share them. */
    struct {
        uint64_t offset;
        bool good, filled;
        struct cfi_cie cie;
    } cache[4];
    unsigned cache_next;
};

/* Find the call frame information of `image`. false when it has none. */
bool cfi_reader_open(const struct elf_image *image, struct cfi_reader *ret);

/* The next FDE that makes sense. false at the end. */
bool cfi_reader_next(struct cfi_reader *reader, struct cfi_fde *ret);

/* The CIE at `offset`; NULL when it is not understood. Valid until the next call. */
const struct cfi_cie *cfi_reader_cie(struct cfi_reader *reader, uint64_t offset);

/* A pointer in encoding DW_EH_PE_*, whose first byte has the module address `address`. Fails the cursor for kinds that .eh_frame of
 * programs never uses (relative to text, data or function, indirect). */
uint64_t cfi_read_pointer(struct dwarf_cursor *cursor, uint8_t encoding, uint64_t address);

/* The module address of a place in the section. */
static inline uint64_t cfi_address_of(const struct cfi_reader *reader, const uint8_t *place)
{
    return reader->section.address + (uint64_t)(place - reader->section.bytes);
}

#endif
