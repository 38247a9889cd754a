/* The unwinder against the truth, at every instruction: a child process single-steps itself through a workload (trap flag), keeps a
 * shadow stack from the CALLs it sees executed, unwinds in the trap handler exactly as the sampler does in its own, and compares.
 * A stack counts only if it is right in every pc and complete. Deterministic: a wrong row is found each time. */
#include <dlfcn.h>
#include <stdio.h>

#include <jpeglib.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "profiler/unwind/unwind_arch.h"
#include "tests/unit/own_space.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { SHADOW_MAX = 600, DEPTH_MAX = 512, BASE_MAX = 64, FAILURES_KEPT = 8, COPY_EVERY = 13, COPY_BYTES = 256 * 1024, TRAP_FLAG = 0x100 };

struct result {
    long steps, wrong, incomplete, copies, copies_differ, without_table, bare, in_loader, in_vdso, in_plt, signals, jumps;
    long deepest;
    char failures[FAILURES_KEPT][400];
};

/* One frame that the executed instructions made: what must appear in the walk's list, and where it stands on the stack. */
struct shadow_frame {
    uint64_t slot, pc;
    bool interrupted; /* by a signal, at pc */
};

static struct own_space *own;
static struct unwind_stack stack;
static struct result *result; /* shared with the parent */
static struct shadow_frame shadow[SHADOW_MAX];
static int shadow_depth;
static uint64_t base[BASE_MAX]; /* the frames below the workload */
static int base_depth;
static uint64_t previous_pc;
static long step_limit, inject_every;
static volatile bool work_done;
static uint64_t copy[COPY_BYTES / 8];
static struct unwind_cache cache;

/* Is the instruction at `code`, which was just executed, a call? */
static bool is_call(const uint8_t *code)
{
    while (*code == 0xf2 || *code == 0x3e || *code == 0x66 || (*code >= 0x40 && *code <= 0x4f))
        code++;
    return *code == 0xe8 || (*code == 0xff && (code[1] >> 3 & 7) == 2);
}

static void push_shadow(uint64_t slot, uint64_t pc, bool interrupted)
{
    if (shadow_depth < SHADOW_MAX)
        shadow[shadow_depth++] = (struct shadow_frame){slot, pc, interrupted};
}

static void follow(uint64_t pc, uint64_t sp)
{
    while (shadow_depth > 0 && shadow[shadow_depth - 1].slot < sp) {
        /* The first trap behind a sigreturn comes when the interrupted instruction has been executed. */
        if (shadow[shadow_depth - 1].interrupted)
            previous_pc = shadow[shadow_depth - 1].pc;
        shadow_depth--;
    }
    if (previous_pc && is_call((const uint8_t *)previous_pc)) { // NOLINT(performance-no-int-to-ptr)
        uint64_t pushed;
        memcpy(&pushed, (const void *)sp, sizeof pushed); // NOLINT(performance-no-int-to-ptr)
        if (pushed > previous_pc && pushed <= previous_pc + 9)
            push_shadow(sp, pushed - 1, false);
    }
    previous_pc = pc;
}

/* In the last instructions of longjmp the information describes the caller as if the jump were made: registers r8 and rdx are its rsp
 * and pc. Until rsp is set, the truth is accepted in that form. */
static bool about_to_jump(const struct unwind_registers *registers)
{
    for (uint32_t i = 0; i < own->count; i++) {
        uint64_t pc = registers->value[UNWIND_RIP_NUMBER], at = own->modules[i].table;
        struct unwind_table table;
        if (pc < own->modules[i].start || pc >= own->modules[i].end || !at ||
            !unwind_table_open(own->arena + at, own->arena_bytes - at, &table))
            continue;
        const struct unwind_row *row = unwind_table_find(&table, (uint32_t)(pc - own->modules[i].bias));
        return row && row->kind == UNWIND_EXTRA && table.extras[unwind_row_extra(*row)].sp.rule == UNWIND_RULE_IN_REGISTER;
    }
    return false;
}

static void follow_jump(const struct unwind_registers *registers)
{
    uint64_t sp = registers->value[8], pc = registers->value[1];
    while (shadow_depth > 0 && shadow[shadow_depth - 1].slot < sp)
        shadow_depth--;
    push_shadow(sp - 1, pc - 1, false); /* gone as soon as rsp is set */
}

