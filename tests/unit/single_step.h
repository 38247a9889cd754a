/* The single-step oracle: a child process steps itself through a workload (trap flag), keeps a shadow stack from the CALLs it sees
 * executed, unwinds in the trap handler exactly as the sampler does in its own, and compares. A stack counts only if it is right in every
 * pc and complete. Deterministic: a wrong row is found each time. The workloads are in test_unwind_oracle*.c. */
#ifndef HOTLINE_TESTS_SINGLE_STEP_H
#define HOTLINE_TESTS_SINGLE_STEP_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unwind.h>

#include <cmocka.h>

#include "profiler/unwind/unwind_step.h"
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

enum { STEPS_MAX = 250000 };
enum { SHADOW_MAX = 1200, DEPTH_MAX = 512, BASE_MAX = 64, FAILURES_KEPT = 8, COPY_EVERY = 13, COPY_BYTES = 256 * 1024, TRAP_FLAG = 0x100 };

struct result {
    long steps, wrong, incomplete, copies, copies_differ, without_table, bare, in_loader, in_vdso, in_plt, signals, nested, jumps;
    long on_alternate, too_deep, rewritten, deepest;
    char failures[FAILURES_KEPT][400];
};

/* One frame that the executed instructions made: what must appear in the walk's list, and where it stands on the stack. */
struct shadow_frame {
    uint64_t slot, pc;
    bool interrupted; /* by a signal, at pc */
};

static struct own_space *own;
static struct unwind_stack stack; /* of the stepped thread */
static struct result *result; /* shared with the parent */
static struct shadow_frame shadow[SHADOW_MAX];
static int shadow_depth;
static uint64_t base[BASE_MAX]; /* the frames below the workload, those it has returned to left out */
static int base_first, base_depth;
static uint64_t previous_pc;
static long step_limit, inject_every; /* a signal at every so many-th instruction; 0: none */
static volatile bool work_done;
static uint64_t copy[COPY_BYTES / 8], own_copy[COPY_BYTES / 8];
static struct unwind_cache cache;
static bool rewriting;       /* see is_rewritten() */
static volatile double sink; /* what workloads compute goes here */
static const char *volatile digits = "42";

/* Is the instruction at `code`, which was just executed, a call? */
static inline bool is_call(const uint8_t *code)
{
    while (*code == 0xf2 || *code == 0x3e || *code == 0x66 || (*code >= 0x40 && *code <= 0x4f))
        code++;
    return *code == 0xe8 || (*code == 0xff && (code[1] >> 3 & 7) == 2);
}

static inline void push_shadow(uint64_t slot, uint64_t pc, bool interrupted)
{
    if (shadow_depth < SHADOW_MAX)
        shadow[shadow_depth++] = (struct shadow_frame){slot, pc, interrupted};
}

