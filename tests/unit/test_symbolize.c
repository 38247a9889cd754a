/* The symbolizer on this very program, on the vDSO, and on files that are cut off, replaced or absent. How its frames compare with
 * addr2line's is tests/end_to_end/test_symbolize_against_addr2line.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/collector/symbolize.h"

#define TEST(name) static void name(void **state)

/* A function whose lines are known here, with a call inlined into it. The addresses of interest are labels in its code. */
enum { LINE_OF_INNER = __LINE__ + 3 };
static inline __attribute__((always_inline)) void inner(void)
{
    __asm__ volatile(".globl hotline_test_inlined\nhotline_test_inlined: nop");
}
enum { LINE_OF_OUTER = __LINE__ + 1 };
__attribute__((noinline, used)) static void outer(void)
{
    inner(); enum { LINE_OF_CALL = __LINE__ };
    __asm__ volatile("");
    assert_int_equal(LINE_OF_CALL, LINE_OF_OUTER + 2);
}
extern const char hotline_test_inlined[];

#ifdef __x86_64__
__asm__(".pushsection .text\n"
        ".globl hotline_test_syscall, hotline_test_after\n"
        "hotline_test_syscall: .byte 0x0f, 0x05\n"
        "hotline_test_after: ret\n"
        ".type hotline_test_unsized, @function\n"
        ".globl hotline_test_unsized\n"
        "hotline_test_unsized: nop; nop; nop; ret\n"
        ".type hotline_test_next, @function\n"
        ".globl hotline_test_next\n"
        "hotline_test_next: ret\n"
        ".size hotline_test_next, 1\n"
        ".popsection\n");
extern const char hotline_test_after[], hotline_test_unsized[];
#endif

static int first_module(struct dl_phdr_info *info, size_t size, void *ret)
{
    (void)size;
    *(uint64_t *)ret = info->dlpi_addr;
    return 1;
}

static uint64_t address_of(const void *code)
{
    uint64_t bias = 0;
    dl_iterate_phdr(first_module, &bias);
    return (uint64_t)(uintptr_t)code - bias;
}

static struct symbol_module *this_program(struct symbolizer *symbolizer)
{
    return symbolizer_module(symbolizer, "/proc/self/exe", NULL, NULL, 0);
}

TEST(gives_inlined_call_and_its_site)
{
    (void)state;
    outer();
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = this_program(symbolizer);
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    assert_int_equal(symbol_module_find(module, address_of(hotline_test_inlined), frames), 2);
    assert_string_equal(frames[0].function, "inner");
    assert_int_equal(frames[0].line, LINE_OF_INNER);
    assert_int_equal(frames[0].function_line, LINE_OF_INNER - 2);
    assert_true(frames[0].inlined);
    assert_string_equal(frames[1].function, "outer");
    assert_int_equal(frames[1].line, LINE_OF_OUTER + 2);
    assert_int_equal(frames[1].function_line, LINE_OF_OUTER);
    assert_false(frames[1].inlined);
    assert_ptr_equal(frames[0].file, frames[1].file);
    assert_non_null(strstr(frames[0].file, "/tests/unit/test_symbolize.c"));
    assert_int_equal(frames[0].file[0], '/');
    assert_int_equal(symbol_module_quality(module), SYMBOLS_LINES);
    assert_null(symbol_module_problem(module));
    symbolizer_destroy(symbolizer);
}

TEST(gives_the_same_module_and_strings_again)
{
    (void)state;
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = this_program(symbolizer);
    assert_ptr_equal(module, this_program(symbolizer));
    struct symbol_frame first[SYMBOL_MAX_FRAMES], second[SYMBOL_MAX_FRAMES];
    symbol_module_find(module, address_of(hotline_test_inlined), first);
    symbol_module_find(module, address_of(hotline_test_inlined), second);
    assert_ptr_equal(first[0].function, second[0].function);
    assert_ptr_equal(first[1].file, second[1].file);
    symbolizer_destroy(symbolizer);
}

