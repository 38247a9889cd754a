/* See sample_weight.h. */
#include "profiler/collector/sample_weight.h"

#include <time.h>

#include "profiler/collector/fault_guard.h"
#include "profiler/unwind/unwind_arch.h"

enum { TICKS = 10, PERIODS = 4, USUAL_TICK_NS = 4000000 };
static const uint64_t MOST_NS = UINT64_C(10000000000);

uint64_t sample_weight_limit_ns(uint64_t period_ns)
{
    struct timespec tick; /* the coarse clock advances once per tick */
    bool known = clock_getres(CLOCK_MONOTONIC_COARSE, &tick) == 0 && tick.tv_sec == 0 && tick.tv_nsec > 0;
    uint64_t ticks_ns = TICKS * (known ? (uint64_t)tick.tv_nsec : USUAL_TICK_NS);
    return ticks_ns > PERIODS * period_ns ? ticks_ns : PERIODS * period_ns;
}

struct code_before {
    const uint8_t *end;
    bool is_syscall;
};

static void look(void *argument)
{
    struct code_before *code = argument;
    code->is_syscall = unwind_is_syscall_before(code->end);
}

static bool follows_syscall(const struct processes *processes, uint32_t process, uint64_t pc)
{
    const struct unwind_code *found;
    uint64_t address;
    if (!processes_code(processes, process, pc, &found, &address) || !found->bytes || address < found->first ||
        address - found->first < UNWIND_SYSCALL_BYTES || address > found->last) {
        return false;
    }
    struct code_before code = {.end = found->bytes + (address - found->first)};
    return fault_guard_run(look, &code) && code.is_syscall;
}

uint64_t sample_weight_ns(const struct processes *processes, uint32_t process, uint64_t pc, uint64_t claimed_ns, uint64_t limit_ns)
{
    uint64_t weight_ns = claimed_ns < MOST_NS ? claimed_ns : MOST_NS;
    return weight_ns <= limit_ns || follows_syscall(processes, process, pc) ? weight_ns : limit_ns;
}
