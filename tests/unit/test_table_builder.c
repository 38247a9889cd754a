/* Call frame programs assembled by hand -> the rows that must come out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/made_module.h"

#define TEST(name) static void name(void **state)
#define PROGRAM(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

enum { RBX = 3, RBP = 6, RSP = 7, R10 = 10, LENGTH = 0x40 };

static struct made_module made;

static void build_one(const uint8_t *program, size_t count)
{
    made_begin(&made);
    made_fde(&made, made_cie(&made), 0, LENGTH, program, count);
    assert_true(made_build(&made));
}

static void assert_row(unsigned a, enum unwind_kind kind, unsigned cfa_words, unsigned rbp_words, unsigned rbx_words)
{
    struct unwind_row row = made_row(&made, a);
    assert_int_equal(row.kind, kind);
    assert_int_equal(row.cfa_words, cfa_words);
    assert_int_equal(row.rbp_words, rbp_words);
    assert_int_equal(row.rbx_words, rbx_words);
}

static struct unwind_extra extra_at(unsigned a)
{
    struct unwind_row row = made_row(&made, a);
    assert_int_equal(row.kind, UNWIND_EXTRA);
    assert_true(unwind_row_extra(row) < made.table.extra_count);
    return made.table.extras[unwind_row_extra(row)];
}

static void assert_saved(struct unwind_saved saved, enum unwind_rule rule, unsigned reg, int offset)
{
    assert_int_equal(saved.rule, rule);
    assert_int_equal(saved.reg, reg);
    assert_int_equal(saved.offset, offset);
}

TEST(the_common_function)
{
    (void)state;
    build_one(PROGRAM(0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, RBP, 0x50, 0x83, 3, 0x60 | 0x0f, 0x0c, RSP, 8));
    assert_row(0, UNWIND_RSP, 1, 0, 0);
    assert_row(1, UNWIND_RSP, 2, 2, 0);
    assert_row(3, UNWIND_RSP, 2, 2, 0);
    assert_row(4, UNWIND_RBP, 2, 2, 0);
    assert_row(0x14, UNWIND_RBP, 2, 2, 3);
    assert_row(0x14 + 0x2e, UNWIND_NONE, 0, 0, 0);
    assert_int_equal(made.statistics.functions, 1);
    assert_int_equal(made.statistics.bad, 0);
}

TEST(nothing_holds_outside_functions)
{
    (void)state;
    build_one(PROGRAM(0));
    assert_row(LENGTH - 1, UNWIND_RSP, 1, 0, 0);
    assert_row(LENGTH, UNWIND_NONE, 0, 0, 0);
    struct unwind_row row;
    assert_false(unwind_table_find(&made.table, MADE_CODE - 1, &row));
    assert_false(unwind_table_find(&made.table, 0, &row));
    assert_false(unwind_table_find(&made.table, UINT32_MAX, &row));
}

TEST(all_ways_to_advance)
{
    (void)state;
    build_one(PROGRAM(0x02, 4, 0x0e, 16, 0x03, 4, 0, 0x0e, 24, 0x04, 4, 0, 0, 0, 0x0e, 32));
    assert_row(3, UNWIND_RSP, 1, 0, 0);
    assert_row(4, UNWIND_RSP, 2, 0, 0);
    assert_row(8, UNWIND_RSP, 3, 0, 0);
    assert_row(12, UNWIND_RSP, 4, 0, 0);
    assert_row(LENGTH - 1, UNWIND_RSP, 4, 0, 0);
}

TEST(set_loc_is_relative_to_its_own_place)
{
    (void)state;
    made_begin(&made);
    size_t cie = made_cie(&made);
    uint8_t program[] = {0x01, 0, 0, 0, 0, 0x0e, 16};
    size_t operand = made.length + 17 + 1; /* behind the FDE's header and the opcode */
    uint32_t distance = (uint32_t)(MADE_CODE + 8 - operand);
    memcpy(program + 1, &distance, 4);
    made_fde(&made, cie, 0, LENGTH, program, sizeof program);
    assert_true(made_build(&made));
    assert_row(7, UNWIND_RSP, 1, 0, 0);
    assert_row(8, UNWIND_RSP, 2, 0, 0);
}

