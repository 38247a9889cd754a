/* Tables against libdw, the reference decoder: for real libraries, at every function's start and at random pcs, the rule of the CFA and of
 * the return address must be the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dwarf.h>
#include <elfutils/libdw.h>

#include "profiler/collector/cfi_reader.h"
#include "tests/unit/own_space.h"

#define TEST(name) static void name(void **state)

enum { RANDOM_PCS = 3000 };

struct comparison {
    Dwarf_CFI *reference;
    struct unwind_table table;
    long compared, short_rows, extras, ends, plt;
};

/* The reference's CFA rule is one operation (register + offset), or an expression of which we know the shapes. */
static void compare_cfa(struct comparison *comparison, const struct unwind_row *row, const Dwarf_Op *ops, size_t count)
{
    assert_true(count >= 1);
    bool plain = count == 1;
    unsigned reg = ops[0].atom == DW_OP_bregx ? (unsigned)ops[0].number : (unsigned)ops[0].atom - DW_OP_breg0;
    int64_t offset = (int64_t)(ops[0].atom == DW_OP_bregx ? ops[0].number2 : ops[0].number);
    struct unwind_extra extra;
    switch (row->kind) {
    case UNWIND_RSP:
    case UNWIND_RBP:
        assert_true(plain);
        assert_int_equal(reg, row->kind == UNWIND_RSP ? UNWIND_RSP_NUMBER : UNWIND_RBP_NUMBER);
        assert_int_equal(offset, 8 * row->cfa_words);
        comparison->short_rows++;
        break;
    case UNWIND_PLT:
        assert_int_equal(count, 9);
        assert_int_equal(ops[4].atom - DW_OP_lit0, row->cfa_words);
        comparison->plt++;
        break;
    default:
        assert_int_equal(row->kind, UNWIND_EXTRA);
        extra = comparison->table.extras[unwind_row_extra(*row)];
        assert_int_equal(extra.reg, reg);
        assert_int_equal(extra.offset1, offset);
        bool dereferenced = false;
        int64_t behind = 0;
        for (size_t i = 1; i < count; i++) {
            dereferenced |= ops[i].atom == DW_OP_deref;
            if (ops[i].atom == DW_OP_plus_uconst)
                behind += (int64_t)ops[i].number;
            if (ops[i].atom == DW_OP_mul || ops[i].atom == DW_OP_shl)
                assert_true(extra.index_scale > 1);
        }
        assert_int_equal(extra.dereference, dereferenced);
        assert_int_equal(extra.offset2, behind);
        comparison->extras++;
    }
}

/* libdw gives "CFA, then - 8, as an address", no operations for "undefined". */
static void compare_return_address(const struct unwind_row *row, Dwarf_Frame *frame)
{
    Dwarf_Op memory[3], *ops;
    size_t count;
    assert_int_equal(dwarf_frame_register(frame, UNWIND_RIP_NUMBER, memory, &ops, &count), 0);
    if (row->kind == UNWIND_END) {
        assert_true(count == 0 && ops == memory);
        return;
    }
    assert_false(count == 0 && ops == memory);
    if (row->kind != UNWIND_EXTRA && row->kind != UNWIND_SIGNAL) {
        assert_true(count == 2 && ops[0].atom == DW_OP_call_frame_cfa && ops[1].atom == DW_OP_plus_uconst);
        assert_int_equal((int64_t)ops[1].number, -8);
    }
}

/* rbp and rbx of short rows: saved at CFA - 8n, or unchanged. */
static void compare_saved(Dwarf_Frame *frame, int reg, unsigned saved_words)
{
    Dwarf_Op memory[3], *ops;
    size_t count;
    assert_int_equal(dwarf_frame_register(frame, reg, memory, &ops, &count), 0);
    if (saved_words == 0) {
        assert_int_equal(count, 0);
        return;
    }
    assert_true(count == 2 && ops[0].atom == DW_OP_call_frame_cfa && ops[1].atom == DW_OP_plus_uconst);
    assert_int_equal((int64_t)ops[1].number, -8 * (int64_t)saved_words);
}