static inline void follow(uint64_t pc, uint64_t sp)
{
    while (shadow_depth > 0 && shadow[shadow_depth - 1].slot < sp) {
        /* The first trap behind a sigreturn comes when the interrupted instruction has been executed. */
        if (shadow[shadow_depth - 1].interrupted)
            previous_pc = shadow[shadow_depth - 1].pc;
        shadow_depth--;
    }
    if (shadow_depth == 0 && base_first < base_depth && pc == base[base_first] + 1)
        base_first++; /* the thread's first function has returned */
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
static inline bool about_to_jump(const struct unwind_registers *registers)
{
    for (uint32_t i = 0; i < own->count; i++) {
        uint64_t pc = registers->value[UNWIND_RIP_NUMBER], at = own->modules[i].table;
        struct unwind_table table;
        if (pc < own->modules[i].start || pc >= own->modules[i].end || !at ||
            !unwind_table_open(own->arena + at, own->arena_bytes - at, &table))
            continue;
        struct unwind_row row;
        return unwind_table_find(&table, (uint32_t)(pc - own->modules[i].bias), &row) && row.kind == UNWIND_EXTRA &&
               table.extras[unwind_row_extra(row)].sp.rule == UNWIND_RULE_IN_REGISTER;
    }
    return false;
}

static inline void follow_jump(const struct unwind_registers *registers)
{
    uint64_t sp = registers->value[8], pc = registers->value[1];
    while (shadow_depth > 0 && shadow[shadow_depth - 1].slot < sp)
        shadow_depth--;
    push_shadow(sp - 1, pc - 1, false); /* gone as soon as rsp is set */
}

static inline int true_depth(void) { return shadow_depth + base_depth - base_first; }

static inline bool has_other_return_address(void)
{
    for (int i = 0; i < shadow_depth; i++) {
        uint64_t there;
        if (shadow[i].interrupted || shadow[i].slot % 8 != 0)
            continue;
        memcpy(&there, (const void *)shadow[i].slot, sizeof there); // NOLINT(performance-no-int-to-ptr)
        if (there != shadow[i].pc + 1)
            return true;
    }
    return false;
}

/* Is the program overwriting the stack's own account of itself? libgcc does, in its last 300 instructions before it enters a handler: one
 * function writes the registers and the return address of the handler's frame over those that the frame it runs in has saved, and then
 * libgcc jumps there. What was there before is nowhere any more. It ends where libgcc is left; no signal is injected meanwhile. */
static inline bool is_rewritten(uint64_t pc)
{
    static const void *rewriter; /* the function, known from the first return address that it changed */
    const struct unwind_module *here = unwind_module_find(&own->live, pc);
    if (has_other_return_address()) {
        rewriter = rewriter ? rewriter : _Unwind_FindEnclosingFunction((void *)pc); // NOLINT(performance-no-int-to-ptr)
        return rewriting = true;
    }
    if (!rewriter || here != unwind_module_find(&own->live, (uint64_t)rewriter))
        return rewriting = false;
    return rewriting |= _Unwind_FindEnclosingFunction((void *)pc) == rewriter; // NOLINT(performance-no-int-to-ptr)
}

/* Index of the first wrong pc, or -1. The frames below the workload are those of the first step. */
static inline int first_wrong(const uint64_t *pcs, int depth, bool too_deep)
{
    for (int i = 1; i < depth || (!too_deep && i <= true_depth()); i++) {
        uint64_t expected = 0;
        if (i <= shadow_depth)
            expected = shadow[shadow_depth - i].pc;
        else if (i <= true_depth())
            expected = base[base_first + i - shadow_depth - 1];
        if (i >= depth || pcs[i] != expected)
            return i;
    }
    return -1;
}

static inline void note_failure(const uint64_t *pcs, int depth, int wrong, enum unwind_stop stop)
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

/* Not instrumented: the stack of others is full of what a sanitizer forbids to read. */
static inline __attribute__((no_sanitize("address"))) void copy_words(uint64_t low, uint64_t high, uint64_t *ret)
{
    for (uint64_t a = low; a < high; a += 8)
        ret[(a - low) / 8] = *(volatile const uint64_t *)a; // NOLINT(performance-no-int-to-ptr)
}

/* `from` with its bytes copied from `low` upwards. false when that is too long. */
static inline bool take_copy(const struct unwind_stack *from, uint64_t low, struct unwind_stack *ret)
{
    low &= ~UINT64_C(7);
    if (from->high - low > sizeof copy)
        return false;
    copy_words(low, from->high, copy);
    *ret = (struct unwind_stack){.low = low, .high = from->high, .bytes = (const uint8_t *)copy};
    if (from->own_high) {
        ret->own_high = from->own_high;
        ret->own_low = from->own_high - from->own_low > sizeof own_copy ? from->own_high - sizeof own_copy : from->own_low;
        ret->own_bytes = (const uint8_t *)own_copy;
        copy_words(ret->own_low, ret->own_high, own_copy);
    }
    return true;
}

/* The stack that `interrupted` runs on, as the sampler's handler opens it: an alternate one comes first. */
static inline struct unwind_stack stack_of(const ucontext_t *interrupted)
{
    uint64_t sp = (uint64_t)interrupted->uc_mcontext.gregs[REG_RSP], low = (uint64_t)interrupted->uc_stack.ss_sp;
    uint64_t high = low + interrupted->uc_stack.ss_size;
    if ((interrupted->uc_stack.ss_flags & SS_DISABLE) || sp < low || sp >= high)
        return stack;
    result->on_alternate++;
    return (struct unwind_stack){.low = low, .high = high, .bytes = interrupted->uc_stack.ss_sp,
                                 .own_low = stack.low, .own_high = stack.high, .own_bytes = stack.bytes};
}

/* The walk over a copy of the stack, as the collector does it for deferred samples. */
static inline void compare_copy(const struct unwind_registers *registers, const struct unwind_stack *from, const uint64_t *pcs, unsigned depth,
                         enum unwind_stop stop)
{
    uint64_t again[DEPTH_MAX];
    enum unwind_stop stop_again;
    struct unwind_stack copied;
    if (!take_copy(from, registers->value[UNWIND_RSP_NUMBER] - UNWIND_RED_ZONE_BYTES, &copied))
        return;
    unsigned depth_again = unwind_walk(&own->with_images, registers, &copied, NULL, again, DEPTH_MAX, &stop_again);
    result->copies++;
    if (depth_again != depth || stop_again != stop || memcmp(again, pcs, depth * sizeof *pcs) != 0)
        result->copies_differ++;
}

/* As the sampler does it; with a sanitizer in the unwinder, which the sampler never has, over a copy. */
static inline unsigned walk(const struct unwind_registers *registers, const struct unwind_stack *from, uint64_t *pcs, enum unwind_stop *ret_stop)
{
    struct unwind_stack copied = *from;
    if (SANITIZED)
        take_copy(from, registers->value[UNWIND_RSP_NUMBER] - UNWIND_RED_ZONE_BYTES, &copied);
    return unwind_walk(&own->live, registers, &copied, &cache, pcs, DEPTH_MAX, ret_stop);
}

static inline void count_place(uint64_t pc)
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
        struct unwind_row row;
        bool found = unwind_table_find(&table, (uint32_t)(pc - own->modules[i].bias), &row);
        result->bare += !found;
        result->in_plt += found && row.kind == UNWIND_PLT;
    }
}

