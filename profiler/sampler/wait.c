/* The waiting half of the sampler: blocked nanoseconds are counted down per thread, and each time a period is through, one record
 * says where the wait was that ended it. So the cost follows the number of periods, not of waits; a wait that lasts for many
 * periods is one record that stands for them all. The first period of a thread is random, or short waits would never be seen.
 *
 * Runs in the program's threads, behind libhotline_wait.so's interposed calls; also in signal handlers and children of vfork(). */
#include "profiler/sampler/sampler.h"

#include <errno.h>

#include "profiler/session/session_state.h"

#define EXPORT __attribute__((visibility("default")))

/* In libhotline_wait.so as weak symbols. `function` is what was called, `object` what was waited for or NULL. */
EXPORT uint64_t hotline_api_wait_begin(void);
EXPORT void hotline_api_wait_end(uint64_t begin, const void *function, const void *object);

EXPORT uint64_t hotline_api_wait_begin(void)
{
    const struct session *session = sampler.session;
    if (!session || !session->header.wait_period_ns ||
        atomic_load_explicit(&session->header.on, memory_order_relaxed) != SESSION_ON || session_is_over(session)) {
        return 0;
    }
    return clock_now_ns(CLOCK_MONOTONIC);
}

/* Whether this thread's state is its own: a child of vfork() has its parent's, a forked child that never ticked an old one. */
static bool is_own_state(void)
{
    return thread_state.has_timer && thread_state.generation == process_generation() && thread_state.tid == current_tid() &&
           !thread_state.in_handler;
}

static uint64_t random_part(uint64_t period_ns)
{
    thread_state.random = thread_state.random * 1664525u + 1013904223u;
    return (uint64_t)((double)period_ns * (double)(thread_state.random >> 8) / 16777216.0);
}

__attribute__((noinline)) static void period_is_through(uint64_t over_ns, const struct wait_facts *facts)
{
    uint64_t period_ns = sampler.session->header.wait_period_ns;
    uint64_t periods = 1 + over_ns / period_ns;
    thread_state.wait_left_ns = period_ns - over_ns % period_ns;
    if (is_own_state()) {
        handler_take_wait(periods * period_ns, facts);
    }
}

EXPORT void hotline_api_wait_end(uint64_t begin, const void *function, const void *object)
{
    int saved = errno;
    uint64_t waited_ns = clock_now_ns(CLOCK_MONOTONIC) - begin;
    if (thread_state.wait_left_ns == 0) {
        thread_state.wait_left_ns = 1 + random_part(sampler.session->header.wait_period_ns);
    }
    if (waited_ns < thread_state.wait_left_ns) {
        thread_state.wait_left_ns -= waited_ns;
    } else {
        struct wait_facts facts = {.function = (uint64_t)(uintptr_t)function, .object = (uint64_t)(uintptr_t)object};
        period_is_through(waited_ns - thread_state.wait_left_ns, &facts);
    }
    errno = saved;
}