#ifdef __x86_64__
TEST(sees_a_system_call_before_the_address)
{
    (void)state;
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = this_program(symbolizer);
    uint64_t after = address_of(hotline_test_after);
    assert_true(symbol_module_after_syscall(module, after));
    assert_false(symbol_module_after_syscall(module, after + 1));
    assert_false(symbol_module_after_syscall(module, after - 1));
    static const uint64_t outside[] = {0, 1, 2, UINT64_MAX, UINT64_MAX - 1, (uint64_t)1 << 63};
    for (unsigned i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_false(symbol_module_after_syscall(module, outside[i]));
    symbolizer_destroy(symbolizer);
}

TEST(extends_assembler_code_without_a_size_to_the_next_symbol)
{
    (void)state;
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = this_program(symbolizer);
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    for (unsigned offset = 0; offset < 4; offset++) {
        assert_int_equal(symbol_module_find(module, address_of(hotline_test_unsized) + offset, frames), 1);
        assert_string_equal(frames[0].function, "hotline_test_unsized");
        assert_false(frames[0].guessed);
    }
    symbol_module_find(module, address_of(hotline_test_unsized) + 4, frames);
    assert_string_equal(frames[0].function, "hotline_test_next");
    symbolizer_destroy(symbolizer);
}
#endif

TEST(names_what_it_does_not_know_by_module_and_offset)
{
    (void)state;
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    struct symbol_module *module = this_program(symbolizer);
    assert_int_equal(symbol_module_find(module, 0x10, frames), 1); /* the ELF header is no code */
    assert_string_equal(frames[0].function, "exe+0x10");
    assert_true(frames[0].guessed);
    assert_null(frames[0].file);
    assert_int_equal(symbol_module_find(module, UINT64_MAX, frames), 1);
    assert_string_equal(frames[0].function, "exe+0xffffffffffffffff");
    symbolizer_destroy(symbolizer);
}

TEST(names_vdso_functions)
{
    (void)state;
    const uint8_t *image = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
    if (!image)
        skip();
    /* The first function in the vDSO's own table, found by hand. */
    const ElfW(Ehdr) *header = (const void *)image;
    const ElfW(Shdr) *sections = (const void *)(image + header->e_shoff);
    uint64_t address = 0;
    const char *expected = NULL;
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type != SHT_DYNSYM)
            continue;
        const ElfW(Sym) *symbols = (const void *)(image + sections[i].sh_offset);
        const char *names = (const char *)image + sections[sections[i].sh_link].sh_offset;
        for (unsigned k = 1; k < sections[i].sh_size / sizeof *symbols && !expected; k++) {
            if ((symbols[k].st_info & 15) == STT_FUNC && strcmp(names + symbols[k].st_name, "__vdso_clock_gettime") == 0) {
                address = symbols[k].st_value;
                expected = "clock_gettime"; /* the weak alias of __vdso_clock_gettime, which is global: either is right */
            }
        }
    }
    if (!expected)
        skip();
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, "[vdso]", NULL, NULL, 0);
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    assert_int_equal(symbol_module_find(module, address, frames), 1);
    assert_non_null(strstr(frames[0].function, expected));
    assert_int_equal(symbol_module_quality(module), SYMBOLS_DYNAMIC);
    symbolizer_destroy(symbolizer);
}

TEST(refuses_a_file_with_another_build_id)
{
    (void)state;
    static const uint8_t other[20] = {1, 2, 3};
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, "/proc/self/exe", NULL, other, sizeof other);
    assert_ptr_not_equal(module, this_program(symbolizer));
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    assert_int_equal(symbol_module_find(module, address_of(hotline_test_inlined), frames), 1);
    assert_true(frames[0].guessed);
    assert_int_equal(symbol_module_quality(module), SYMBOLS_NONE);
    assert_non_null(strstr(symbol_module_problem(module), "replaced"));
    assert_false(symbol_module_after_syscall(module, address_of(hotline_test_inlined)));
    symbolizer_destroy(symbolizer);
}

TEST(says_why_a_file_cannot_be_read)
{
    (void)state;
    static const struct {
        const char *path, *why;
    } cases[] = {
        {"/nonexistent/library.so", "No such file"},
        {"/", "no regular file"},
        {"/dev/zero", "no regular file"},
        {"/proc/self/status", "no ELF"},
        {"", "No such file"},
    };
    struct symbolizer *symbolizer = symbolizer_create();
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct symbol_module *module = symbolizer_module(symbolizer, cases[i].path, NULL, NULL, 0);
        struct symbol_frame frames[SYMBOL_MAX_FRAMES];
        assert_int_equal(symbol_module_find(module, 0x1234, frames), 1);
        assert_true(frames[0].guessed);
        assert_non_null(strstr(frames[0].function, "+0x1234"));
        assert_int_equal(symbol_module_quality(module), SYMBOLS_NONE);
        assert_non_null(strstr(symbol_module_problem(module), cases[i].why));
    }
    symbolizer_destroy(symbolizer);
}