static inline void judge(const uint64_t *pcs, int depth, enum unwind_stop stop)
{
    if (is_rewritten(pcs[0])) {
        result->rewritten++;
        return;
    }
    bool too_deep = stop == UNWIND_STOP_DEPTH && depth == DEPTH_MAX && true_depth() >= DEPTH_MAX;
    int wrong = first_wrong(pcs, depth, too_deep);
    result->too_deep += too_deep;
    if (wrong >= 0)
        result->wrong++;
    else if (stop != UNWIND_STOP_COMPLETE && !too_deep)
        result->incomplete++;
    if (wrong >= 0 || (stop != UNWIND_STOP_COMPLETE && !too_deep))
        note_failure(pcs, depth, wrong, stop);
}

/* Arrives when the trap's handler returns: at the very instruction that is being looked at. SIGUSR2 interrupts SIGUSR1's handler too. */
static inline void inject(const sigset_t *blocked)
{
    if (!sigismember(blocked, SIGUSR1))
        raise(SIGUSR1);
    else if (!sigismember(blocked, SIGUSR2))
        raise(SIGUSR2);
}

/* A step under a blocked SIGTRAP would kill the process. Threads that end block every signal: where the next instruction is that system
 * call, it is given a mask without SIGTRAP. */
static inline void keep_unblocked(ucontext_t *interrupted)
{
    static uint64_t mask;
    greg_t *registers = interrupted->uc_mcontext.gregs;
    const uint8_t *code = (const uint8_t *)registers[REG_RIP]; // NOLINT(performance-no-int-to-ptr)
    if (code[0] != 0x0f || code[1] != 0x05 || registers[REG_RAX] != SYS_rt_sigprocmask || registers[REG_RDI] == SIG_UNBLOCK ||
        registers[REG_RSI] == 0)
        return;
    memcpy(&mask, (const void *)registers[REG_RSI], sizeof mask); // NOLINT(performance-no-int-to-ptr)
    mask &= ~(UINT64_C(1) << (SIGTRAP - 1));
    registers[REG_RSI] = (greg_t)&mask;
}

