/* Input: an ELF file, that of the program or the one its debug info was split into. Whatever it holds: parts of the image lie inside it, the
 * build-id, the code and the symbols are read or refused, looking addresses up gives frames, ends, and touches no memory that is not
 * ours. libelf and libdw decode it, so this also watches for what they let through. */
#include "tests/fuzz/fuzz_input.h"

#include <elf.h>

#include "profiler/collector/build_id.h"
#include "profiler/collector/debug_file.h"
#include "profiler/collector/elf_image.h"
#include "profiler/collector/elf_symbols.h"
#include "profiler/collector/symbol_file.h"
#include "profiler/collector/symbolize.h"

static void require_inside(const struct elf_part *part, const uint8_t *bytes, size_t length)
{
    REQUIRE(part->bytes >= bytes && part->length <= length && (size_t)(part->bytes - bytes) <= length - part->length);
}

static void read_image(const uint8_t *bytes, size_t length)
{
    static const char *const sections[] = {".eh_frame", ".text", ".dynsym", ".shstrtab", ".note.gnu.build-id", ""};
    const struct module_image module = {bytes, length};
    struct elf_image image;
    struct elf_part part;
    Elf64_Phdr segment;
    struct unwind_code code;
    uint8_t id[20];
    const char *why = NULL;
    REQUIRE(build_id_of_image(&module, id) <= sizeof id);
    if (table_builder_code(&module, &code) && code.last > code.first) {
        part = (struct elf_part){code.bytes, code.last - code.first, 0};
        require_inside(&part, bytes, length);
    }
    if (!elf_image_open(&module, &image, &why)) {
        REQUIRE(why);
        return;
    }
    for (unsigned i = 0; i <= image.header.e_phnum && i < 100; i++)
        if (elf_image_segment(&image, i, &segment) && segment.p_filesz && elf_image_at(&image, segment.p_vaddr, &part))
            require_inside(&part, bytes, length);
    for (unsigned i = 0; i < sizeof sections / sizeof *sections; i++)
        if (elf_image_section(&image, sections[i], &part))
            require_inside(&part, bytes, length);
}

static void read_file(const char *path)
{
    struct symbol_file file, debug;
    struct elf_symbols symbols;
    const char *why = NULL;
    uint8_t code[8];
    uint32_t crc;
    if (!symbol_file_open(&file, path, &why)) {
        REQUIRE(why);
        return;
    }
    REQUIRE(file.build_id_bytes <= sizeof file.build_id && file.code_count <= SYMBOL_FILE_MAX_SEGMENTS);
    for (unsigned i = 0; i < file.code_count; i++)
        symbol_file_read_code(&file, file.code[i].address + file.code[i].bytes / 2, code, sizeof code);
    (void)debug_file_link(&file, &crc);
    if (debug_file_open(&debug, &file, path, path))
        symbol_file_close(&debug);
    struct string_pool *pool = string_pool_create();
    elf_symbols_init(&symbols, &file, NULL, pool);
    for (size_t i = 0; i < symbols.count && i < 200; i++) {
        const struct elf_symbol *found = elf_symbols_find(&symbols, symbols.items[i].address);
        REQUIRE(!found || found->name);
    }
    elf_symbols_deinit(&symbols);
    string_pool_destroy(pool);
    symbol_file_close(&file);
}

static void look_up(struct symbol_module *module, uint64_t address)
{
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    unsigned count = symbol_module_find(module, address, frames);
    REQUIRE(count >= 1 && count <= SYMBOL_MAX_FRAMES);
    for (unsigned i = 0; i < count; i++) {
        REQUIRE(frames[i].function && strlen(frames[i].function) < 1 << 20);
        REQUIRE(!frames[i].file || *frames[i].file);
        REQUIRE(frames[i].inlined == (i + 1 < count));
    }
    symbol_module_after_syscall(module, address);
}

static void symbolize(const uint8_t *bytes, size_t length, const char *path)
{
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, path, NULL, NULL, 0);
    /* Where linkers put code: at 0x1000 in position-independent files, at 0x401000 in others; and what lies around it. */
    for (uint64_t address = 0xff0; address < 0x1200; address += 13) {
        look_up(module, address);
        look_up(module, 0x400000 + address);
    }
    uint64_t entry = 0;
    if (length >= 32)
        memcpy(&entry, bytes + 24, sizeof entry);
    static const uint64_t corners[] = {0, 1, UINT32_MAX, UINT64_MAX, UINT64_MAX - 1, (uint64_t)1 << 63};
    for (unsigned i = 0; i < sizeof corners / sizeof *corners; i++)
        look_up(module, entry + corners[i]);
    symbol_module_problem(module);
    symbolizer_destroy(symbolizer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char path[64];
    fuzz_file(0, bytes, length, path);
    read_image(bytes, length);
    read_file(path);
    symbolize(bytes, length, path);
    return 0;
}

/* One field of a header or of a table that a section header names becomes a number that breaks things. */
static void spoil_field(uint8_t *bytes, size_t length, uint32_t *seed)
{
    Elf64_Ehdr header;
    Elf64_Shdr section;
    memcpy(&header, bytes, sizeof header);
    size_t at = fuzz_noise(seed) % sizeof header, width = (size_t)1 << fuzz_noise(seed) % 4;
    unsigned where = fuzz_noise(seed) % 8;
    if (where >= 1 && where <= 2 && header.e_phoff < length && header.e_phnum)
        at = header.e_phoff + fuzz_noise(seed) % (header.e_phnum * sizeof(Elf64_Phdr));
    if (where >= 3 && header.e_shoff < length && header.e_shnum) {
        size_t row = header.e_shoff + fuzz_noise(seed) % header.e_shnum * sizeof section;
        at = row + fuzz_noise(seed) % sizeof section;
        if (where >= 5 && row <= length - sizeof section) {
            memcpy(&section, bytes + row, sizeof section);
            if (section.sh_size && section.sh_size <= length && section.sh_offset <= length - section.sh_size)
                at = section.sh_offset + fuzz_noise(seed) % section.sh_size;
        }
    }
    at -= at % width;
    if (at > length - width)
        return;
    uint64_t number = fuzz_hostile_number(seed), old = 0;
    memcpy(&old, bytes + at, width);
    number = fuzz_noise(seed) % 4 ? number : old + (fuzz_noise(seed) % 2 ? 1 : UINT64_MAX);
    memcpy(bytes + at, &number, width);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t room, unsigned seed)
{
    uint32_t random = seed;
    if (length < sizeof(Elf64_Ehdr) + 8 || fuzz_noise(&random) % 3 == 0)
        return LLVMFuzzerMutate(bytes, length, room);
    for (unsigned i = 1 + fuzz_noise(&random) % 3; i > 0; i--)
        spoil_field(bytes, length, &random);
    return length;
}
