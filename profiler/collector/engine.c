/* See engine.h. */
#include "profiler/collector/engine.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "profiler/unwind/unwind_arch.h"

static bool is_prime(uint64_t number)
{
    for (uint64_t i = 2; i * i <= number; i++) {
        if (number % i == 0) {
            return false;
        }
    }
    return number > 1;
}

static uint64_t nearest_prime(uint64_t number)
{
    for (uint64_t away = 0; away < number; away++) {
        if (is_prime(number - away)) {
            return number - away;
        }
        if (is_prime(number + away)) {
            return number + away;
        }
    }
    return number;
}

uint64_t engine_period_ns(enum session_engine engine, double asked_hz)
{
    enum { LEAST_PRIME_HZ = 7 }; /* below, a prime is too far from what was asked for */
    bool prime = engine == SESSION_ENGINE_PERF && asked_hz >= LEAST_PRIME_HZ;
    double hz = prime ? (double)nearest_prime((uint64_t)(asked_hz + 0.5)) : asked_hz;
    return (uint64_t)(1e9 / hz + 0.5);
}

struct engine_facts engine_facts_of(const struct session_header *header)
{
    return (struct engine_facts){.asked = header->engine == SESSION_ENGINE_PERF ? SESSION_ENGINE_PERF : SESSION_ENGINE_TIMER,
                                 .period_ns = header->sample_period_ns,
                                 .perf_threads = atomic_load(&header->perf_threads),
                                 .perf_user_threads = atomic_load(&header->perf_user_threads),
                                 .perf_refused_threads = atomic_load(&header->perf_refused_threads),
                                 .perf_kernel_error = atomic_load(&header->perf_kernel_error),
                                 .perf_error = atomic_load(&header->perf_error)};
}

static bool got_perf(const struct engine_facts *facts)
{
    return facts->asked == SESSION_ENGINE_PERF && facts->perf_threads + facts->perf_user_threads > 0;
}

const char *engine_name(const struct engine_facts *facts)
{
    return got_perf(facts) ? "perf" : "timer";
}

int engine_paranoid(void)
{
    int paranoid = INT_MAX;
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (file) {
        if (fscanf(file, "%d", &paranoid) != 1) {
            paranoid = INT_MAX;
        }
        fclose(file);
    }
    return paranoid;
}

/* Why the kernel said no, and what would change its mind. */
static void refusal(int error, int paranoid, char *ret, size_t ret_bytes)
{
    if (error == EACCES || error == EPERM) {
        char setting[64] = "";
        if (paranoid != INT_MAX) {
            snprintf(setting, sizeof setting, "kernel.perf_event_paranoid is %d, ", paranoid);
        }
        snprintf(ret, ret_bytes, "%s: %sCAP_PERFMON or a lower value is needed, and a container's seccomp profile may forbid it",
                 strerror(error), setting);
    } else if (error == EOPNOTSUPP) {
        snprintf(ret, ret_bytes, "Linux 6.12 is needed for it, and SIGTRAP must be free");
    } else if (error == ENOBUFS) {
        snprintf(ret, ret_bytes, "no more memory may be locked: ulimit -l, kernel.perf_event_mlock_kb");
    } else {
        snprintf(ret, ret_bytes, "%s", strerror(error));
    }
}

void engine_why(const struct engine_facts *facts, int paranoid, char *ret, size_t ret_bytes)
{
    static const char *const stacks = UNWIND_HAS_TABLES ? "" : "; stacks by frame pointers";
    char reason[256];
    if (facts->asked == SESSION_ENGINE_TIMER) {
        snprintf(ret, ret_bytes, "per-thread CPU clock: needs no privilege%s", stacks);
        return;
    }
    if (!got_perf(facts)) {
        bool met = facts->perf_refused_threads > 0;
        refusal(facts->perf_error, paranoid, reason, sizeof reason);
        snprintf(ret, ret_bytes, "per-thread CPU clock%s%s%s%s", stacks,
                 met ? "; --engine=perf was refused (" : "; no thread was sampled by --engine=perf yet", met ? reason : "", met ? ")" : "");
        return;
    }
    int length = snprintf(ret, ret_bytes, "perf_event_open, task-clock, %.0f samples per CPU second: a prime number%s",
                          1e9 / (double)facts->period_ns, stacks);
    size_t at = length > 0 && (size_t)length < ret_bytes ? (size_t)length : ret_bytes - 1;
    if (facts->perf_user_threads) {
        refusal(facts->perf_kernel_error, paranoid, reason, sizeof reason);
        length = snprintf(ret + at, ret_bytes - at, "; time in the kernel is not sampled%s (%s)",
                          facts->perf_threads ? " in some threads" : "", reason);
        at = length > 0 && (size_t)length < ret_bytes - at ? at + (size_t)length : ret_bytes - 1;
    }
    if (facts->perf_refused_threads) {
        refusal(facts->perf_error, paranoid, reason, sizeof reason);
        snprintf(ret + at, ret_bytes - at, "; %u thread%s kept the CPU clock's timer (%s)", facts->perf_refused_threads,
                 facts->perf_refused_threads == 1 ? "" : "s", reason);
    }
}
