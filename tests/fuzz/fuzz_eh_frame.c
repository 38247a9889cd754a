/* Input: an ELF file; and the same bytes once more as the .eh_frame of a well-formed one, which is where the depth is: found by its section or
 * by PT_GNU_EH_FRAME, in a library or in a program whose start has no information. Whatever they hold, the builder makes a table or says
 * why not, the table passes its own check, its rows rise, finds and walks stay inside their memory. Mutations append whole records. */
#include "tests/fuzz/fuzz_input.h"

#include "tests/unit/made_module.h"

enum { WORDS = 200, STACK = 0x7f0000000000 >> 32, SECTIONS = MADE_BYTES - 0x200, FRAMES_MAX = SECTIONS - MADE_FRAMES };

static uint32_t noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 7;
}

static uint32_t some_pc(const struct unwind_table *table, uint32_t *seed)
{
    return table->first_pc + noise(seed) % (table->line_count << UNWIND_LINE_BITS);
}

static void walk(const struct module_image *image, const void *blob, size_t blob_bytes, uint32_t seed)
{
    struct unwind_code code = {0, 0, NULL};
    struct unwind_table table;
    table_builder_code(image, &code);
    REQUIRE(unwind_table_open(blob, blob_bytes, &table));
    uint8_t *arena = calloc(1, 16 + blob_bytes);
    uint64_t *words = calloc(WORDS, sizeof *words), low = (uint64_t)STACK << 32, pcs[64], bias = UINT64_C(0x5555) << 28;
    memcpy(arena + 16, blob, blob_bytes);
    struct unwind_module module = {bias, bias + UINT32_MAX, bias, 16};
    struct unwind_space space = {.modules = &module, .module_count = 1, .arena = arena, .arena_bytes = 16 + blob_bytes, .code = &code};
    struct unwind_stack stack = {.low = low, .high = low + 8 * WORDS, .bytes = (const uint8_t *)words};
    for (unsigned round = 0; round < 6; round++) {
        struct unwind_registers registers;
        enum unwind_stop stop;
        for (unsigned i = 0; i < WORDS; i++)
            words[i] = noise(&seed) % 2 ? bias + some_pc(&table, &seed) : low + noise(&seed) % (8 * WORDS);
        for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
            registers.value[i] = low + 8 * (noise(&seed) % WORDS);
        registers.value[UNWIND_RIP_NUMBER] = bias + some_pc(&table, &seed);
        unsigned depth = unwind_walk(&space, &registers, &stack, NULL, pcs, 64, &stop);
        REQUIRE(depth >= 1 && depth <= 64 && (unsigned)stop < UNWIND_STOP_COUNT);
    }
    free(words);
    free(arena);
}

static void build(const struct module_image *image, uint32_t seed)
{
    void *blob = NULL;
    size_t bytes = 0;
    const char *why = NULL;
    struct table_statistics statistics;
    struct unwind_table table;
    if (!table_builder_build(image, &blob, &bytes, &statistics, &why)) {
        REQUIRE(!blob && why);
        return;
    }
    REQUIRE(unwind_table_open(blob, bytes, &table) && !unwind_table_open(blob, bytes - 1, &table));
    REQUIRE(unwind_table_open(blob, bytes, &table));
    REQUIRE(statistics.rows > 0 && statistics.extras == table.extra_count);
    uint32_t code_bytes = table.line_count << UNWIND_LINE_BITS, last_begin = 0;
    for (uint32_t i = 0; i < code_bytes; i++) {
        struct unwind_row row = {.pc = 0};
        bool found = unwind_table_find(&table, table.first_pc + i, &row);
        REQUIRE(!found || (row.pc <= table.first_pc + i && row.pc >= last_begin && row.kind != UNWIND_NONE));
        REQUIRE(!found || row.kind != UNWIND_EXTRA || unwind_row_extra(row) < table.extra_count);
        last_begin = found ? row.pc : last_begin;
    }
    struct unwind_row row;
    REQUIRE(!unwind_table_find(&table, table.first_pc + code_bytes, &row) && !unwind_table_find(&table, table.first_pc - 1, &row));
    walk(image, blob, bytes, seed);
    free(blob);
}

/* Section headers that name .eh_frame; those of the program are left alone. */
static void add_sections(struct made_module *made, size_t frames)
{
    static const char names[] = "\0.eh_frame\0.shstrtab";
    Elf64_Shdr sections[3] = {
        {.sh_type = SHT_NULL},
        {.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC, .sh_addr = MADE_FRAMES, .sh_offset = MADE_FRAMES, .sh_size = frames},
        {.sh_name = 11, .sh_type = SHT_STRTAB, .sh_offset = SECTIONS + sizeof sections, .sh_size = sizeof names},
    };
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)made->bytes;
    header->e_shoff = SECTIONS;
    header->e_shentsize = sizeof(Elf64_Shdr);
    header->e_shnum = 3;
    header->e_shstrndx = 2;
    memcpy(made->bytes + SECTIONS, sections, sizeof sections);
    memcpy(made->bytes + SECTIONS + sizeof sections, names, sizeof names);
}