TEST(the_code_factor_scales_advances)
{
    (void)state;
    made_begin(&made);
    made_fde(&made, made_cie_as(&made, "zR", 1, 4, PROGRAM(0x0c, RSP, 8, 0x90, 1)), 0, LENGTH, PROGRAM(0x42, 0x0e, 16));
    assert_true(made_build(&made));
    assert_row(7, UNWIND_RSP, 1, 0, 0);
    assert_row(8, UNWIND_RSP, 2, 0, 0);
}

TEST(later_cie_versions)
{
    (void)state;
    static const unsigned versions[] = {3, 4};
    for (unsigned i = 0; i < 2; i++) {
        made_begin(&made);
        made_fde(&made, made_cie_as(&made, "zR", versions[i], 1, PROGRAM(0x0c, RSP, 8, 0x90, 1)), 0, LENGTH, PROGRAM(0x41, 0x0e, 16));
        assert_true(made_build(&made));
        assert_row(1, UNWIND_RSP, 2, 0, 0);
    }
}

TEST(all_ways_to_save_a_register)
{
    (void)state;
    build_one(PROGRAM(0x0e, 48, 0x05, RBP, 2, 0x05, RBX, 3));
    assert_row(0, UNWIND_RSP, 6, 2, 3);
    build_one(PROGRAM(0x0e, 48, 0x11, RBP, 4, 0x11, RBX, 5));
    assert_row(0, UNWIND_RSP, 6, 4, 5);
    build_one(PROGRAM(0x0e, 48, 0x86, 2, 0x2f, RBX, 2)); /* the negative of a negative: above the CFA */
    assert_saved(extra_at(0).rbx, UNWIND_RULE_AT_CFA, 0, 16);
    assert_saved(extra_at(0).rbp, UNWIND_RULE_AT_CFA, 0, -16);
}

TEST(restoring)
{
    (void)state;
    build_one(PROGRAM(0x0e, 32, 0x86, 2, 0x83, 3, 0x44, 0xc0 | RBP, 0x44, 0x06, RBX));
    assert_row(0, UNWIND_RSP, 4, 2, 3);
    assert_row(4, UNWIND_RSP, 4, 0, 3);
    assert_row(8, UNWIND_RSP, 4, 0, 0);
    build_one(PROGRAM(0x86, 2, 0x44, 0x08, RBP)); /* same value */
    assert_row(0, UNWIND_RSP, 1, 2, 0);
    assert_row(4, UNWIND_RSP, 1, 0, 0);
}

TEST(remembering)
{
    (void)state;
    build_one(PROGRAM(0x0e, 16, 0x86, 2, 0x44, 0x0a, 0x0e, 8, 0xc0 | RBP, 0x44, 0x0b, 0x44, 0x0e, 24));
    assert_row(3, UNWIND_RSP, 2, 2, 0);
    assert_row(4, UNWIND_RSP, 1, 0, 0);
    assert_row(8, UNWIND_RSP, 2, 2, 0);
    assert_row(12, UNWIND_RSP, 3, 2, 0);
}

TEST(signed_offsets_are_factored)
{
    (void)state;
    build_one(PROGRAM(0x12, RBP, 0x7e, 0x44, 0x13, 0x7d)); /* -2 * -8, -3 * -8 */
    assert_row(0, UNWIND_RBP, 2, 0, 0);
    assert_row(4, UNWIND_RBP, 3, 0, 0);
}

TEST(instructions_that_change_nothing_here)
{
    (void)state;
    build_one(PROGRAM(0x2e, 0x80, 0x01, 0x8c, 4, 0x07, 2, 0x08, 12, 0x09, 1, 5, 0x14, 12, 1, 0x16, 13, 2, 0x70, 0, 0x10, 14, 1, 0x96));
    assert_row(0, UNWIND_RSP, 1, 0, 0);
    assert_int_equal(made.statistics.bad, 0);
}

TEST(plt_expression)
{
    (void)state;
    build_one(PROGRAM(0x0e, 16, 0x46, 0x0e, 24, 0x4a, 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22));
    assert_row(0, UNWIND_RSP, 2, 0, 0);
    assert_row(6, UNWIND_RSP, 3, 0, 0);
    assert_row(16, UNWIND_PLT, 11, 0, 0);
    assert_int_equal(made.statistics.plt, 1);
    build_one(PROGRAM(0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x39, 0x2a, 0x33, 0x24, 0x22)); /* with endbr64 */
    assert_row(0, UNWIND_PLT, 9, 0, 0);
}

