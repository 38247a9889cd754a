/* .eh_frame bytes -> CIEs and FDEs. The bounds come from the section header where there is one (several pieces, each with an empty
 * record behind, are then read through), else from the PT_GNU_EH_FRAME header. */
#include "profiler/collector/cfi_reader.h"

enum {
    PE_ABSPTR = 0x00, PE_ULEB128 = 0x01, PE_UDATA2 = 0x02, PE_UDATA4 = 0x03, PE_UDATA8 = 0x04,
    PE_SLEB128 = 0x09, PE_SDATA2 = 0x0a, PE_SDATA4 = 0x0b, PE_SDATA8 = 0x0c,
    PE_PCREL = 0x10, PE_OMIT = 0xff, /* formats above, application here */
    EXTENDED_LENGTH = 0xffffffff,    /* 64-bit records: no linker writes them to .eh_frame */
};

static uint64_t read_format(struct dwarf_cursor *cursor, uint8_t format)
{
    switch (format) {
    case PE_ABSPTR:
    case PE_UDATA8:
    case PE_SDATA8:
        return dwarf_read_u64(cursor);
    case PE_ULEB128:
        return dwarf_read_uleb(cursor);
    case PE_SLEB128:
        return (uint64_t)dwarf_read_sleb(cursor);
    case PE_UDATA2:
        return dwarf_read_u16(cursor);
    case PE_SDATA2:
        return (uint64_t)(int64_t)(int16_t)dwarf_read_u16(cursor);
    case PE_UDATA4:
        return dwarf_read_u32(cursor);
    case PE_SDATA4:
        return (uint64_t)(int64_t)(int32_t)dwarf_read_u32(cursor);
    default:
        cursor->failed = true;
        return 0;
    }
}

uint64_t cfi_read_pointer(struct dwarf_cursor *cursor, uint8_t encoding, uint64_t address)
{
    uint64_t value = read_format(cursor, encoding & 0x0f);
    if ((encoding & 0xf0) == PE_PCREL)
        return value + address;
    if ((encoding & 0xf0) != 0)
        cursor->failed = true;
    return value;
}

bool cfi_reader_open(const struct elf_image *image, struct cfi_reader *ret)
{
    memset(ret, 0, sizeof *ret);
    if (elf_image_section(image, ".eh_frame", &ret->section) && ret->section.length > 4)
        return true;
    ret->ends_at_zero = true;
    Elf64_Phdr segment;
    struct elf_part header;
    for (unsigned i = 0; i < image->header.e_phnum; i++) {
        if (!elf_image_segment(image, i, &segment) || segment.p_type != PT_GNU_EH_FRAME || !elf_image_at(image, segment.p_vaddr, &header))
            continue;
        struct dwarf_cursor cursor = dwarf_cursor_over(header.bytes, header.length);
        uint8_t version = dwarf_read_u8(&cursor), encoding = dwarf_read_u8(&cursor);
        dwarf_read_u16(&cursor); /* how the search table is encoded: it is not needed */
        uint64_t address = cfi_read_pointer(&cursor, encoding, header.address + 4);
        if (!cursor.failed && version == 1 && encoding != PE_OMIT && elf_image_at(image, address, &ret->section))
            return true;
    }
    return false;
}

/* The record at `offset`: its content behind the length. false at the end of the section or of what makes sense. */
static bool record_at(const struct cfi_reader *reader, uint64_t offset, struct dwarf_cursor *ret)
{
    if (offset >= reader->section.length)
        return false;
    struct dwarf_cursor cursor = dwarf_cursor_over(reader->section.bytes + offset, reader->section.length - offset);
    uint32_t length = dwarf_read_u32(&cursor);
    if (cursor.failed || length == EXTENDED_LENGTH || length > dwarf_cursor_left(&cursor))
        return false;
    *ret = dwarf_cursor_over(cursor.pos, length);
    return true;
}

/* "zPLRS": what the augmentation data of the CIE holds. */
static void read_augmentation(const uint8_t *letters, struct dwarf_cursor *cursor, struct cfi_cie *cie)
{
    cie->augmented = true;
    uint64_t bytes = dwarf_read_uleb(cursor);
    const uint8_t *start = dwarf_cursor_take(cursor, bytes);
    if (!start)
        return;
    struct dwarf_cursor data = dwarf_cursor_over(start, bytes);
    for (letters++; *letters; letters++) {
        uint8_t encoding;
        switch (*letters) {
        case 'R':
            cie->address_encoding = dwarf_read_u8(&data);
            break;
        case 'L':
            dwarf_read_u8(&data);
            break;
        case 'P':
            encoding = dwarf_read_u8(&data);
            read_format(&data, encoding & 0x0f); /* its value does not matter, so neither does what it is relative to */
            break;
        case 'S':
            cie->signal_frame = true;
            break;
        default:
            data.failed = true; /* may say anything about the frames */
        }
    }
    cursor->failed |= data.failed;
}