TEST(opens_the_module_where_it_is_told_to)
{
    (void)state;
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, "/srv/app/server", "/proc/self/exe", NULL, 0);
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    assert_int_equal(symbol_module_find(module, address_of(hotline_test_inlined), frames), 2);
    symbol_module_find(module, 0x10, frames);
    assert_string_equal(frames[0].function, "server+0x10");
    symbolizer_destroy(symbolizer);
}

/* A download that broke off, a disk that was full: any prefix of a program gives frames, never a crash. */
TEST(survives_a_file_cut_off_anywhere)
{
    (void)state;
    int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), to = memfd_create("cut off", MFD_CLOEXEC);
    struct stat status;
    assert_int_equal(fstat(from, &status), 0);
    for (off_t copied = 0; copied < status.st_size;) {
        static char buffer[1 << 16];
        ssize_t got = pread(from, buffer, sizeof buffer, copied);
        assert_true(got > 0);
        assert_int_equal(pwrite(to, buffer, (size_t)got, copied), got);
        copied += got;
    }
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", to);
    uint64_t address = address_of(hotline_test_inlined);
    enum { STEPS = 60 };
    for (unsigned step = 0; step < 2 * STEPS; step++) {
        /* From the whole file down in even steps; then through the headers byte by byte. */
        off_t length = step < STEPS ? status.st_size - status.st_size / STEPS * step : 2 * (off_t)(2 * STEPS - step);
        assert_int_equal(ftruncate(to, length), 0);
        struct symbolizer *symbolizer = symbolizer_create();
        struct symbol_module *module = symbolizer_module(symbolizer, path, NULL, NULL, 0);
        struct symbol_frame frames[SYMBOL_MAX_FRAMES];
        unsigned count = symbol_module_find(module, address, frames);
        assert_in_range(count, 1, SYMBOL_MAX_FRAMES);
        for (unsigned i = 0; i < count; i++)
            assert_non_null(frames[i].function);
        symbol_module_after_syscall(module, address);
        symbolizer_destroy(symbolizer);
    }
    close(from);
    close(to);
}

/* The file shrinks while we hold it open (a library upgraded by `cp`): it is read, not mapped, so there is no SIGBUS. */
TEST(survives_a_file_that_shrinks_while_open)
{
    (void)state;
    char path[64];
    int copy = memfd_create("shrinks", MFD_CLOEXEC), from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", copy);
    static char buffer[1 << 16];
    for (ssize_t got; (got = read(from, buffer, sizeof buffer)) > 0;)
        assert_int_equal(write(copy, buffer, (size_t)got), got);
    struct symbolizer *symbolizer = symbolizer_create();
    struct symbol_module *module = symbolizer_module(symbolizer, path, NULL, NULL, 0);
    assert_int_equal(ftruncate(copy, 4096), 0);
    struct symbol_frame frames[SYMBOL_MAX_FRAMES];
    assert_int_equal(symbol_module_find(module, address_of(hotline_test_inlined), frames), 1);
    assert_false(symbol_module_after_syscall(module, address_of(hotline_test_inlined)));
    symbolizer_destroy(symbolizer);
    close(copy);
    close(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_inlined_call_and_its_site),
        cmocka_unit_test(gives_the_same_module_and_strings_again),
#ifdef __x86_64__
        cmocka_unit_test(sees_a_system_call_before_the_address),
        cmocka_unit_test(extends_assembler_code_without_a_size_to_the_next_symbol),
#endif
        cmocka_unit_test(names_what_it_does_not_know_by_module_and_offset),
        cmocka_unit_test(names_vdso_functions),
        cmocka_unit_test(refuses_a_file_with_another_build_id),
        cmocka_unit_test(says_why_a_file_cannot_be_read),
        cmocka_unit_test(opens_the_module_where_it_is_told_to),
        cmocka_unit_test(survives_a_file_cut_off_anywhere),
        cmocka_unit_test(survives_a_file_that_shrinks_while_open),
    };
    return cmocka_run_group_tests_name("symbolize", tests, NULL, NULL);
}