/* Index of the first wrong pc, or -1. The frames below the workload are those of the first step. */
static int first_wrong(const uint64_t *pcs, int depth)
{
    for (int i = 1; i < depth || i <= shadow_depth + base_depth; i++) {
        uint64_t expected = 0;
        if (i <= shadow_depth)
            expected = shadow[shadow_depth - i].pc;
        else if (i - shadow_depth <= base_depth)
            expected = base[i - shadow_depth - 1];
        if (i >= depth || pcs[i] != expected)
            return i;
    }
    return -1;
}

static void note_failure(const uint64_t *pcs, int depth, int wrong, enum unwind_stop stop)
{
    long nth = result->wrong + result->incomplete;
    if (nth > FAILURES_KEPT)
        return;
    char *text = result->failures[nth - 1];
    int used = snprintf(text, 400, "at %s: %d pcs, %s;", own_describe(own, pcs[0]), depth, unwind_stop_text(stop));
    for (int i = wrong > 2 ? wrong - 1 : 1; i < wrong + 3 && used < 300; i++) {
        used += snprintf(text + used, (size_t)(400 - used), " [%d] %s", i, i < depth ? own_describe(own, pcs[i]) : "-");
        used += snprintf(text + used, (size_t)(400 - used), " for %s",
                         i <= shadow_depth ? own_describe(own, shadow[shadow_depth - i].pc) : "base");
    }
}

/* Not instrumented: the stack of others is full of what a sanitizer forbids to read. false when the copy would be too long. */
static __attribute__((no_sanitize("address"))) bool take_copy(uint64_t low, struct unwind_stack *ret)
{
    if (stack.high - low > sizeof copy)
        return false;
    for (uint64_t a = low & ~UINT64_C(7); a < stack.high; a += 8)
        copy[(a - (low & ~UINT64_C(7))) / 8] = *(volatile const uint64_t *)a; // NOLINT(performance-no-int-to-ptr)
    *ret = (struct unwind_stack){.low = low & ~UINT64_C(7), .high = stack.high, .bytes = (const uint8_t *)copy};
    return true;
}

/* The walk over a copy of the stack, as the collector does it for deferred samples. */
static void compare_copy(const struct unwind_registers *registers, const uint64_t *pcs, unsigned depth, enum unwind_stop stop)
{
    uint64_t again[DEPTH_MAX];
    enum unwind_stop stop_again;
    struct unwind_stack copied;
    if (!take_copy(registers->value[UNWIND_RSP_NUMBER] - UNWIND_RED_ZONE_BYTES, &copied))
        return;
    unsigned depth_again = unwind_walk(&own->with_images, registers, &copied, NULL, again, DEPTH_MAX, &stop_again);
    result->copies++;
    if (depth_again != depth || stop_again != stop || memcmp(again, pcs, depth * sizeof *pcs) != 0)
        result->copies_differ++;
}

/* As the sampler does it; with a sanitizer in the unwinder, which the sampler never has, over a copy. */
static unsigned walk(const struct unwind_registers *registers, uint64_t *pcs, enum unwind_stop *ret_stop)
{
    struct unwind_stack copied = stack;
    if (SANITIZED)
        take_copy(registers->value[UNWIND_RSP_NUMBER] - UNWIND_RED_ZONE_BYTES, &copied);
    return unwind_walk(&own->live, registers, &copied, &cache, pcs, DEPTH_MAX, ret_stop);
}

static void count_place(uint64_t pc)
{
    for (uint32_t i = 0; i < own->count; i++) {
        if (pc < own->modules[i].start || pc >= own->modules[i].end)
            continue;
        struct unwind_table table;
        uint64_t at = own->modules[i].table;
        result->in_loader += strncmp(own->names[i], "ld-", 3) == 0;
        result->in_vdso += strcmp(own->names[i], "vdso") == 0;
        if (!at || !unwind_table_open(own->arena + at, own->arena_bytes - at, &table)) {
            result->without_table++;
            continue;
        }
        const struct unwind_row *row = unwind_table_find(&table, (uint32_t)(pc - own->modules[i].bias));
        result->bare += row == NULL;
        result->in_plt += row && row->kind == UNWIND_PLT;
    }
}