TEST(realigned_frame)
{
    (void)state;
    /* def_cfa r10; then CFA = *(rbp - 8), rbp at [rbp] */
    build_one(PROGRAM(0x0c, R10, 0, 0x44, 0x10, RBP, 2, 0x76, 0, 0x44, 0x0f, 3, 0x76, 0x78, 0x06));
    struct unwind_extra early = extra_at(0), saved = extra_at(4), late = extra_at(8);
    assert_int_equal(early.reg, R10);
    assert_int_equal(early.offset1, 0);
    assert_false(early.dereference);
    assert_saved(early.rbp, UNWIND_RULE_SAME, 0, 0);
    assert_saved(early.return_address, UNWIND_RULE_AT_CFA, 0, -8);
    assert_saved(saved.rbp, UNWIND_RULE_AT_REGISTER, RBP, 0);
    assert_int_equal(late.reg, RBP);
    assert_int_equal(late.offset1, -8);
    assert_true(late.dereference);
    assert_int_equal(late.offset2, 0);
    assert_saved(late.rbp, UNWIND_RULE_AT_REGISTER, RBP, 0);
}

TEST(expressions_of_openssl)
{
    (void)state;
    build_one(PROGRAM(0x0f, 6, 0x77, 0x98, 0x01, 0x06, 0x23, 8)); /* *(rsp + 152) + 8 */
    struct unwind_extra plain = extra_at(0);
    assert_true(plain.reg == RSP && plain.dereference && plain.offset1 == 152 && plain.offset2 == 8 && plain.index_scale == 0);
    build_one(PROGRAM(0x0f, 10, 0x77, 8, 0x79, 0, 0x38, 0x1e, 0x22, 0x06, 0x23, 8)); /* bn_mul_mont: *(rsp + 8 + 8 * r9) + 8 */
    struct unwind_extra indexed = extra_at(0);
    assert_true(indexed.reg == RSP && indexed.dereference && indexed.offset1 == 8 && indexed.offset2 == 8);
    assert_true(indexed.index_reg == 9 && indexed.index_scale == 8);
    build_one(PROGRAM(0x0f, 9, 0x79, 0, 0x33, 0x24, 0x77, 16, 0x22, 0x31, 0x1c)); /* r9 << 3 + (rsp + 16) - 1 */
    struct unwind_extra shifted = extra_at(0);
    assert_true(shifted.reg == RSP && !shifted.dereference && shifted.offset1 == 15 && shifted.index_reg == 9 && shifted.index_scale == 8);
}

TEST(expressions_of_other_shapes_are_not_guessed)
{
    (void)state;
    static const struct {
        uint8_t count, bytes[16];
    } cases[] = {
        {0, {0}},
        {1, {0x06}},                               /* nothing to dereference */
        {1, {0x77}},                               /* cut off */
        {3, {0x77, 8, 0x22}},                      /* one operand */
        {5, {0x77, 8, 0x76, 8, 0x22}},             /* sum of two registers */
        {4, {0x77, 8, 0x06, 0x06}},                /* two dereferences */
        {5, {0x77, 8, 0x77, 8, 0x1e}},             /* product of registers */
        {2, {0x31, 0x96}},                         /* a number */
        {3, {0x77, 8, 0x97}},                      /* unknown operation */
        {7, {0x77, 0, 0x10, 0xff, 0xff, 0xff, 0x7f}}, /* a number on top */
        {10, {0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31, 0x31}}, /* too deep */
        {3, {0x92, 17, 0}},                        /* no such register */
        {4, {0x77, 0, 0x23, 0x80}},                /* overlong number, cut off */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t program[20] = {0x0f, cases[i].count};
        memcpy(program + 2, cases[i].bytes, cases[i].count);
        build_one(program, 2u + cases[i].count);
        assert_row(0, UNWIND_BAD, 0, 0, 0);
        assert_true(made.statistics.bad > 0);
    }
}

TEST(large_frames_go_to_an_extra)
{
    (void)state;
    build_one(PROGRAM(0x0e, 0xf8, 0xff, 0x01, 0x44, 0x0e, 0x80, 0x80, 0x02, 0x86, 2)); /* 32760: the last that fits; 32768 */
    assert_row(0, UNWIND_RSP, 4095, 0, 0);
    assert_int_equal(extra_at(4).offset1, 32768);
    assert_int_equal(extra_at(4).reg, RSP);
    assert_saved(extra_at(4).rbp, UNWIND_RULE_AT_CFA, 0, -16);
    build_one(PROGRAM(0x0e, 16, 0x86, 0xff, 0x01, 0x44, 0x86, 0x80, 0x02)); /* 255 words, 256 words */
    assert_row(0, UNWIND_RSP, 2, 255, 0);
    assert_saved(extra_at(4).rbp, UNWIND_RULE_AT_CFA, 0, -2048);
    build_one(PROGRAM(0x0e, 12)); /* not in words */
    assert_int_equal(extra_at(0).offset1, 12);
}