/* A program whose entry point stands behind what the first records say, with the code that ld.so begins with. */
static void make_program(struct made_module *made)
{
    static const uint8_t start[] = {0x48, 0x89, 0xe7};
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)made->bytes;
    header->e_type = ET_EXEC;
    header->e_entry = MADE_CODE + 0xc00;
    memcpy(made->bytes + header->e_entry, start, sizeof start);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct made_module made;
    size_t frames = length < FRAMES_MAX ? length : FRAMES_MAX;
    uint32_t seed = (uint32_t)length;
    for (size_t i = 0; i < length; i++)
        seed = seed * 31 + bytes[i];
    build(&(struct module_image){bytes, length}, seed);
    made_begin(&made);
    made_put(&made, bytes, frames);
    for (unsigned i = 0; i < 64; i++) /* calls, for the search in code without information */
        made.bytes[MADE_CODE + noise(&seed) % MADE_CODE_BYTES] = i % 2 ? 0xe8 : 0xff;
    if (length % 4 >= 2)
        add_sections(&made, frames);
    if (length % 8 >= 4)
        make_program(&made);
    build(&(struct module_image){made.bytes, MADE_BYTES}, seed);
    return 0;
}

/* -- mutations: records appended, or one changed */

struct text {
    uint8_t bytes[256];
    size_t length;
};

static void put(struct text *text, unsigned byte)
{
    if (text->length < sizeof text->bytes)
        text->bytes[text->length++] = (uint8_t)byte;
}

static void put_leb(struct text *text, uint32_t *seed)
{
    static const uint32_t values[] = {0, 1, 2, 3, 4, 6, 7, 8, 10, 16, 17, 24, 63, 64, 127, 128, 4095, 32760, 32768, 65712, INT32_MAX, UINT32_MAX};
    uint32_t value = noise(seed) % 3 ? noise(seed) % 20 : values[noise(seed) % (sizeof values / sizeof *values)];
    for (; value >= 0x80; value >>= 7)
        put(text, value | 0x80);
    put(text, value);
}

