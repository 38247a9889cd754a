/* Input: debug sections, each as its number in the list below, its length (2 bytes), its bytes. A well-formed ELF file is put around them,
 * so that nothing but the debug info itself can be wrong. Whatever it holds, each address has its frames, from strings that end, and
 * the work is bounded. libdw decodes it: this also watches for what it lets through. */
#include "tests/fuzz/fuzz_input.h"

#include <elf.h>

#include "profiler/collector/symbolize.h"

static const char *const names[] = {".debug_info",     ".debug_abbrev",   ".debug_line",        ".debug_str",  ".debug_line_str", ".debug_ranges",
                                    ".debug_rnglists", ".debug_loclists", ".debug_str_offsets", ".debug_addr", ".debug_aranges",  ".debug_types",
                                    ".debug_loc",      ".debug_macro"};
enum {
    NAMES = sizeof names / sizeof *names,
    INFO = 0, ABBREV = 1, LINE = 2, STR = 3, LINE_STR = 4,
    PART_BYTES = 1 + 2,
    CODE_BYTES = 0x1000,
    FILE_BYTES = 1 << 17,
    FIRST_ADDRESS = 0x2d8, LAST_ADDRESS = 0x360, /* the seeds' functions */
};

struct parts {
    const uint8_t *bytes[NAMES];
    size_t length[NAMES];
};

static struct parts parts_of(const uint8_t *bytes, size_t length)
{
    struct parts parts = {0};
    while (length >= PART_BYTES) {
        unsigned which = bytes[0] % NAMES;
        size_t count = bytes[1] | (size_t)bytes[2] << 8;
        bytes += PART_BYTES;
        length -= PART_BYTES;
        count = count < length ? count : length;
        parts.bytes[which] = bytes;
        parts.length[which] = count;
        bytes += count;
        length -= count;
    }
    return parts;
}

/* ret: length of the file */
static size_t make_file(const struct parts *parts, uint8_t *file)
{
    Elf64_Shdr sections[NAMES + 3] = {{0}};
    char strings[512] = "";
    size_t at = CODE_BYTES, string_at = 1;
    unsigned count = 1;
    memset(file, 0, CODE_BYTES);
    sections[count++] = (Elf64_Shdr){.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC | SHF_EXECINSTR, .sh_addr = 0x100,
                                     .sh_offset = 0x100, .sh_size = CODE_BYTES - 0x100};
    string_at += (size_t)sprintf(strings + string_at, ".text") + 1;
    for (unsigned i = 0; i < NAMES; i++) {
        if (!parts->bytes[i] || at + parts->length[i] + 4096 > FILE_BYTES)
            continue;
        memcpy(file + at, parts->bytes[i], parts->length[i]);
        sections[count++] = (Elf64_Shdr){.sh_name = (Elf64_Word)string_at, .sh_type = SHT_PROGBITS, .sh_offset = at, .sh_size = parts->length[i],
                                         .sh_addralign = 1};
        string_at += (size_t)sprintf(strings + string_at, "%s", names[i]) + 1;
        at += parts->length[i];
    }
    sections[count++] = (Elf64_Shdr){.sh_name = 0, .sh_type = SHT_STRTAB, .sh_offset = at, .sh_size = string_at};
    memcpy(file + at, strings, string_at);
    at = (at + string_at + 7) & ~(size_t)7;
    memcpy(file + at, sections, count * sizeof *sections);
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT}, .e_type = ET_DYN, .e_machine = EM_X86_64,
                         .e_version = EV_CURRENT, .e_phoff = sizeof header, .e_shoff = at, .e_ehsize = sizeof header,
                         .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1, .e_shentsize = sizeof(Elf64_Shdr),
                         .e_shnum = (Elf64_Half)count, .e_shstrndx = (Elf64_Half)(count - 1)};
    Elf64_Phdr code = {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = CODE_BYTES, .p_memsz = CODE_BYTES, .p_align = 0x1000};
    memcpy(file, &header, sizeof header);
    memcpy(file + sizeof header, &code, sizeof code);
    return at + count * sizeof *sections;
}

