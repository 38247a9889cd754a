/* Input: an ELF file; and the same bytes once more as the .eh_frame of a well-formed one, which is where the depth is. Whatever they hold,
 * the builder makes a table or says why not, the table passes its own check, its rows rise, finds and walks stay inside their memory. */
#include <stdint.h>
#include <stdlib.h>

#include "tests/unit/made_module.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

enum { WORDS = 200, STACK = 0x7f0000000000 >> 32 };

static uint32_t noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 7;
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
    for (unsigned round = 0; round < 20; round++) {
        struct unwind_registers registers;
        enum unwind_stop stop;
        for (unsigned i = 0; i < WORDS; i++)
            words[i] = noise(&seed) % 2 ? bias + table.rows[noise(&seed) % table.row_count].pc + noise(&seed) % 16 : low + noise(&seed) % (8 * WORDS);
        for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
            registers.value[i] = low + 8 * (noise(&seed) % WORDS);
        registers.value[UNWIND_RIP_NUMBER] = bias + table.rows[noise(&seed) % table.row_count].pc;
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
    REQUIRE(statistics.rows == table.row_count && statistics.extras == table.extra_count);
    for (uint32_t i = 0; i < table.row_count; i++) {
        const struct unwind_row *row = &table.rows[i];
        REQUIRE(i == 0 || table.rows[i - 1].pc < row->pc);
        REQUIRE(row->kind != UNWIND_EXTRA || unwind_row_extra(*row) < table.extra_count);
        REQUIRE(unwind_table_find(&table, row->pc) == (row->kind == UNWIND_NONE ? NULL : row));
    }
    REQUIRE(table.rows[table.row_count - 1].kind == UNWIND_NONE);
    for (unsigned i = 0; i < 50; i++) {
        const struct unwind_row *row = unwind_table_find(&table, noise(&seed));
        REQUIRE(!row || (row >= table.rows && row < table.rows + table.row_count));
    }
    walk(image, blob, bytes, seed);
    free(blob);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct made_module made;
    uint32_t seed = (uint32_t)length;
    for (size_t i = 0; i < length; i++)
        seed = seed * 31 + bytes[i];
    build(&(struct module_image){bytes, length}, seed);
    made_begin(&made);
    made_put(&made, bytes, length < MADE_BYTES - MADE_FRAMES ? length : MADE_BYTES - MADE_FRAMES);
    for (unsigned i = 0; i < 64; i++) /* calls, for the search in code without information */
        made.bytes[MADE_CODE + noise(&seed) % MADE_CODE_BYTES] = i % 2 ? 0xe8 : 0xff;
    build(&(struct module_image){made.bytes, MADE_BYTES}, seed);
    return 0;
}