TEST(rules_that_memory_does_not_answer)
{
    (void)state;
    build_one(PROGRAM(0x07, RBP));
    assert_saved(extra_at(0).rbp, UNWIND_RULE_LOST, 0, 0);
    build_one(PROGRAM(0x14, RBP, 2, 0x15, RBX, 2));
    assert_saved(extra_at(0).rbp, UNWIND_RULE_LOST, 0, 0);
    assert_saved(extra_at(0).rbx, UNWIND_RULE_LOST, 0, 0);
    build_one(PROGRAM(0x09, RBP, 12)); /* in r12 */
    assert_saved(extra_at(0).rbp, UNWIND_RULE_IN_REGISTER, 12, 0);
    build_one(PROGRAM(0x16, RBP, 3, 0x77, 16, 0x06)); /* is what stands at rsp + 16 */
    assert_saved(extra_at(0).rbp, UNWIND_RULE_AT_REGISTER, RSP, 16);
    build_one(PROGRAM(0x10, RBP, 2, 0x23, 0x18)); /* at CFA + 24 */
    assert_saved(extra_at(0).rbp, UNWIND_RULE_AT_CFA, 0, 24);
}

TEST(where_the_return_address_may_be)
{
    (void)state;
    build_one(PROGRAM(0x07, 16));
    assert_row(0, UNWIND_END, 0, 0, 0);
    assert_int_equal(made.statistics.ends, 1);
    build_one(PROGRAM(0x0e, 0, 0x09, 16, 5)); /* vfork: in rdi */
    assert_saved(extra_at(0).return_address, UNWIND_RULE_IN_REGISTER, 5, 0);
    build_one(PROGRAM(0x0c, 5, 0, 0x09, RSP, 8, 0x09, RBP, 9, 0x09, 16, 1)); /* longjmp */
    assert_saved(extra_at(0).sp, UNWIND_RULE_IN_REGISTER, 8, 0);
    assert_saved(extra_at(0).return_address, UNWIND_RULE_IN_REGISTER, 1, 0);
    build_one(PROGRAM(0x90, 3)); /* further down */
    assert_saved(extra_at(0).return_address, UNWIND_RULE_AT_CFA, 0, -24);
    build_one(PROGRAM(0x08, 16)); /* "same value": a function that returns to itself */
    assert_row(0, UNWIND_BAD, 0, 0, 0);
}

TEST(signal_frames)
{
    (void)state;
    made_begin(&made);
    size_t cie = made_cie_as(&made, "zRS", 1, 1, PROGRAM(0x0f, 4, 0x77, 0xa0, 0x01, 0x06));
    made_fde(&made, cie, 0, 16, PROGRAM(0x10, 16, 3, 0x77, 0xa8, 0x01));
    assert_true(made_build(&made));
    assert_row(0, UNWIND_SIGNAL, 0, 0, 0);
    assert_int_equal(made.statistics.signal_frames, 1);
}

TEST(functions_out_of_order_overlapping_and_apart)
{
    (void)state;
    made_begin(&made);
    size_t cie = made_cie(&made);
    made_fde(&made, cie, 0x200, 0x20, PROGRAM(0x0e, 32));
    made_fde(&made, cie, 0x100, 0x20, PROGRAM(0x0e, 16));
    made_fde(&made, cie, 0x110, 0x20, PROGRAM(0x0e, 24)); /* its first half belongs to the function before */
    made_fde(&made, cie, 0x300, 0, PROGRAM(0));           /* empty */
    made_fde(&made, cie, MADE_CODE_BYTES - 8, 0x100, PROGRAM(0x0e, 40)); /* beyond the code */
    made_fde(&made, cie, 0x5000, 0x10, PROGRAM(0));       /* no code at all */
    assert_true(made_build(&made));
    assert_row(0xff, UNWIND_NONE, 0, 0, 0);
    assert_row(0x100, UNWIND_RSP, 2, 0, 0);
    assert_row(0x11f, UNWIND_RSP, 2, 0, 0);
    assert_row(0x120, UNWIND_RSP, 3, 0, 0);
    assert_row(0x130, UNWIND_NONE, 0, 0, 0);
    assert_row(0x21f, UNWIND_RSP, 4, 0, 0);
    assert_row(0x300, UNWIND_NONE, 0, 0, 0);
    assert_row(MADE_CODE_BYTES - 1, UNWIND_RSP, 5, 0, 0);
    assert_row(MADE_CODE_BYTES, UNWIND_NONE, 0, 0, 0);
    assert_int_equal(made.statistics.functions, 4);
}