static void on_trap(int number, siginfo_t *info, void *context)
{
    ucontext_t *interrupted = context;
    struct unwind_registers registers;
    uint64_t pcs[DEPTH_MAX];
    enum unwind_stop stop;
    (void)number;
    (void)info;
    own_registers(interrupted, &registers);
    uint64_t pc = registers.value[UNWIND_RIP_NUMBER];
    follow(pc, registers.value[UNWIND_RSP_NUMBER]);
    if (about_to_jump(&registers)) {
        follow_jump(&registers);
        result->jumps++;
    }
    count_place(pc);
    unsigned depth = walk(&registers, pcs, &stop);
    if (result->steps++ == 0) {
        base_depth = (int)depth - 1;
        memcpy(base, pcs + 1, (size_t)base_depth * sizeof *pcs);
    }
    result->deepest = depth > result->deepest ? depth : result->deepest;
    int wrong = first_wrong(pcs, (int)depth);
    if (wrong >= 0)
        result->wrong++;
    else if (stop != UNWIND_STOP_COMPLETE)
        result->incomplete++;
    if (wrong >= 0 || stop != UNWIND_STOP_COMPLETE)
        note_failure(pcs, (int)depth, wrong, stop);
    if (result->steps % COPY_EVERY == 0)
        compare_copy(&registers, pcs, depth, stop);
    if (result->steps >= step_limit || work_done)
        interrupted->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    else if (inject_every && result->steps % inject_every == 0 && !sigismember(&interrupted->uc_sigmask, SIGUSR1))
        raise(SIGUSR1); /* arrives when this handler returns: at the very instruction that is being looked at */
}

static inline __attribute__((always_inline)) void trap_on(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::: "memory", "cc");
}

static volatile double sink;

static int compare_ints(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

static void work_libc(void)
{
    int values[40];
    char text[256];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 40; i++)
            values[i] = (i * 7919 + round) % 1009;
        qsort(values, 40, sizeof values[0], compare_ints);
        snprintf(text, sizeof text, "%d %f %s %lx %e", values[3], round * 1.5, "hello", (long)values[10], 1e100 / (round + 3));
        sink += strtod(round ? "3.14159265358979" : "1.7976931348623157e+308", NULL);
        void *small = malloc(100), *large = malloc(200000);
        small = realloc(small, 5000);
        free(large);
        free(small);
        memset(text, round, 200);
        sink += (double)strlen("abc") + atoi("1234");
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        time_t seconds = 86400 * round;
        struct tm broken_down;
        gmtime_r(&seconds, &broken_down);
        strftime(text, sizeof text, "%A %Y-%m-%d", &broken_down);
    }
}

static void work_libm(void)
{
    for (int i = 1; i < 40; i++) {
        double x = i * 0.37;
        sink += pow(x, 0.3) + sin(x) + cos(1e6 * x) + exp(x / 10) + log(x) + tan(x) + atan2(x, 2) + cbrt(x) + tgamma(x / 9) + fmod(x, 0.2);
        sink += (double)(sinf((float)x) + powf((float)x, 1.5f)) + (double)hypotl((long double)x, 3);
    }
}

static void work_jpeg(void)
{
    enum { SIZE = 32 };
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct encoder = {.err = jpeg_std_error(&errors)};
    unsigned char *bytes = NULL, row[SIZE * 3];
    unsigned long length = 0;
    JSAMPROW rows[1] = {row};
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &bytes, &length);
    encoder.image_width = encoder.image_height = SIZE;
    encoder.input_components = 3;
    encoder.in_color_space = JCS_RGB;
    jpeg_set_defaults(&encoder);
    jpeg_start_compress(&encoder, TRUE);
    unsigned noise = 1;
    while (encoder.next_scanline < SIZE) {
        for (unsigned i = 0; i < sizeof row; i++) {
            noise = noise * 1103515245 + 12345;
            row[i] = (unsigned char)((i + encoder.next_scanline) / 2 + (noise >> 16 & 15));
        }
        jpeg_write_scanlines(&encoder, rows, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    struct jpeg_decompress_struct decoder = {.err = jpeg_std_error(&errors)};
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, bytes, length);
    jpeg_read_header(&decoder, TRUE);
    jpeg_start_decompress(&decoder);
    while (decoder.output_scanline < SIZE)
        jpeg_read_scanlines(&decoder, rows, 1);
    jpeg_finish_decompress(&decoder);
    jpeg_destroy_decompress(&decoder);
    free(bytes);
}

