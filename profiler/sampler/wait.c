/* The waiting half of the sampler: blocked nanoseconds are counted per thread, and a record is written for the waits that are longer
 * than a period, and for one in each period of shorter ones. So the cost follows the time that is waited, not the number of waits.
 *
 * Runs in the program's threads, behind libhotline_wait.so's interposed calls; also in signal handlers and children of vfork(). */
#include "profiler/sampler/withdraw.h"

#include <errno.h>

#include "profiler/session/session_state.h"

#define EXPORT __attribute__((visibility("default")))

/* In libhotline_wait.so as weak symbols. `function` is what was called, `object` what was waited for or NULL. */
EXPORT uint64_t hotline_api_wait_begin(void);
EXPORT void hotline_api_wait_end(uint64_t begin, const void *function, const void *object);

EXPORT uint64_t hotline_api_wait_begin(void)
{
    const struct session *session = sampler.session;
    if (!session || !session->header.wait_period_ns || atomic_load_explicit(&sampler.withdrawn, memory_order_relaxed) ||
        atomic_load_explicit(&session->header.on, memory_order_relaxed) != SESSION_ON || session_is_over(session)) {
        return 0;
    }
    return clock_now_ns(CLOCK_MONOTONIC);
}

/* Whether a sample may be taken here. The thread's state must be its own: a child of vfork() has its parent's, a forked child that never ticked an old one. */
static bool may_take(void)
{
    return thread_state.has_timer && thread_state.generation == process_generation() && thread_state.tid == current_tid() &&
           !thread_state.in_handler;
}

static uint64_t random_part(uint64_t period_ns)
{
    thread_state.random = thread_state.random * 1664525u + 1013904223u;
    return (uint64_t)((double)period_ns * (double)(thread_state.random >> 8) / 16777216.0);
}

/* What a wait of `waited_ns` stands for; 0: no sample. A long one is certain to be taken, and stands for itself. Of the shorter ones the
 * blocked time is cut into periods, and the one at a random instant of each period stands for the period: a plain countdown would
 * beat with waits that keep step with it (two sites at 7 and 3 ms of every 10 showed 98 to 2). */
static uint64_t weigh(uint64_t waited_ns)
{
    uint64_t period_ns = sampler.session->header.wait_period_ns;
    if (waited_ns >= period_ns) {
        return waited_ns;
    }
    if (!thread_state.wait_begun) {
        thread_state.wait_begun = true;
        thread_state.wait_taken_at_ns = random_part(period_ns);
    }
    uint64_t begin = thread_state.wait_at_ns, end = begin + waited_ns, weight_ns = 0;
    if (begin <= thread_state.wait_taken_at_ns && thread_state.wait_taken_at_ns < end) {
        weight_ns += period_ns;
    }
    if (end >= period_ns) {
        end -= period_ns;
        thread_state.wait_taken_at_ns = random_part(period_ns);
        if (thread_state.wait_taken_at_ns < end) {
            weight_ns += period_ns;
        }
    }
    thread_state.wait_at_ns = end;
    return weight_ns;
}

/* The ring has one writer, and a handler of the program's that jumps away must not do so from in here: every signal waits. */
__attribute__((noinline)) static void take(uint64_t weight_ns, const struct wait_facts *facts)
{
    uint64_t all = UINT64_MAX, before;
    if (!withdraw_may_call()) {
        return; /* a filter has come during the wait */
    }
    if (may_take() && syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all) == 0) {
        handler_take_wait(weight_ns, facts);
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
    }
    withdraw_has_called();
}

EXPORT void hotline_api_wait_end(uint64_t begin, const void *function, const void *object)
{
    /* A child that was forked by a handler in the middle of the wait, with --no-children; or the clock may be a system call. */
    if (!sampler.session || atomic_load_explicit(&sampler.withdrawn, memory_order_relaxed)) {
        return;
    }
    int saved = errno;
    uint64_t waited_ns = clock_now_ns(CLOCK_MONOTONIC) - begin;
    uint64_t weight_ns = weigh(waited_ns);
    if (weight_ns) {
        struct wait_facts facts = {.function = (uint64_t)(uintptr_t)function, .object = (uint64_t)(uintptr_t)object};
        take(weight_ns, &facts);
    }
    errno = saved;
}