TEST(a_program_that_begins_without_information_ends_there)
{
    (void)state;
    made_begin(&made);
    made_fde(&made, made_cie(&made), 0x40, 0x20, PROGRAM(0));
    uint64_t entry = MADE_CODE + 0x20;
    memcpy(made.bytes + offsetof(Elf64_Ehdr, e_entry), &entry, sizeof entry);
    assert_true(made_build(&made));
    assert_row(0x20, UNWIND_NONE, 0, 0, 0); /* a library's entry says nothing */
    memcpy(made.bytes + entry, "\x48\x89\xe7\xe8", 4);
    assert_true(made_build(&made));
    assert_row(0x1f, UNWIND_NONE, 0, 0, 0);
    assert_row(0x20, UNWIND_END, 0, 0, 0); /* ld.so: mov %rsp,%rdi; call */
    assert_row(0x3f, UNWIND_END, 0, 0, 0);
    assert_row(0x40, UNWIND_RSP, 1, 0, 0);
    entry = MADE_CODE + 0x100;
    memcpy(made.bytes + offsetof(Elf64_Ehdr, e_entry), &entry, sizeof entry);
    made.bytes[offsetof(Elf64_Ehdr, e_type)] = ET_EXEC;
    assert_true(made_build(&made));
    assert_row(0x100, UNWIND_END, 0, 0, 0);
    assert_row(0x1ff, UNWIND_END, 0, 0, 0);
    assert_row(0x200, UNWIND_NONE, 0, 0, 0);
}

TEST(what_is_not_understood_is_bad_up_to_the_functions_end)
{
    (void)state;
    static const struct {
        uint8_t count, bytes[24];
    } cases[] = {
        {1, {0x3f}},                               /* unknown opcode */
        {1, {0x0b}},                               /* nothing remembered */
        {2, {0x0e, 0x80}},                         /* LEB cut off */
        {1, {0x02}},                               /* operand cut off */
        {2, {0x03, 1}},
        {4, {0x04, 1, 0, 0}},
        {3, {0x01, 0, 0}},
        {3, {0x0f, 5, 0x77}},                      /* expression longer than the record */
        {12, {0x0e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0}}, /* number beyond 64 bits */
        {12, {0x13, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x3f, 0}},
        {11, {0x0e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}}, /* offset that no frame has */
        {5, {0x01, 0, 0xe7, 0xff, 0xff}},          /* backwards */
        {5, {0x01, 0, 0, 0, 0x10}},                /* beyond the function */
        {4, {0x0f, 1, 0x96, 0x0e}},                /* then an offset for a CFA that is an expression, cut off */
        {17, {0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a, 0x0a}}, /* too deep */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t program[32] = {0x44, 0x0e, 16, 0x44};
        made_begin(&made);
        size_t cie = made_cie(&made), start = made.length;
        memcpy(program + 4, cases[i].bytes, cases[i].count);
        made_fde(&made, cie, 0, LENGTH, program, 4u + cases[i].count);
        uint32_t exact = 13u + 4u + cases[i].count; /* no padding behind: a cut operand stays cut */
        memcpy(made.bytes + start, &exact, 4);
        made.length = start + 4 + exact;
        made_u32(&made, 0);
        assert_true(made_build(&made));
        assert_row(0, UNWIND_RSP, 1, 0, 0);
        assert_row(4, UNWIND_RSP, 2, 0, 0);
        assert_row(8, UNWIND_BAD, 0, 0, 0);
        assert_row(LENGTH - 1, UNWIND_BAD, 0, 0, 0);
        assert_row(LENGTH, UNWIND_NONE, 0, 0, 0);
        assert_int_equal(made.statistics.bad, 1);
    }
}