static void drop_bytes(png_structp png, png_bytep bytes, png_size_t count)
{
    (void)png;
    sink += (double)count + bytes[0];
}

static void no_flush(png_structp png) { (void)png; }

static void work_png(void)
{
    enum { WIDTH = 16, HEIGHT = 4 };
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char row[WIDTH * 3];
    unsigned noise = 1;
    png_set_write_fn(png, NULL, drop_bytes, no_flush);
    png_set_compression_mem_level(png, 1); /* small tables: zlib clears them first */
    png_set_compression_window_bits(png, 9);
    png_set_IHDR(png, info, WIDTH, HEIGHT, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (unsigned y = 0; y < HEIGHT; y++) {
        for (unsigned i = 0; i < sizeof row; i++) {
            noise = noise * 1103515245 + 12345;
            row[i] = (unsigned char)((i + y) / 2 + (noise >> 16 & 3));
        }
        png_write_row(png, row);
    }
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
}

static __attribute__((noinline)) int recurse(int depth)
{
    volatile char pad[40];
    pad[depth % 40] = (char)depth;
    return depth == 0 ? atoi("42") : recurse(depth - 1) + pad[depth % 40];
}

static void work_recursion(void) { sink += recurse(300); }

static jmp_buf place;

static __attribute__((noinline)) void jump_from(int depth)
{
    volatile char pad[64];
    pad[depth] = 1;
    if (depth <= 0)
        longjmp(place, 1);
    if (sink > -1e300)
        jump_from(depth - 1);
    sink += pad[depth];
}

static void work_longjmp(void)
{
    for (volatile int i = 0; i < 5; i++)
        if (setjmp(place) == 0)
            jump_from(i + 2);
        else
            sink += atoi("7");
}

/* The stack pointer goes through a frame whose size only run time knows, so that its frame hangs on rbp. */
static __attribute__((noinline)) void work_alloca(void)
{
    for (int i = 1; i < 5; i++) {
        char *bytes = __builtin_alloca((size_t)i * 100);
        snprintf(bytes, 100, "%d", i);
        sink += atoi(bytes);
    }
}

/* A frame aligned beyond the ABI, as compilers make them for AVX: CFA = *(rbp - 8) or in r10 meanwhile. */
static __attribute__((noinline)) void work_aligned(void)
{
    _Alignas(64) volatile char line[128];
    char *bytes = __builtin_alloca((size_t)(sink > 1e300) + 10);
    bytes[0] = 0;
    for (int i = 0; i < 20; i++)
        line[i] = (char)atoi("5");
    sink += line[3] + bytes[0];
}

/* A library that nobody has called yet: its functions are bound on first use. */
static void work_lazy_binding(void)
{
    void *library = dlopen("libz.so.1", RTLD_LAZY | RTLD_LOCAL);
    unsigned long (*checksum)(unsigned long, const unsigned char *, unsigned) = NULL;
    if (library)
        *(void **)&checksum = dlsym(library, "crc32");
    sink += checksum ? (double)checksum(0, (const unsigned char *)"abcdefgh", 8) : 0;
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    sink += png_image_begin_read_from_memory(&image, "not a png file at all", 20);
    png_image_free(&image);
}

/* Stepped like the rest: the frames are handler <- signal frame <- the interrupted instruction. */
static void on_user_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    struct unwind_registers registers;
    own_registers(context, &registers);
    uint64_t restorer_slot = (uint64_t)context - 8, restorer;
    memcpy(&restorer, (const void *)restorer_slot, sizeof restorer); // NOLINT(performance-no-int-to-ptr)
    while (shadow_depth > 0 && shadow[shadow_depth - 1].slot < registers.value[UNWIND_RSP_NUMBER])
        shadow_depth--; /* of a handler that returned right into this one */
    push_shadow((uint64_t)context, registers.value[UNWIND_RIP_NUMBER], true);
    push_shadow(restorer_slot, restorer - 1, false);
    previous_pc = 0;
    result->signals++;
    trap_on();
    sink += compare_ints(&number, &number);
}