/* A DWARF expression with its length: the PLT's, or a few operations of those that the evaluator knows. */
static void put_expression(struct text *text, uint32_t *seed)
{
    static const uint8_t plt[] = {11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
    static const uint8_t bare[] = {0x06, 0x1c, 0x1e, 0x22, 0x24, 0x96, 0x30, 0x31, 0x33, 0x38, 0x3f, 0x1a, 0x2a};
    static const uint8_t with_leb[] = {0x70, 0x73, 0x76, 0x77, 0x7a, 0x80, 0x23, 0x10, 0x11};
    size_t start = text->length;
    if (noise(seed) % 5 == 0) {
        for (size_t i = 0; i < sizeof plt; i++)
            put(text, i == 7 ? 0x30 + noise(seed) % 18 : plt[i]);
        return;
    }
    put(text, 0);
    for (unsigned i = 1 + noise(seed) % 6; i > 0; i--) {
        if (noise(seed) % 2) {
            put(text, bare[noise(seed) % sizeof bare]);
            continue;
        }
        put(text, with_leb[noise(seed) % sizeof with_leb]);
        put_leb(text, seed);
    }
    if (text->length < sizeof text->bytes)
        text->bytes[start] = (uint8_t)(text->length - start - 1);
}

/* Call frame instructions: most of those there are, with operands of the right kind. */
static void put_program(struct text *text, uint32_t *seed)
{
    /* e expression, l leb128, 1 2 4 8 bytes of an operand */
    static const struct {
        uint8_t opcode;
        const char *operands;
    } known[] = {{0x0c, "ll"}, {0x0d, "l"},  {0x0e, "l"},  {0x0f, "e"},  {0x10, "le"}, {0x16, "le"}, {0x05, "ll"}, {0x11, "ll"}, {0x12, "ll"},
                 {0x13, "l"},  {0x14, "ll"}, {0x15, "ll"}, {0x06, "l"},  {0x07, "l"},  {0x08, "l"},  {0x09, "ll"}, {0x0a, ""},   {0x0b, ""},
                 {0x02, "1"},  {0x03, "2"},  {0x04, "4"},  {0x01, "4"},  {0x2e, "l"},  {0x2f, "ll"}, {0x00, ""}};
    for (unsigned i = noise(seed) % 8; i > 0; i--) {
        if (noise(seed) % 2) { /* advance, offset, restore: operands in the opcode */
            unsigned opcode = 0x40u << noise(seed) % 2;
            put(text, opcode | (opcode == 0x40 ? noise(seed) % 64 : (unsigned[]){3, 6, 7, 16}[noise(seed) % 4]));
            if (opcode == 0x80)
                put_leb(text, seed);
            continue;
        }
        unsigned which = noise(seed) % (sizeof known / sizeof *known);
        put(text, known[which].opcode);
        for (const char *operand = known[which].operands; *operand; operand++) {
            if (*operand == 'l')
                put_leb(text, seed);
            else if (*operand == 'e')
                put_expression(text, seed);
            else
                for (int k = '0'; k < *operand; k++)
                    put(text, k == '0' ? noise(seed) : 0);
        }
    }
}

/* The record at `at` gets its length; ret: behind it. */
static size_t put_record(uint8_t *bytes, size_t at, struct text *record)
{
    while (record->length % 4)
        put(record, 0);
    uint32_t count = (uint32_t)record->length - 4;
    memcpy(record->bytes, &count, sizeof count);
    memcpy(bytes + at, record->bytes, record->length);
    return at + record->length;
}

static size_t append_cie(uint8_t *bytes, size_t at, uint32_t *seed)
{
    static const char *const augmentations[] = {"zR", "zR", "zR", "zRS", "zPLR", "", "zX"};
    static const uint8_t encodings[] = {0x1b, 0x1b, 0x1b, 0x03, 0x00, 0x0b, 0x1c, 0x01, 0x50};
    struct text cie = {.length = 8};
    const char *letters = augmentations[noise(seed) % 7];
    unsigned version = (unsigned[]){1, 1, 3, 4}[noise(seed) % 4];
    put(&cie, version);
    for (const char *letter = letters; *letter; letter++)
        put(&cie, (uint8_t)*letter);
    put(&cie, 0);
    if (version == 4)
        put(&cie, 8), put(&cie, 0);
    put(&cie, noise(seed) % 8 ? 1 : noise(seed));
    put(&cie, noise(seed) % 8 ? 0x78 : noise(seed) % 128);
    put(&cie, 16);
    if (*letters) {
        static const char data_of[] = {'R', 'L', 'P'};
        size_t start = cie.length;
        put(&cie, 0);
        for (const char *letter = letters + 1; *letter; letter++) {
            if (!memchr(data_of, *letter, sizeof data_of))
                continue;
            put(&cie, *letter == 'R' ? encodings[noise(seed) % sizeof encodings] : 0x1b);
            for (unsigned i = 0; *letter == 'P' && i < 4; i++)
                put(&cie, 0);
        }
        cie.bytes[start] = (uint8_t)(cie.length - start - 1);
    }
    put(&cie, 0x0c), put(&cie, 7), put(&cie, 8), put(&cie, 0x90), put(&cie, 1);
    if (noise(seed) % 4 == 0)
        put_program(&cie, seed);
    return put_record(bytes, at, &cie);
}

static size_t append_fde(uint8_t *bytes, size_t at, size_t cie, uint32_t *seed)
{
    struct text fde = {.length = 16};
    uint32_t back = (uint32_t)(at + 4 - cie), size = 1 + noise(seed) % 200;
    uint32_t begin = MADE_CODE + noise(seed) % MADE_CODE_BYTES - (uint32_t)(MADE_FRAMES + at + 8);
    memcpy(fde.bytes + 4, &back, 4);
    memcpy(fde.bytes + 8, &begin, 4);
    memcpy(fde.bytes + 12, &size, 4);
    put(&fde, 0);
    put_program(&fde, seed);
    return put_record(bytes, at, &fde);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t length, size_t room, unsigned seed)
{
    uint32_t random = seed;
    size_t at = 0, cie = SIZE_MAX;
    if (noise(&random) % 2)
        return LLVMFuzzerMutate(bytes, length, room);
    for (uint32_t head[2]; at + sizeof head <= length; at += 4 + head[0]) { /* to the end of what are records */
        memcpy(head, bytes + at, sizeof head);
        if (head[0] < 8 || head[0] > length - at - 4)
            break;
        if (head[1] == 0)
            cie = at;
    }
    for (unsigned i = 1 + noise(&random) % 3; i > 0 && at + 3 * sizeof(struct text) < room; i--) {
        if (cie == SIZE_MAX || noise(&random) % 4 == 0) {
            cie = at;
            at = append_cie(bytes, at, &random);
        }
        at = append_fde(bytes, at, cie, &random);
    }
    return at;
}