TEST(padded_numbers_are_numbers)
{
    (void)state;
    build_one(PROGRAM(0x0e, 0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00));
    assert_row(0, UNWIND_RSP, 2, 0, 0);
    build_one(PROGRAM(0x13, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)); /* -2 */
    assert_row(0, UNWIND_RSP, 2, 0, 0);
}

TEST(an_advance_beyond_the_function_stays_inside_it)
{
    (void)state;
    build_one(PROGRAM(0x0e, 16, 0x04, 0xff, 0xff, 0xff, 0xff, 0x0e, 24));
    assert_row(LENGTH - 1, UNWIND_RSP, 2, 0, 0);
    assert_row(LENGTH, UNWIND_NONE, 0, 0, 0);
}

/* Builds a second function with the record at `start` broken by `offset`, `value`: the first function's rows must not suffer. */
static void with_broken_byte(size_t offset, uint8_t value, bool expect_second)
{
    made_begin(&made);
    size_t good = made_cie(&made);
    made_fde(&made, good, 0, LENGTH, PROGRAM(0x0e, 16));
    size_t second = made_cie(&made);
    made_fde(&made, second, 0x80, LENGTH, PROGRAM(0x0e, 24));
    made.bytes[second + offset] = value;
    assert_true(made_build(&made));
    assert_row(0, UNWIND_RSP, 2, 0, 0);
    assert_row(0x80, expect_second ? UNWIND_RSP : UNWIND_NONE, expect_second ? 3 : 0, 0, 0);
    assert_true((made.statistics.bad == 0) == expect_second);
}

TEST(cies_that_are_not_understood)
{
    (void)state;
    enum { AT_CODE_FACTOR = 12, AT_VERSION = 8, AT_AUGMENTATION = 9, AT_DATA_BYTES = 15, AT_ENCODING = 16, AT_PROGRAM = 17 };
    with_broken_byte(AT_CODE_FACTOR, 1, true); /* as it is */
    with_broken_byte(AT_CODE_FACTOR, 2, true); /* no advance, no difference */
    with_broken_byte(AT_VERSION, 2, false);
    with_broken_byte(AT_AUGMENTATION, 'e', false);
    with_broken_byte(AT_AUGMENTATION + 1, 'Q', false);
    with_broken_byte(AT_DATA_BYTES, 0, false);
    with_broken_byte(AT_DATA_BYTES, 200, false);
    with_broken_byte(AT_ENCODING, 0x9b, false); /* indirect */
    with_broken_byte(AT_ENCODING, 0x3b, false); /* relative to data */
    with_broken_byte(AT_ENCODING, 0x17, false); /* no such format */
    with_broken_byte(4, 1, false);              /* no CIE at all */
}

TEST(a_cie_whose_program_is_wrong_makes_its_functions_bad)
{
    (void)state;
    static const uint8_t programs[][5] = {{0x3f}, {0xc6}, {0x41}, {0x0b}, {0x0e, 16}};
    for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++) {
        made_begin(&made);
        made_fde(&made, made_cie_as(&made, "zR", 1, 1, programs[i], 5), 0, LENGTH, PROGRAM(0));
        assert_true(made_build(&made));
        assert_row(0, UNWIND_BAD, 0, 0, 0);
    }
}

TEST(records_that_point_outside)
{
    (void)state;
    static const uint32_t distances[] = {0x7fffffff, 0xffffffff, 0x10000, 5, 1};
    for (unsigned i = 0; i < sizeof distances / sizeof *distances; i++) {
        made_begin(&made);
        size_t cie = made_cie(&made);
        made_fde(&made, cie, 0, LENGTH, PROGRAM(0x0e, 16));
        size_t broken = made.length;
        made_fde(&made, cie, 0x80, LENGTH, PROGRAM(0x0e, 24));
        memcpy(made.bytes + broken + 4, &distances[i], 4);
        made_fde(&made, cie, 0x100, LENGTH, PROGRAM(0x0e, 32));
        assert_true(made_build(&made));
        assert_row(0, UNWIND_RSP, 2, 0, 0);
        assert_row(0x80, UNWIND_NONE, 0, 0, 0);
        assert_row(0x100, UNWIND_RSP, 4, 0, 0);
        assert_int_equal(made.statistics.bad, 1);
    }
}