static void look_up(struct symbol_module *module, uint64_t address)
{
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    unsigned count = symbol_module_find(module, address, frames);
    REQUIRE(count >= 1 && count <= SYMBOL_MAX_FRAMES);
    for (unsigned i = 0; i < count; i++) {
        REQUIRE(frames[i].function && strlen(frames[i].function) < 1 << 20);
        REQUIRE(!frames[i].file || (*frames[i].file && strlen(frames[i].file) < 1 << 20));
        REQUIRE(frames[i].inlined == (i + 1 < count));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static uint8_t file[FILE_BYTES];
    char path[64];
    struct parts parts = parts_of(bytes, length);
    fuzz_file(0, file, make_file(&parts, file), path);
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, path, NULL, NULL, 0);
    for (uint64_t address = FIRST_ADDRESS; address < LAST_ADDRESS; address += 3)
        look_up(module, address);
    static const uint64_t corners[] = {0, 1, 0x100, 0x800, CODE_BYTES - 1, CODE_BYTES, UINT32_MAX, UINT64_MAX};
    for (unsigned i = 0; i < sizeof corners / sizeof *corners; i++)
        look_up(module, corners[i]);
    symbol_module_problem(module);
    symbolizer_destroy(symbolizer);
    return 0;
}

static size_t put_part(uint8_t *to, unsigned which, const uint8_t *bytes, size_t length)
{
    to[0] = (uint8_t)which;
    to[1] = (uint8_t)length;
    to[2] = (uint8_t)(length >> 8);
    memcpy(to + PART_BYTES, bytes, length);
    return PART_BYTES + length;
}

/* The length of a unit that grew or shrank: else hardly anything behind it would be read. */
static void mend_length(uint8_t *bytes, size_t length)
{
    uint32_t unit = (uint32_t)length - 4;
    if (length > 4)
        memcpy(bytes, &unit, sizeof unit);
}

static size_t mutate_part(uint8_t *bytes, size_t length, size_t room, unsigned which, uint32_t *seed)
{
    size_t before = length, width = (size_t)1 << fuzz_noise(seed) % 4;
    if (length > width && fuzz_noise(seed) % 2) {
        uint64_t number = fuzz_hostile_number(seed);
        if (which == ABBREV) /* codes, tags, attributes and forms are small */
            number = fuzz_noise(seed) % 0x8d, width = 1;
        memcpy(bytes + fuzz_noise(seed) % (length - width), &number, width);
    } else {
        length = LLVMFuzzerMutate(bytes, length, room);
    }
    if (length != before && (which == INFO || which == LINE))
        mend_length(bytes, length);
    if ((which == STR || which == LINE_STR) && length && fuzz_noise(seed) % 8)
        bytes[length - 1] = 0; /* else all of the debug info is refused */
    return length;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t room, unsigned seed)
{
    enum { PART_ROOM = 12000 };
    static uint8_t part[PART_ROOM], whole[1 << 16];
    static const uint8_t often[] = {INFO, INFO, INFO, ABBREV, ABBREV, ABBREV, LINE, LINE};
    uint32_t random = seed;
    struct parts parts = parts_of(bytes, length);
    unsigned which = fuzz_noise(&random) % 2 ? often[fuzz_noise(&random) % sizeof often] : fuzz_noise(&random) % NAMES;
    size_t part_length = parts.length[which] < PART_ROOM ? parts.length[which] : PART_ROOM, at = 0;
    if (part_length)
        memcpy(part, parts.bytes[which], part_length);
    for (unsigned i = 1 + fuzz_noise(&random) % 3; i > 0; i--)
        part_length = mutate_part(part, part_length, PART_ROOM, which, &random);
    parts.bytes[which] = part;
    parts.length[which] = part_length;
    for (unsigned i = 0; i < NAMES; i++)
        if (parts.bytes[i] && at + PART_BYTES + parts.length[i] <= sizeof whole)
            at += put_part(whole + at, i, parts.bytes[i], parts.length[i]);
    at = at < room ? at : room;
    memcpy(bytes, whole, at);
    return at;
}