/* ret: the reference knows this pc. */
static bool compare_at(struct comparison *comparison, uint64_t pc)
{
    Dwarf_Frame *frame;
    Dwarf_Op *ops;
    size_t count;
    Dwarf_Addr start, end;
    bool signal;
    if (dwarf_cfi_addrframe(comparison->reference, pc, &frame) != 0)
        return false;
    struct unwind_row found, *row = &found;
    assert_true(unwind_table_find(&comparison->table, (uint32_t)pc, row));
    assert_true(dwarf_frame_info(frame, &start, &end, &signal) >= 0);
    assert_int_equal(row->kind == UNWIND_SIGNAL, signal);
    compare_return_address(row, frame);
    if (row->kind != UNWIND_SIGNAL && row->kind != UNWIND_END) {
        assert_int_equal(dwarf_frame_cfa(frame, &ops, &count), 0);
        compare_cfa(comparison, row, ops, count);
    }
    if (row->kind == UNWIND_RSP || row->kind == UNWIND_RBP) {
        compare_saved(frame, UNWIND_RBP_NUMBER, row->rbp_words);
        compare_saved(frame, UNWIND_RBX_NUMBER, row->rbx_words);
    }
    comparison->ends += row->kind == UNWIND_END;
    comparison->compared++;
    free(frame);
    return true;
}

static void compare_image(const struct module_image *image, struct comparison *ret)
{
    void *blob;
    size_t bytes;
    const char *why = NULL;
    struct table_statistics statistics;
    struct elf_image elf_image;
    struct cfi_reader reader;
    struct cfi_fde function;
    memset(ret, 0, sizeof *ret);
    assert_true(table_builder_build(image, &blob, &bytes, &statistics, &why));
    assert_int_equal(statistics.bad, 0); /* nothing in it that the unwinder cannot evaluate */
    assert_true(unwind_table_open(blob, bytes, &ret->table));
    elf_version(EV_CURRENT);
    char *copy = malloc(image->length); /* libelf wants to own what it reads */
    memcpy(copy, image->bytes, image->length);
    Elf *elf = elf_memory(copy, image->length);
    assert_non_null(elf);
    ret->reference = dwarf_getcfi_elf(elf);
    assert_non_null(ret->reference);
    assert_true(elf_image_open(image, &elf_image, &why) && cfi_reader_open(&elf_image, &reader));
    uint64_t first = UINT64_MAX, last = 0;
    while (cfi_reader_next(&reader, &function)) {
        if (function.end <= function.begin)
            continue;
        assert_true(compare_at(ret, function.begin));
        assert_true(compare_at(ret, function.end - 1));
        first = function.begin < first ? function.begin : first;
        last = function.end > last ? function.end : last;
    }
    uint32_t seed = 5;
    for (unsigned i = 0; i < RANDOM_PCS; i++) {
        seed = seed * 1664525u + 1013904223u;
        compare_at(ret, first + (uint64_t)(seed >> 4) % (last - first));
    }
    dwarf_cfi_end(ret->reference);
    elf_end(elf);
    free(copy);
    free(blob);
}

static void compare_file(const char *path, struct comparison *ret)
{
    struct module_image image = own_map_file(path);
    if (!image.bytes) {
        print_message("# %s is not here\n", path);
        skip();
    }
    compare_image(&image, ret);
}

#define LIBRARY(name) "/usr/lib/x86_64-linux-gnu/" name

TEST(libc_agrees)
{
    (void)state;
    struct comparison got;
    compare_file(LIBRARY("libc.so.6"), &got);
    assert_true(got.compared > 5000 && got.short_rows > 5000 && got.plt > 0 && got.ends > 0);
}

TEST(ld_so_agrees)
{
    (void)state;
    struct comparison got;
    compare_file("/lib64/ld-linux-x86-64.so.2", &got);
    assert_true(got.compared > 500);
}

TEST(libjpeg_agrees)
{
    (void)state;
    struct comparison got;
    compare_file(LIBRARY("libjpeg.so.62"), &got);
    assert_true(got.compared > 500);
}

TEST(libcrypto_agrees)
{
    (void)state;
    struct comparison got;
    compare_file(LIBRARY("libcrypto.so.3"), &got);
    assert_true(got.compared > 10000 && got.extras > 50);
}

TEST(the_vdso_agrees)
{
    (void)state;
    struct module_image image = own_vdso_image();
    struct comparison got;
    if (!image.bytes)
        skip();
    compare_image(&image, &got);
    assert_true(got.compared > 5);
}

TEST(this_program_agrees)
{
    (void)state;
    struct comparison got;
    compare_file("/proc/self/exe", &got);
    assert_true(got.ends > 0); /* _start */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libc_agrees),    cmocka_unit_test(ld_so_agrees),    cmocka_unit_test(libjpeg_agrees),
        cmocka_unit_test(libcrypto_agrees), cmocka_unit_test(the_vdso_agrees), cmocka_unit_test(this_program_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