TEST(lengths_that_lead_outside_end_the_reading)
{
    (void)state;
    static const uint32_t lengths[] = {0xffffffff, 0xfffffff0, 0x7fffffff, MADE_BYTES};
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        made_begin(&made);
        size_t cie = made_cie(&made);
        made_fde(&made, cie, 0, LENGTH, PROGRAM(0x0e, 16));
        size_t broken = made.length;
        made_fde(&made, cie, 0x80, LENGTH, PROGRAM(0x0e, 24));
        memcpy(made.bytes + broken, &lengths[i], 4);
        assert_true(made_build(&made));
        assert_row(0, UNWIND_RSP, 2, 0, 0);
        assert_row(0x80, UNWIND_NONE, 0, 0, 0);
        assert_true(made.statistics.bad > 0);
    }
}

/* Without section headers an empty record is the end; with them it only ends a piece. */
TEST(an_empty_record_between_pieces)
{
    (void)state;
    made_begin(&made);
    size_t cie = made_cie(&made);
    made_fde(&made, cie, 0, LENGTH, PROGRAM(0x0e, 16));
    made_u32(&made, 0);
    made_fde(&made, cie, 0x80, LENGTH, PROGRAM(0x0e, 24));
    uint64_t frames_end = made.length;
    assert_true(made_build(&made));
    assert_row(0x80, UNWIND_NONE, 0, 0, 0);
    static const char names[] = "\0.eh_frame\0.shstrtab";
    uint64_t names_at = made.length;
    made_put(&made, names, sizeof names);
    made.length = (made.length + 7) / 8 * 8;
    uint64_t sections_at = made.length;
    Elf64_Shdr sections[3] = {
        {.sh_type = SHT_NULL},
        {.sh_name = 1, .sh_type = SHT_PROGBITS, .sh_addr = MADE_FRAMES, .sh_offset = MADE_FRAMES, .sh_size = frames_end - MADE_FRAMES},
        {.sh_name = 11, .sh_type = SHT_STRTAB, .sh_offset = names_at, .sh_size = sizeof names},
    };
    made_put(&made, sections, sizeof sections);
    Elf64_Ehdr header;
    memcpy(&header, made.bytes, sizeof header);
    header.e_shoff = sections_at;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 3;
    header.e_shstrndx = 2;
    memcpy(made.bytes, &header, sizeof header);
    assert_true(made_build(&made));
    assert_row(0, UNWIND_RSP, 2, 0, 0);
    assert_row(0x80, UNWIND_RSP, 3, 0, 0);
}

TEST(files_that_are_no_modules)
{
    (void)state;
    made_begin(&made);
    made_fde(&made, made_cie(&made), 0, LENGTH, PROGRAM(0));
    static const struct {
        size_t offset;
        uint8_t value;
    } breaks[] = {
        {0, 'x'}, {EI_CLASS, ELFCLASS32}, {EI_DATA, ELFDATA2MSB}, {offsetof(Elf64_Ehdr, e_machine), EM_386},
        {offsetof(Elf64_Ehdr, e_type), ET_REL}, {offsetof(Elf64_Ehdr, e_type), ET_CORE}, {offsetof(Elf64_Ehdr, e_phnum), 0},
        {offsetof(Elf64_Ehdr, e_phentsize), 32}, {offsetof(Elf64_Ehdr, e_phoff) + 7, 0xff}, {MADE_HEADER, 9}, {MADE_HEADER + 1, 0xff},
        {sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_flags), PF_R}, {sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_offset) + 7, 0xff},
        {sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz) + 7, 0xff}, {sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_vaddr) + 7, 0xff},
    };
    assert_true(made_build(&made));
    for (unsigned i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        uint8_t was = made.bytes[breaks[i].offset];
        made.bytes[breaks[i].offset] = breaks[i].value;
        made.why = NULL;
        assert_false(made_build(&made));
        assert_non_null(made.why);
        assert_null(made.blob);
        made.bytes[breaks[i].offset] = was;
    }
}

/* A file cut off at any byte: no read outside (a sanitizer build sees it: each copy is exactly as long), and only rows that the whole
 * file has too, or none. */