static void work_signals(void)
{
    inject_every = 499;
    work_jpeg();
}

static __attribute__((noinline)) void run_stepped(void (*work)(void))
{
    trap_on();
    work();
    work_done = true; /* the next trap is the last one */
}

static void child(void (*work)(void))
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    stack = own_stack();
    own = own_space_create();
    sigaction(SIGTRAP, &action, NULL);
    action.sa_sigaction = on_user_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    run_stepped(work);
}

/* Run `work` stepped in a child. ret: static, of the last run. */
static const struct result *oracle(void (*work)(void), long limit)
{
    static struct result last;
    result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(result != MAP_FAILED);
    step_limit = limit;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        child(work);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    last = *result;
    munmap(result, sizeof *result);
    for (int i = 0; i < FAILURES_KEPT && last.failures[i][0]; i++)
        print_message("# %s\n", last.failures[i]);
    if (getenv("ORACLE_VERBOSE"))
        print_message("# steps %ld wrong %ld incomplete %ld bare %ld plt %ld loader %ld vdso %ld signals %ld deepest %ld copies %ld differ %ld\n",
                      last.steps, last.wrong, last.incomplete, last.bare, last.in_plt, last.in_loader, last.in_vdso, last.signals,
                      last.deepest, last.copies, last.copies_differ);
    assert_int_equal(status, 0);
    return &last;
}

static const struct result *all_right(void (*work)(void), long at_least)
{
    const struct result *got = oracle(work, 250000);
    assert_true(got->steps >= at_least);
    assert_int_equal(got->wrong, 0);
    assert_int_equal(got->incomplete, 0);
    assert_int_equal(got->copies_differ, 0);
    assert_int_equal(got->without_table, 0);
    return got;
}

#define TEST(name) static void name(void **state)

TEST(every_instruction_of_libc)
{
    (void)state;
    const struct result *got = all_right(work_libc, 10000);
    assert_true(got->copies > 100);
}

TEST(every_instruction_of_libm)
{
    (void)state;
    all_right(work_libm, 10000);
}

TEST(every_instruction_of_libjpeg_and_its_bare_simd_code)
{
    (void)state;
    const struct result *got = all_right(work_jpeg, 20000);
    assert_true(got->bare > 1000); /* else this machine's libjpeg no longer tests the search */
}

TEST(every_instruction_of_libpng_and_zlib)
{
    (void)state;
    all_right(work_png, 10000);
}

TEST(every_instruction_of_lazy_binding)
{
    (void)state;
    const struct result *got = all_right(work_lazy_binding, 5000);
    assert_true(got->in_loader > 1000);
    assert_true(got->in_plt > 10);
}

TEST(three_hundred_frames)
{
    (void)state;
    const struct result *got = all_right(work_recursion, 3000);
    assert_true(got->deepest > 300);
}

TEST(after_longjmp)
{
    (void)state;
    const struct result *got = all_right(work_longjmp, 500);
    assert_true(got->jumps > 0 && got->jumps < 100); /* five jumps, about ten instructions each */
}

TEST(frames_that_hang_on_rbp)
{
    (void)state;
    all_right(work_alloca, 1000);
    all_right(work_aligned, 500);
}

TEST(signal_handlers_at_arbitrary_instructions)
{
    (void)state;
    const struct result *got = all_right(work_signals, 20000);
    assert_true(got->signals > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_of_libc),
        cmocka_unit_test(every_instruction_of_libm),
        cmocka_unit_test(every_instruction_of_libjpeg_and_its_bare_simd_code),
        cmocka_unit_test(every_instruction_of_libpng_and_zlib),
        cmocka_unit_test(every_instruction_of_lazy_binding),
        cmocka_unit_test(three_hundred_frames),
        cmocka_unit_test(after_longjmp),
        cmocka_unit_test(frames_that_hang_on_rbp),
        cmocka_unit_test(signal_handlers_at_arbitrary_instructions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