static bool parse_cie(const struct cfi_reader *reader, uint64_t offset, struct cfi_cie *ret)
{
    struct dwarf_cursor cursor;
    if (!record_at(reader, offset, &cursor) || dwarf_read_u32(&cursor) != 0 || cursor.failed)
        return false;
    uint8_t version = dwarf_read_u8(&cursor);
    const uint8_t *letters = cursor.pos;
    while (dwarf_read_u8(&cursor) != 0)
        ;
    if (cursor.failed || (version != 1 && version != 3 && version != 4))
        return false;
    if (version == 4 && (dwarf_read_u8(&cursor) != sizeof(uint64_t) || dwarf_read_u8(&cursor) != 0))
        return false; /* address size, segment size */
    struct cfi_cie cie = {.address_encoding = PE_ABSPTR};
    cie.code_factor = dwarf_read_uleb(&cursor);
    cie.data_factor = dwarf_read_sleb(&cursor);
    cie.return_register = version == 1 ? dwarf_read_u8(&cursor) : dwarf_read_uleb(&cursor);
    if (letters[0] == 'z')
        read_augmentation(letters, &cursor, &cie);
    else if (letters[0] != 0)
        return false;
    /* Factors are small numbers; bounding them keeps all later products inside 64 bits. */
    if (cursor.failed || cie.code_factor > UINT16_MAX || cie.data_factor > INT16_MAX || cie.data_factor < INT16_MIN)
        return false;
    cie.program = cursor;
    *ret = cie;
    return true;
}

const struct cfi_cie *cfi_reader_cie(struct cfi_reader *reader, uint64_t offset)
{
    enum { CACHED = sizeof reader->cache / sizeof reader->cache[0] };
    for (unsigned i = 0; i < CACHED; i++)
        if (reader->cache[i].filled && reader->cache[i].offset == offset)
            return reader->cache[i].good ? &reader->cache[i].cie : NULL;
    unsigned i = reader->cache_next++ % CACHED;
    reader->cache[i].offset = offset;
    reader->cache[i].filled = true;
    reader->cache[i].good = parse_cie(reader, offset, &reader->cache[i].cie);
    return reader->cache[i].good ? &reader->cache[i].cie : NULL;
}

/* `cursor` stands behind the CIE pointer. */
static bool parse_fde(struct cfi_reader *reader, uint64_t cie_offset, struct dwarf_cursor cursor, struct cfi_fde *ret)
{
    const struct cfi_cie *cie = cfi_reader_cie(reader, cie_offset);
    if (!cie)
        return false;
    uint64_t begin = cfi_read_pointer(&cursor, cie->address_encoding, cfi_address_of(reader, cursor.pos));
    uint64_t length = read_format(&cursor, cie->address_encoding & 0x0f);
    if (cie->augmented)
        dwarf_cursor_take(&cursor, dwarf_read_uleb(&cursor));
    if (cursor.failed || begin > UINT64_MAX - length)
        return false;
    *ret = (struct cfi_fde){begin, begin + length, cie_offset, cursor};
    return true;
}

bool cfi_reader_next(struct cfi_reader *reader, struct cfi_fde *ret)
{
    struct dwarf_cursor record;
    while (record_at(reader, reader->next, &record)) {
        uint64_t content = reader->next + sizeof(uint32_t);
        reader->next = content + dwarf_cursor_left(&record);
        if (dwarf_cursor_left(&record) == 0) {
            if (reader->ends_at_zero)
                return false;
            continue;
        }
        uint32_t distance = dwarf_read_u32(&record); /* from here back to the CIE; 0: this is a CIE */
        if (!record.failed && distance == 0)
            continue;
        if (!record.failed && distance <= content && parse_fde(reader, content - distance, record, ret))
            return true;
        reader->bad_records++;
    }
    if (reader->next < reader->section.length && reader->section.length - reader->next > sizeof(uint32_t)) {
        reader->bad_records++; /* the rest cannot be read */
        reader->next = reader->section.length;
    }
    return false;
}