TEST(truncated_at_every_byte)
{
    (void)state;
    made_begin(&made);
    size_t cie = made_cie(&made);
    made_fde(&made, cie, 0, LENGTH, PROGRAM(0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, RBP));
    made_fde(&made, cie, 0x80, LENGTH, PROGRAM(0x0f, 6, 0x77, 0x98, 0x01, 0x06, 0x23, 8));
    for (size_t length = 0; length <= made.length; length++) {
        void *blob = NULL;
        size_t bytes;
        const char *why = NULL;
        uint8_t *copy = malloc(length ? length : 1);
        memcpy(copy, made.bytes, length);
        for (size_t i = 1; i < 3 && length >= 64 + 3 * sizeof(Elf64_Phdr); i++) { /* segments that fit the shorter file */
            uint64_t fits = length > MADE_HEADER ? length - MADE_HEADER : 0;
            memcpy(copy + 64 + i * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, p_filesz), &fits, 8);
        }
        struct module_image image = {copy, length};
        bool built = table_builder_build(&image, &blob, &bytes, NULL, &why);
        assert_true(built == (blob != NULL) && (built || why));
        struct unwind_code code;
        assert_true(table_builder_code(&image, &code) == (length >= MADE_CODE + MADE_CODE_BYTES));
        free(blob);
        free(copy);
    }
}

TEST(the_code_of_a_module)
{
    (void)state;
    made_begin(&made);
    struct module_image image = {made.bytes, MADE_BYTES};
    struct unwind_code code;
    assert_true(table_builder_code(&image, &code));
    assert_int_equal(code.first, MADE_CODE);
    assert_int_equal(code.last, MADE_CODE + MADE_CODE_BYTES);
    assert_ptr_equal(code.bytes, made.bytes + MADE_CODE);
    made_fde(&made, made_cie(&made), 0x100, LENGTH, PROGRAM(0));
    assert_true(made_build(&made));
    assert_int_equal(made.table.code_first, MADE_CODE); /* all of it, not only where functions are */
    assert_int_equal(made.table.code_last, MADE_CODE + MADE_CODE_BYTES);
    Elf64_Phdr second = {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = MADE_HEADER, .p_vaddr = 0x9000, .p_filesz = 0x100, .p_memsz = 0x100};
    memcpy(made.bytes + sizeof(Elf64_Ehdr) + 2 * sizeof second, &second, sizeof second); /* behind a hole: not part of the range */
    assert_true(table_builder_code(&image, &code));
    assert_int_equal(code.last, MADE_CODE + MADE_CODE_BYTES);
    second.p_vaddr = MADE_HEADER;
    memcpy(made.bytes + sizeof(Elf64_Ehdr) + 2 * sizeof second, &second, sizeof second);
    assert_true(table_builder_code(&image, &code));
    assert_int_equal(code.last, MADE_HEADER + 0x100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_common_function),
        cmocka_unit_test(nothing_holds_outside_functions),
        cmocka_unit_test(all_ways_to_advance),
        cmocka_unit_test(set_loc_is_relative_to_its_own_place),
        cmocka_unit_test(the_code_factor_scales_advances),
        cmocka_unit_test(later_cie_versions),
        cmocka_unit_test(all_ways_to_save_a_register),
        cmocka_unit_test(restoring),
        cmocka_unit_test(remembering),
        cmocka_unit_test(signed_offsets_are_factored),
        cmocka_unit_test(instructions_that_change_nothing_here),
        cmocka_unit_test(plt_expression),
        cmocka_unit_test(realigned_frame),
        cmocka_unit_test(expressions_of_openssl),
        cmocka_unit_test(expressions_of_other_shapes_are_not_guessed),
        cmocka_unit_test(large_frames_go_to_an_extra),
        cmocka_unit_test(rules_that_memory_does_not_answer),
        cmocka_unit_test(where_the_return_address_may_be),
        cmocka_unit_test(signal_frames),
        cmocka_unit_test(functions_out_of_order_overlapping_and_apart),
        cmocka_unit_test(a_program_that_begins_without_information_ends_there),
        cmocka_unit_test(what_is_not_understood_is_bad_up_to_the_functions_end),
        cmocka_unit_test(padded_numbers_are_numbers),
        cmocka_unit_test(an_advance_beyond_the_function_stays_inside_it),
        cmocka_unit_test(cies_that_are_not_understood),
        cmocka_unit_test(a_cie_whose_program_is_wrong_makes_its_functions_bad),
        cmocka_unit_test(records_that_point_outside),
        cmocka_unit_test(lengths_that_lead_outside_end_the_reading),
        cmocka_unit_test(an_empty_record_between_pieces),
        cmocka_unit_test(files_that_are_no_modules),
        cmocka_unit_test(truncated_at_every_byte),
        cmocka_unit_test(the_code_of_a_module),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    made_end(&made);
    return failed;
}
