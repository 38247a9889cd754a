/* Ticks by hand: in place of the sampler's trigger*.c, in programs that call its handler as they like. Include it once. */
#ifndef HOTLINE_TESTS_MADE_TICKS_H
#define HOTLINE_TESTS_MADE_TICKS_H

#include <signal.h>
#include <string.h>

#include "profiler/sampler/trigger.h"

void trigger_start(bool careful)
{
    (void)careful;
    thread_state.has_timer = thread_state.sampling = true;
}

void trigger_start_new(void) { trigger_start(false); }

void trigger_switch(bool on) { thread_state.sampling = on; }

void trigger_stop(void) { thread_state.has_timer = false; }

void trigger_stop_all(void) { trigger_stop(); }

enum tick_source trigger_source(const siginfo_t *info)
{
    (void)info;
    return TICK_TIMER;
}

uint64_t trigger_periods(enum tick_source source, const siginfo_t *info)
{
    (void)source;
    (void)info;
    return 1;
}

/* The handler runs as if it had interrupted code at `pc` whose stack pointer is `sp`; 0: on no stack that it knows. */
static inline void made_tick(uint64_t pc, uint64_t sp)
{
    siginfo_t info = {.si_code = SI_TIMER};
    ucontext_t context;
    memset(&context, 0, sizeof context);
    context.uc_stack.ss_flags = SS_DISABLE;
    context.uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
    context.uc_mcontext.gregs[REG_RSP] = (greg_t)sp;
    handler_on_tick(SIGPROF, &info, &context);
}

#endif
