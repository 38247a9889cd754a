/* What makes the samples: the engine asked for, the period it gets, and what became of it, in words. */
#ifndef HOTLINE_ENGINE_H
#define HOTLINE_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "profiler/session/session_layout.h"

/* The sampling period in nanoseconds of CPU time. The perf engine takes the nearest prime number of samples per second: a
 * round one beats with work that has a round period of its own. The timer engine can only follow the kernel's tick. */
uint64_t engine_period_ns(enum session_engine engine, double asked_hz);

/* What the threads of the session met with: copied from its header. */
struct engine_facts {
    enum session_engine asked;
    uint64_t period_ns;
    uint32_t perf_threads, perf_user_threads, perf_refused_threads;
    int perf_kernel_error, perf_error;
};
struct engine_facts engine_facts_of(const struct session_header *header);

/* "timer" or "perf": what most samples came from. */
const char *engine_name(const struct engine_facts *facts);

/* One clause for the report: why this engine, and what it cannot see. `paranoid`: kernel.perf_event_paranoid, INT_MAX unknown. */
void engine_why(const struct engine_facts *facts, int paranoid, char *ret, size_t ret_bytes);

/* kernel.perf_event_paranoid; INT_MAX: not known. */
int engine_paranoid(void);

#endif
