/* The walk over stacks written by hand: what a frame means, and every reason to stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profiler/unwind/unwind_arch.h"
#include "tests/unit/made_module.h"

#define TEST(name) static void name(void **state)
#define PROGRAM(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* Functions of the module; each has SIZE bytes. */
enum {
    SIZE = 0x40,
    SMALL = 0x00,   /* CFA = rsp + 24 */
    FRAMED = 0x40,  /* CFA = rbp + 16, rbp saved */
    ROOT = 0x80,    /* undefined return address */
    RESTORER = 0xc0, /* signal frame */
    BROKEN = 0x100, /* not understood */
    TINY = 0x140,   /* CFA = rsp + 0: does not move up */
    ODD = 0x180,    /* CFA = rsp + 12 */
    SAVING = 0x1c0, /* CFA = rsp + 32, rbx at CFA - 16 */
    ON_RBX = 0x200, /* CFA = rbx + 16 */
    FAR = 0x240,    /* CFA = rsp + 40000 */
    FORK = 0x280,   /* return address in rdi, CFA = rsp */
    BARE = 0x400,   /* no information up to BARE_END */
    BARE_END = 0x800,
    CALLER = 0x800, /* CFA = rsp + 8; holds call instructions */
    WORDS = 600, BASE = 0x7000000, BIAS = 0x10000000,
};

static struct made_module made;
static struct unwind_module modules[2];
static struct unwind_code code[2];
static struct unwind_space space;
static uint64_t *words; /* the stack, a block of exactly its size */
static struct unwind_stack stack;
static struct unwind_registers registers;
static uint64_t pcs[512];
static enum unwind_stop stop;
static uint8_t *arena;

static uint64_t at(unsigned function) { return BIAS + MADE_CODE + function; }
static uint64_t slot(unsigned word) { return BASE + 8u * word; }

