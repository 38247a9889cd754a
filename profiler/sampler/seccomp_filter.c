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

bool seccomp_filter_allows_sampling(const struct sock_fprog *filter, bool by_perf)
{
    static const struct {
        int number;
        uint64_t first;
        bool must_succeed, for_perf;
    } calls[] = {
        {.number = SYS_rt_sigreturn, .must_succeed = true}, /* a handler that cannot return */
        {.number = SYS_futex},
        {.number = SYS_timer_create, .first = CLOCK_THREAD_CPUTIME_ID},
        {.number = SYS_timer_settime},
        {.number = SYS_timer_delete},
        {.number = SYS_rt_sigprocmask},
        {.number = SYS_gettid},
        {.number = SYS_getpid},
        {.number = SYS_prctl, .first = PR_GET_NAME},
        {.number = SYS_clock_gettime, .first = CLOCK_THREAD_CPUTIME_ID},
        {.number = SYS_process_vm_readv},
        {.number = SYS_getrusage, .first = RUSAGE_THREAD},
        {.number = SYS_prlimit64},
        {.number = SYS_perf_event_open, .for_perf = true},
        {.number = SYS_mmap, .for_perf = true},
        {.number = SYS_munmap, .for_perf = true},
        {.number = SYS_ioctl, .for_perf = true},
        {.number = SYS_fcntl, .for_perf = true},
        {.number = SYS_close, .for_perf = true},
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (calls[i].for_perf && !by_perf) {
            continue;
        }
        struct machine machine;
        memset(&machine, 0, sizeof machine);
        machine.data.nr = calls[i].number;
        machine.data.args[0] = calls[i].first;
#if defined(__x86_64__)
        machine.data.arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
        machine.data.arch = AUDIT_ARCH_AARCH64;
#endif
        uint32_t action = run(filter, &machine) & SECCOMP_RET_ACTION_FULL;
        if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG &&
            (action != SECCOMP_RET_ERRNO || calls[i].must_succeed)) {
            return false;
        }
    }
    return true;
}
