/* See seccomp_filter.h. A classic BPF program is run as the kernel would run it for each call: loads come from
 * struct seccomp_data, jumps go forward, so that it ends. */
#include "profiler/sampler/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

enum { SCRATCH_WORDS = BPF_MEMWORDS };

struct machine {
    uint32_t a, x, scratch[SCRATCH_WORDS];
    struct seccomp_data data;
};

static bool compute(uint16_t code, uint32_t *a, uint32_t value)
{
    switch (BPF_OP(code)) {
    case BPF_ADD: *a += value; return true;
    case BPF_SUB: *a -= value; return true;
    case BPF_MUL: *a *= value; return true;
    case BPF_DIV: *a = value ? *a / value : 0; return value != 0;
    case BPF_AND: *a &= value; return true;
    case BPF_OR: *a |= value; return true;
    case BPF_XOR: *a ^= value; return true;
    case BPF_LSH: *a = value < 32 ? *a << value : 0; return true;
    case BPF_RSH: *a = value < 32 ? *a >> value : 0; return true;
    case BPF_NEG: *a = -*a; return true;
    default: return false;
    }
}

static bool compare(uint16_t code, uint32_t a, uint32_t value)
{
    switch (BPF_OP(code)) {
    case BPF_JEQ: return a == value;
    case BPF_JGT: return a > value;
    case BPF_JGE: return a >= value;
    default: return (a & value) != 0; /* BPF_JSET */
    }
}

static bool load(const struct machine *machine, const struct sock_filter *row, uint32_t *ret)
{
    switch (BPF_MODE(row->code)) {
    case BPF_ABS:
        if (row->k % 4 != 0 || row->k > sizeof machine->data - 4) {
            return false;
        }
        memcpy(ret, (const char *)&machine->data + row->k, 4);
        return true;
    case BPF_IMM: *ret = row->k; return true;
    case BPF_LEN: *ret = sizeof machine->data; return true;
    case BPF_MEM:
        *ret = machine->scratch[row->k % SCRATCH_WORDS];
        return true;
    default: return false;
    }
}

/* ret: the filter's action; what the kernel would refuse to install counts as killing. */
static uint32_t run(const struct sock_fprog *filter, struct machine *machine)
{
    for (uint32_t at = 0; at < filter->len; at++) {
        const struct sock_filter *row = &filter->filter[at];
        uint32_t operand = BPF_SRC(row->code) == BPF_X ? machine->x : row->k;
        bool good = true;
        switch (BPF_CLASS(row->code)) {
        case BPF_LD: good = load(machine, row, &machine->a); break;
        case BPF_LDX: good = load(machine, row, &machine->x); break;
        case BPF_ST: machine->scratch[row->k % SCRATCH_WORDS] = machine->a; break;
        case BPF_STX: machine->scratch[row->k % SCRATCH_WORDS] = machine->x; break;
        case BPF_ALU: good = compute(row->code, &machine->a, operand); break;
        case BPF_JMP:
            at += BPF_OP(row->code) == BPF_JA ? row->k : compare(row->code, machine->a, operand) ? row->jt : row->jf;
            break;
        case BPF_RET: return BPF_RVAL(row->code) == BPF_A ? machine->a : row->k;
        default: /* BPF_MISC */
            if (BPF_MISCOP(row->code) == BPF_TAX) {
                machine->x = machine->a;
            } else {
                machine->a = machine->x;
            }
        }
        if (!good) {
            break;
        }
    }
    return SECCOMP_RET_KILL_PROCESS;
}

bool seccomp_filter_allows(const struct sock_fprog *filter, enum seccomp_calls calls)
{
    static const struct {
        int number;
        enum seccomp_calls calls;
        uint64_t first;
        bool must_succeed;
    } rows[] = {
        {SYS_rt_sigreturn, SECCOMP_CALLS_SAMPLE, 0, true}, /* a handler that cannot return */
        {SYS_futex, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_timer_create, SECCOMP_CALLS_SAMPLE, CLOCK_THREAD_CPUTIME_ID, false},
        {SYS_timer_settime, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_timer_delete, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_rt_sigprocmask, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_gettid, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_getpid, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_getppid, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_prctl, SECCOMP_CALLS_SAMPLE, PR_GET_NAME, false},
        {SYS_clock_gettime, SECCOMP_CALLS_SAMPLE, CLOCK_THREAD_CPUTIME_ID, false},
        {SYS_process_vm_readv, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_getrusage, SECCOMP_CALLS_SAMPLE, RUSAGE_THREAD, false},
        {SYS_prlimit64, SECCOMP_CALLS_SAMPLE, 0, false},
        {SYS_perf_event_open, SECCOMP_CALLS_PERF, 0, false},
        {SYS_mmap, SECCOMP_CALLS_PERF, 0, false},
        {SYS_munmap, SECCOMP_CALLS_PERF, 0, false},
        {SYS_ioctl, SECCOMP_CALLS_PERF, 0, false},
        {SYS_fcntl, SECCOMP_CALLS_PERF, 0, false},
        {SYS_close, SECCOMP_CALLS_PERF, 0, false},
        {SYS_openat, SECCOMP_CALLS_LOOK, 0, false},
        {SYS_read, SECCOMP_CALLS_LOOK, 0, false},
        {SYS_pread64, SECCOMP_CALLS_LOOK, 0, false},
        {SYS_close, SECCOMP_CALLS_LOOK, 0, false},
        {SYS_getdents64, SECCOMP_CALLS_LOOK, 0, false},
        {SYS_faccessat, SECCOMP_CALLS_LOOK, 0, false},
        {SYS_getcwd, SECCOMP_CALLS_LOOK, 0, false},
        {SYS_sched_yield, SECCOMP_CALLS_LOOK, 0, false},
        {SYS_rt_sigaction, SECCOMP_CALLS_LOOK, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].calls != calls) {
            continue;
        }
        struct machine machine;
        memset(&machine, 0, sizeof machine);
        machine.data.nr = rows[i].number;
        machine.data.args[0] = rows[i].first;
#if defined(__x86_64__)
        machine.data.arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
        machine.data.arch = AUDIT_ARCH_AARCH64;
#endif
        uint32_t action = run(filter, &machine) & SECCOMP_RET_ACTION_FULL;
        if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG &&
            (action != SECCOMP_RET_ERRNO || rows[i].must_succeed)) {
            return false;
        }
    }
    return true;
}