static uint32_t noise(void)
{
    static uint32_t seed = 7;
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static void call_at(unsigned place, unsigned target) /* the five bytes before `place` call `target` */
{
    int32_t distance = (int32_t)target - (int32_t)place;
    made.bytes[MADE_CODE + place - 5] = 0xe8;
    memcpy(made.bytes + MADE_CODE + place - 4, &distance, 4);
}

static int set_up(void **state)
{
    (void)state;
    made_begin(&made);
    size_t cie = made_cie(&made);
    made_fde(&made, cie, SMALL, SIZE, PROGRAM(0x0e, 24));
    made_fde(&made, cie, FRAMED, SIZE, PROGRAM(0x0c, 6, 16, 0x86, 2));
    made_fde(&made, cie, ROOT, SIZE, PROGRAM(0x07, 16));
    made_fde(&made, made_cie_as(&made, "zRS", 1, 1, PROGRAM(0x0c, 7, 0)), RESTORER, SIZE, PROGRAM(0));
    made_fde(&made, cie, BROKEN, SIZE, PROGRAM(0x3f));
    made_fde(&made, cie, TINY, SIZE, PROGRAM(0x0e, 0));
    made_fde(&made, cie, ODD, SIZE, PROGRAM(0x0e, 12));
    made_fde(&made, cie, SAVING, SIZE, PROGRAM(0x0e, 32, 0x83, 2));
    made_fde(&made, cie, ON_RBX, SIZE, PROGRAM(0x0c, 3, 16));
    made_fde(&made, cie, FAR, SIZE, PROGRAM(0x0e, 0xc0, 0xb8, 0x02));
    made_fde(&made, cie, FORK, SIZE, PROGRAM(0x0e, 0, 0x09, 16, 5));
    made_fde(&made, cie, CALLER, SIZE, PROGRAM(0x0e, 8));
    assert_true(made_build(&made));
    arena = calloc(1, 16 + made.blob_bytes);
    memcpy(arena + 16, made.blob, made.blob_bytes);
    modules[0] = (struct unwind_module){BIAS + MADE_CODE, BIAS + MADE_CODE + MADE_CODE_BYTES, BIAS, 16};
    modules[1] = (struct unwind_module){BIAS + 0x100000, BIAS + 0x101000, BIAS + 0x100000, 0}; /* no table */
    code[0] = (struct unwind_code){MADE_CODE, MADE_CODE + MADE_CODE_BYTES, made.bytes + MADE_CODE};
    space = (struct unwind_space){.modules = modules, .module_count = 2, .arena = arena, .arena_bytes = 16 + made.blob_bytes, .code = code};
    words = calloc(WORDS, sizeof *words);
    stack = (struct unwind_stack){.low = BASE, .high = slot(WORDS), .bytes = (const uint8_t *)words};
    memset(&registers, 0, sizeof registers);
    registers.value[UNWIND_RSP_NUMBER] = slot(100);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(words);
    free(arena);
    return 0;
}

static unsigned walk_from(unsigned function, unsigned max_depth)
{
    registers.value[UNWIND_RIP_NUMBER] = at(function) + 5;
    return unwind_walk(&space, &registers, &stack, NULL, pcs, max_depth, &stop);
}

TEST(frames_by_rsp_and_by_rbp)
{
    (void)state;
    words[102] = at(FRAMED) + 9;
    words[110] = slot(120); /* saved rbp */
    words[111] = at(FRAMED) + 20;
    words[121] = at(ROOT) + 3;
    registers.value[UNWIND_RBP_NUMBER] = slot(110);
    assert_int_equal(walk_from(SMALL, 512), 4);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    assert_int_equal(pcs[0], at(SMALL) + 5);   /* as interrupted */
    assert_int_equal(pcs[1], at(FRAMED) + 8);  /* inside the call */
    assert_int_equal(pcs[2], at(FRAMED) + 19);
    assert_int_equal(pcs[3], at(ROOT) + 2);
}

TEST(a_zero_return_address_is_the_end)
{
    (void)state;
    assert_int_equal(walk_from(SMALL, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
}

TEST(rbx_is_followed)
{
    (void)state;
    words[103] = at(ON_RBX) + 1;
    words[102] = slot(130); /* rbx */
    words[131] = at(ROOT) + 1;
    assert_int_equal(walk_from(SAVING, 512), 3);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
}

TEST(large_frames)
{
    (void)state;
    free(words);
    words = calloc(6000, 8);
    stack.bytes = (const uint8_t *)words;
    stack.high = slot(6000);
    words[100 + 5000 - 1] = at(ROOT) + 1;
    assert_int_equal(walk_from(FAR, 512), 2);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
}

TEST(a_return_address_in_a_register)
{
    (void)state;
    registers.value[5] = at(SMALL) + 7;
    words[102] = at(ROOT) + 1;
    assert_int_equal(walk_from(FORK, 512), 3);
    assert_int_equal(pcs[1], at(SMALL) + 6);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    /* Further out that register holds something else, and a frame without size might never end. */
    words[102] = at(FORK) + 5;
    assert_int_equal(walk_from(SMALL, 512), 2);
    assert_int_equal(stop, UNWIND_STOP_STACK_RANGE);
}

TEST(the_depth_limit)
{
    (void)state;
    for (unsigned word = 102; word < 150; word += 3)
        words[word] = at(SMALL) + 9;
    words[150] = at(ROOT) + 1;
    assert_int_equal(walk_from(SMALL, 512), 18);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    assert_int_equal(walk_from(SMALL, 18), 18);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    pcs[17] = 1234;
    assert_int_equal(walk_from(SMALL, 17), 17);
    assert_int_equal(stop, UNWIND_STOP_DEPTH);
    assert_int_equal(pcs[17], 1234);
    assert_int_equal(walk_from(SMALL, 1), 1);
    assert_int_equal(stop, UNWIND_STOP_DEPTH);
}

TEST(walk_stops_at_misaligned_sp)
{
    (void)state;
    assert_int_equal(walk_from(ODD, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_MISALIGNED);
    registers.value[UNWIND_RSP_NUMBER] = slot(100) + 4;
    assert_int_equal(walk_from(SMALL, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_MISALIGNED);
}

TEST(walk_stops_where_the_stack_does_not_move_up)
{
    (void)state;
    assert_int_equal(walk_from(TINY, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_STACK_RANGE);
    static const uint64_t bad[] = {0, 8, (uint64_t)BASE - 16, (uint64_t)BASE + 8 * 90, UINT64_MAX - 15, UINT64_MAX & ~UINT64_C(7)};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        registers.value[UNWIND_RBP_NUMBER] = bad[i];
        assert_int_equal(walk_from(FRAMED, 512), 1);
        assert_int_equal(stop, UNWIND_STOP_STACK_RANGE);
    }
}

TEST(walk_stops_at_the_ends_of_the_stack)
{
    (void)state;
    registers.value[UNWIND_RBP_NUMBER] = slot(WORDS - 1); /* the return address would be the word behind */
    assert_int_equal(walk_from(FRAMED, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_STACK_RANGE);
    registers.value[UNWIND_RBP_NUMBER] = slot(WORDS - 2);
    words[WORDS - 1] = at(ROOT) + 1;
    assert_int_equal(walk_from(FRAMED, 512), 2);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    static const uint64_t outside[] = {0, (uint64_t)BASE - 8, (uint64_t)BASE + 8 * WORDS, UINT64_MAX - 7};
    for (unsigned i = 0; i < sizeof outside / sizeof *outside; i++) {
        registers.value[UNWIND_RSP_NUMBER] = outside[i];
        assert_int_equal(walk_from(SMALL, 512), 1);
        assert_int_equal(stop, UNWIND_STOP_NO_STACK);
    }
}

TEST(unknown_modules_are_told_apart_from_bare_code)
{
    (void)state;
    registers.value[UNWIND_RIP_NUMBER] = 0x1234;
    assert_int_equal(unwind_walk(&space, &registers, &stack, NULL, pcs, 512, &stop), 1);
    assert_int_equal(stop, UNWIND_STOP_UNKNOWN_MODULE);
    words[102] = modules[0].end + 1;
    assert_int_equal(walk_from(SMALL, 512), 2);
    assert_int_equal(stop, UNWIND_STOP_UNKNOWN_MODULE);
    words[102] = modules[1].start + 0x100;
    assert_int_equal(walk_from(SMALL, 512), 2);
    assert_int_equal(stop, UNWIND_STOP_NO_INFORMATION);
    words[102] = at(BROKEN) + 3;
    assert_int_equal(walk_from(SMALL, 512), 2);
    assert_int_equal(stop, UNWIND_STOP_BAD_INFORMATION);
    assert_int_equal(walk_from(BARE + 8, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_NO_INFORMATION);
    space.module_count = 0;
    assert_int_equal(walk_from(SMALL, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_UNKNOWN_MODULE);
}

TEST(tables_that_are_not_in_the_arena)
{
    (void)state;
    static const uint64_t offsets[] = {15, 17, 1 << 20, UINT64_MAX};
    for (unsigned i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        modules[0].table = offsets[i];
        assert_int_equal(walk_from(SMALL, 512), 1);
        assert_int_equal(stop, UNWIND_STOP_NO_INFORMATION);
    }
}

/* Below a signal frame lie all registers of the interrupted code; its pc is exact, although the frame is not the innermost one. */
TEST(through_a_signal_frame)
{
    (void)state;
    uint64_t *gregs = &words[103 + UNWIND_UCONTEXT_GREGS / 8];
    words[102] = at(RESTORER) + 1;
    gregs[unwind_greg_of[UNWIND_RIP_NUMBER]] = at(FRAMED); /* its first byte: one less would be another function */
    gregs[unwind_greg_of[UNWIND_RSP_NUMBER]] = slot(200);
    gregs[unwind_greg_of[UNWIND_RBP_NUMBER]] = slot(210);
    gregs[unwind_greg_of[5]] = at(SMALL) + 7;
    words[211] = at(ROOT) + 1;
    assert_int_equal(walk_from(SMALL, 512), 4);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    assert_int_equal(pcs[1], at(RESTORER));
    assert_int_equal(pcs[2], at(FRAMED));
    assert_int_equal(pcs[3], at(ROOT));
    /* "same value" registers are from then on the interrupted code's */
    gregs[unwind_greg_of[UNWIND_RIP_NUMBER]] = at(FORK);
    words[202] = at(ROOT) + 1;
    assert_int_equal(walk_from(SMALL, 512), 5);
    assert_int_equal(pcs[3], at(SMALL) + 6);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    gregs[unwind_greg_of[UNWIND_RSP_NUMBER]] = slot(50); /* down: no */
    assert_int_equal(walk_from(SMALL, 512), 2);
    assert_int_equal(stop, UNWIND_STOP_STACK_RANGE);
    registers.value[UNWIND_RSP_NUMBER] = slot(WORDS - 10); /* the ucontext would leave the stack */
    words[WORDS - 8] = at(RESTORER) + 1;
    assert_int_equal(walk_from(SMALL, 512), 2);
    assert_int_equal(stop, UNWIND_STOP_STACK_RANGE);
}

static void bare_frame(unsigned return_word) /* BARE was called from CALLER, which ROOT called */
{
    call_at(CALLER + 16, BARE);
    words[return_word] = at(CALLER) + 16;
    words[return_word + 1] = at(ROOT) + 1;
}

TEST(bare_code_finds_its_caller)
{
    (void)state;
    static const unsigned places[] = {100, 101, 107, 140, 259};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        memset(words, 0, WORDS * sizeof *words);
        bare_frame(places[i]);
        assert_int_equal(walk_from(BARE + 8, 512), 3);
        assert_int_equal(stop, UNWIND_STOP_COMPLETE);
        assert_int_equal(pcs[1], at(CALLER) + 15);
        assert_int_equal(pcs[2], at(ROOT));
    }
    memset(words, 0, WORDS * sizeof *words);
    bare_frame(260); /* the search has its limit */
    assert_int_equal(walk_from(BARE + 8, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_NO_INFORMATION);
}

TEST(a_stale_address_that_leads_nowhere_is_not_taken)
{
    (void)state;
    call_at(SMALL + 32, BARE);
    words[101] = at(SMALL) + 32; /* its caller would be word 104: nothing */
    words[104] = 77;
    bare_frame(110);
    assert_int_equal(walk_from(BARE + 8, 512), 3);
    assert_int_equal(pcs[1], at(CALLER) + 15);
}

TEST(a_word_behind_no_call_is_not_taken)
{
    (void)state;
    words[105] = at(CALLER) + 32; /* nothing but nops before it */
    words[106] = at(ROOT) + 1;
    assert_int_equal(walk_from(BARE + 8, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_NO_INFORMATION);
}

TEST(bare_code_with_a_frame_pointer)
{
    (void)state;
    memcpy(made.bytes + MADE_CODE + BARE, "\x55\x48\x89\xe5", 4); /* push rbp; mov rsp,rbp */
    made.bytes[MADE_CODE + CALLER + 14] = 0xff;                   /* call *%rax */
    made.bytes[MADE_CODE + CALLER + 15] = 0xd0;
    registers.value[UNWIND_RBP_NUMBER] = slot(300); /* further than the search goes */
    words[300] = 0;
    words[301] = at(CALLER) + 16;
    words[302] = at(ROOT) + 1;
    assert_int_equal(walk_from(BARE + 8, 512), 3);
    assert_int_equal(pcs[1], at(CALLER) + 15);
    /* aligned: rbp -> old rsp -> saved rbp, return address */
    words[300] = slot(310);
    words[301] = 0x4242;
    words[311] = at(CALLER) + 16;
    words[312] = at(ROOT) + 1;
    assert_int_equal(walk_from(BARE + 8, 512), 3);
    assert_int_equal(pcs[1], at(CALLER) + 15);
}

/* A program built without any information, but with frame pointers: every frame is bare. */
TEST(bare_code_calls_bare_code)
{
    (void)state;
    memcpy(made.bytes + MADE_CODE + BARE, "\x55\x48\x89\xe5", 4);
    memcpy(made.bytes + MADE_CODE + BARE + 0x80, "\xff\xd0", 2); /* call *%rax */
    made.bytes[MADE_CODE + CALLER + 14] = 0xff;
    made.bytes[MADE_CODE + CALLER + 15] = 0xd0;
    registers.value[UNWIND_RBP_NUMBER] = slot(110);
    for (unsigned word = 110; word < 190; word += 10) {
        words[word] = slot(word + 10);
        words[word + 1] = at(BARE) + 0x82;
    }
    words[191] = at(CALLER) + 16;
    words[192] = at(ROOT) + 1;
    assert_int_equal(walk_from(BARE + 8, 512), 11);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    assert_int_equal(pcs[8], at(BARE) + 0x81);
    assert_int_equal(pcs[9], at(CALLER) + 15);
}

/* Where the copy of a stack ends before the stack does, nothing can be seen to reach the end: some frames that fit together must do. */
TEST(bare_code_over_a_copy_that_was_cut)
{
    (void)state;
    bare_frame(105);
    words[106] = at(SMALL) + 9;
    for (unsigned word = 109; word < 200; word += 3)
        words[word] = at(SMALL) + 9;
    stack.high = slot(180);
    assert_int_equal(walk_from(BARE + 8, 512), 1);
    assert_int_equal(stop, UNWIND_STOP_NO_INFORMATION);
    stack.cut = true;
    assert_true(walk_from(BARE + 8, 512) > 20);
    assert_int_equal(stop, UNWIND_STOP_STACK_RANGE);
    assert_int_equal(pcs[1], at(CALLER) + 15);
}

/* glibc's multi-precision functions push registers, and their information does not say so. */
TEST(a_leaf_that_pushed_without_saying_so)
{
    (void)state;
    call_at(CALLER + 16, SMALL);
    words[102] = 0x1234567; /* a pushed register, where the row has the return address */
    words[103] = at(CALLER) + 16;
    words[104] = at(ROOT) + 1;
    assert_int_equal(walk_from(SMALL, 512), 3);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    assert_int_equal(pcs[1], at(CALLER) + 15);
    words[102] = 0; /* and no end either */
    assert_int_equal(walk_from(SMALL, 512), 3);
    assert_int_equal(pcs[1], at(CALLER) + 15);
}

static bool nothing_is_loaded(uint64_t a)
{
    (void)a;
    return false;
}

/* Live, code is read at its own address: here the module really is where it says. */
TEST(live_code_is_read_only_while_its_module_is_loaded)
{
    (void)state;
    uint64_t bias = (uint64_t)made.bytes;
    modules[0] = (struct unwind_module){bias + MADE_CODE, bias + MADE_CODE + MADE_CODE_BYTES, bias, 16};
    space.module_count = 1;
    space.code = NULL;
    call_at(CALLER + 16, BARE);
    words[105] = bias + MADE_CODE + CALLER + 16;
    words[106] = bias + MADE_CODE + ROOT + 1;
    registers.value[UNWIND_RIP_NUMBER] = bias + MADE_CODE + BARE + 8;
    assert_int_equal(unwind_walk(&space, &registers, &stack, NULL, pcs, 512, &stop), 3);
    assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    space.is_loaded = nothing_is_loaded;
    assert_int_equal(unwind_walk(&space, &registers, &stack, NULL, pcs, 512, &stop), 1);
    assert_int_equal(stop, UNWIND_STOP_NO_INFORMATION);
}

TEST(the_cache_changes_nothing_and_ends_with_its_space)
{
    (void)state;
    struct unwind_cache *cache = calloc(1, sizeof *cache);
    words[102] = at(FRAMED) + 9;
    words[111] = at(ROOT) + 1;
    registers.value[UNWIND_RBP_NUMBER] = slot(110);
    registers.value[UNWIND_RIP_NUMBER] = at(SMALL) + 5;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(unwind_walk(&space, &registers, &stack, cache, pcs, 512, &stop), 3);
        assert_int_equal(stop, UNWIND_STOP_COMPLETE);
    }
    struct unwind_module moved[2] = {modules[0], modules[1]};
    moved[0].start += 1 << 20;
    moved[0].end += 1 << 20;
    moved[1].start += 2 << 20;
    moved[1].end += 2 << 20;
    space.modules = moved;
    assert_int_equal(unwind_walk(&space, &registers, &stack, cache, pcs, 512, &stop), 1);
    assert_int_equal(stop, UNWIND_STOP_UNKNOWN_MODULE);
    free(cache);
}

/* Whatever the stack, the registers and the table hold: no read outside (a sanitizer build sees it), and an end. */
TEST(random_stacks_tables_and_registers)
{
    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        for (unsigned i = 0; i < WORDS; i++) {
            unsigned choice = noise() % 4;
            words[i] = choice == 0 ? slot(noise() % WORDS) : choice == 1 ? at(noise() % 0x840) : noise();
        }
        for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
            registers.value[i] = noise() % 2 ? slot(noise() % WORDS) : noise();
        for (unsigned i = 0; i < 40; i++)
            made.bytes[MADE_CODE + noise() % 0x840] = noise() % 2 ? 0xe8 : 0xff;
        if (round % 2)
            arena[16 + sizeof(struct unwind_table_header) + noise() % (made.blob_bytes - sizeof(struct unwind_table_header))] = (uint8_t)noise();
        unsigned limit = 1 + noise() % 512;
        stack.cut = noise() % 2;
        registers.value[UNWIND_RSP_NUMBER] = slot(noise() % WORDS) + (noise() % 8 ? 0 : noise() % 8);
        unsigned depth = walk_from(noise() % 0x840, limit);
        assert_true(depth >= 1 && depth <= limit);
        assert_true((unsigned)stop < UNWIND_STOP_COUNT);
    }
}

TEST(every_stop_has_a_text)
{
    (void)state;
    for (unsigned i = 0; i < UNWIND_STOP_COUNT; i++)
        assert_true(strlen(unwind_stop_text((enum unwind_stop)i)) > 3);
    assert_string_equal(unwind_stop_text(UNWIND_STOP_STACK_RANGE), "stack ran out");
    assert_string_equal(unwind_stop_text((enum unwind_stop)200), "unknown");
}

TEST(call_instructions)
{
    (void)state;
    static const struct {
        bool call;
        uint8_t bytes[UNWIND_CALL_BYTES];
    } cases[] = {
        {true, {0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd0}},  /* *%rax */
        {true, {0x90, 0x90, 0x90, 0x90, 0x41, 0xff, 0xd4}},  /* *%r12 */
        {true, {0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x10}},  /* *(%rax) */
        {true, {0x90, 0x90, 0x90, 0x90, 0xff, 0x14, 0xc8}},  /* *(%rax,%rcx,8) */
        {true, {0x90, 0x90, 0x90, 0x90, 0xff, 0x50, 0x08}},  /* *8(%rax) */
        {true, {0x90, 0x90, 0x90, 0xff, 0x54, 0xc8, 0x08}},  /* *8(%rax,%rcx,8) */
        {true, {0x90, 0xff, 0x15, 0x00, 0x01, 0x00, 0x00}},  /* *256(%rip) */
        {true, {0x90, 0xff, 0x90, 0x00, 0x01, 0x00, 0x00}},  /* *256(%rax) */
        {true, {0xff, 0x94, 0xc8, 0x00, 0x01, 0x00, 0x00}},  /* *256(%rax,%rcx,8) */
        {true, {0xff, 0x14, 0xcd, 0x00, 0x01, 0x00, 0x00}},  /* *256(,%rcx,8) */
        {false, {0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xe0}}, /* jmp *%rax */
        {false, {0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x15}}, /* operand missing */
        {false, {0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0x14}},
        {false, {0x90, 0x90, 0x90, 0x90, 0xff, 0xd0, 0x90}}, /* earlier */
        {false, {0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(unwind_call_is_indirect(cases[i].bytes), cases[i].call);
    assert_int_equal(unwind_call_target((const uint8_t[]){0xe8, 0xfb, 0xff, 0xff, 0xff}, 0x1005), 0x1000);
}

#define WALK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WALK_TEST(frames_by_rsp_and_by_rbp),
        WALK_TEST(a_zero_return_address_is_the_end),
        WALK_TEST(rbx_is_followed),
        WALK_TEST(large_frames),
        WALK_TEST(a_return_address_in_a_register),
        WALK_TEST(the_depth_limit),
        WALK_TEST(walk_stops_at_misaligned_sp),
        WALK_TEST(walk_stops_where_the_stack_does_not_move_up),
        WALK_TEST(walk_stops_at_the_ends_of_the_stack),
        WALK_TEST(unknown_modules_are_told_apart_from_bare_code),
        WALK_TEST(tables_that_are_not_in_the_arena),
        WALK_TEST(through_a_signal_frame),
        WALK_TEST(bare_code_finds_its_caller),
        WALK_TEST(a_stale_address_that_leads_nowhere_is_not_taken),
        WALK_TEST(a_word_behind_no_call_is_not_taken),
        WALK_TEST(bare_code_with_a_frame_pointer),
        WALK_TEST(bare_code_calls_bare_code),
        WALK_TEST(bare_code_over_a_copy_that_was_cut),
        WALK_TEST(a_leaf_that_pushed_without_saying_so),
        WALK_TEST(live_code_is_read_only_while_its_module_is_loaded),
        WALK_TEST(the_cache_changes_nothing_and_ends_with_its_space),
        WALK_TEST(random_stacks_tables_and_registers),
        cmocka_unit_test(every_stop_has_a_text),
        cmocka_unit_test(call_instructions),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    made_end(&made);
    return failed;
}