static inline void on_trap(int number, siginfo_t *info, void *context)
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
    const struct unwind_stack from = stack_of(interrupted);
    unsigned depth = walk(&registers, &from, pcs, &stop);
    if (result->steps++ == 0) {
        base_depth = (int)depth - 1;
        memcpy(base, pcs + 1, (size_t)base_depth * sizeof *pcs);
    }
    result->deepest = depth > result->deepest ? depth : result->deepest;
    judge(pcs, (int)depth, stop);
    if (result->steps % COPY_EVERY == 0)
        compare_copy(&registers, &from, pcs, depth, stop);
    if (result->steps >= step_limit || work_done)
        interrupted->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    else if (inject_every && result->steps % inject_every == 0 && !rewriting)
        inject(&interrupted->uc_sigmask);
    keep_unblocked(interrupted);
}

static inline __attribute__((always_inline)) void trap_on(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tlea 128(%%rsp), %%rsp" ::: "memory", "cc");
}

static volatile int signal_depth; /* handlers that are running */

/* Stepped like the rest: the frames are handler <- signal frame <- the interrupted instruction. */
static inline void on_user_signal(int number, siginfo_t *info, void *context)
{
    (void)number;
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
    result->nested += signal_depth > 0;
    signal_depth++;
    trap_on();
    sink += atoi(digits);
    signal_depth--;
}

/* What is stepped through. */
struct workload {
    void (*work)(void);
    void (*prepare)(void); /* before, not stepped; NULL: nothing */
    long inject_every;     /* 0: no signals */
    long limit;            /* instructions; 0: STEPS_MAX */
    bool steps_itself;     /* `work` calls run_stepped(), in a thread of its own */
};

static __attribute__((noinline, unused)) void run_stepped(void (*work)(void))
{
    trap_on();
    work();
    work_done = true; /* the next trap is the last one */
}

/* SIGTRAP and the injected signals; those on the alternate stack, if there is one. */
static inline void install_handlers(void)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    sigaction(SIGTRAP, &action, NULL);
    action.sa_sigaction = on_user_signal;
    action.sa_flags |= SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sigaddset(&action.sa_mask, SIGUSR1);
    sigaction(SIGUSR2, &action, NULL);
}

static inline void child(const struct workload *workload)
{
    if (workload->prepare)
        workload->prepare();
    stack = own_stack();
    own = own_space_create();
    install_handlers();
    inject_every = workload->inject_every;
    if (workload->steps_itself)
        workload->work();
    else
        run_stepped(workload->work);
}

/* Run the workload stepped in a child. ret: static, of the last run. */
static inline const struct result *oracle(const struct workload *workload)
{
    static struct result last;
    result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(result != MAP_FAILED);
    step_limit = workload->limit ? workload->limit : STEPS_MAX;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        child(workload);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    last = *result;
    munmap(result, sizeof *result);
    for (int i = 0; i < FAILURES_KEPT && last.failures[i][0]; i++)
        print_message("# %s\n", last.failures[i]);
    if (getenv("ORACLE_VERBOSE"))
        print_message("# steps %ld wrong %ld incomplete %ld bare %ld plt %ld loader %ld vdso %ld signals %ld nested %ld alternate %ld "
                      "rewritten %ld deepest %ld copies %ld differ %ld\n",
                      last.steps, last.wrong, last.incomplete, last.bare, last.in_plt, last.in_loader, last.in_vdso, last.signals,
                      last.nested, last.on_alternate, last.rewritten, last.deepest, last.copies, last.copies_differ);
    assert_int_equal(status, 0);
    return &last;
}

/* ... and demand that every stack was right, but for those `excused`: while the program rewrote its stack. */
static inline const struct result *all_right_but(const struct workload *workload, long at_least, long excused)
{
    const struct result *got = oracle(workload);
    assert_true(got->steps >= at_least);
    assert_int_equal(got->wrong, 0);
    assert_int_equal(got->incomplete, 0);
    assert_int_equal(got->copies_differ, 0);
    assert_int_equal(got->without_table, 0);
    assert_true(got->rewritten <= excused);
    return got;
}

static inline const struct result *all_right(const struct workload *workload, long at_least)
{
    return all_right_but(workload, at_least, 0);
}

#define TEST(name) static void name(void **state)

#endif
