/* [S] What makes a thread's ticks. Every thread has a timer on its own CPU clock: it looks at the switch while sampling is
 * off, and it samples with the engine `timer`. With the engine `perf` a perf event takes its place while sampling is on,
 * where the kernel grants one; the thread keeps its timer otherwise. All for the calling thread. */
#ifndef HOTLINE_TRIGGER_H
#define HOTLINE_TRIGGER_H

#include "profiler/sampler/sampler.h"

enum tick_source { TICK_FOREIGN, TICK_TIMER, TICK_PERF };

/* trigger.c */
void trigger_start(bool careful); /* careful: stay with the timer until its first tick (a fresh fork, which mostly execs) */
/* In a thread that has just begun: no handler of the program can jump out of here. */
void trigger_start_new(void);
void trigger_switch(bool on);     /* sampling begins, or ends */
void trigger_stop(void);          /* no ticks any more */
void trigger_stop_all(void);      /* in no thread of the process; none may be starting or ending meanwhile */
enum tick_source trigger_source(const siginfo_t *info);
/* The tick becomes a sample: ret: how many sampling periods of CPU time it stands for. */
uint64_t trigger_periods(enum tick_source source, const siginfo_t *info);

/* trigger_timer.c */
bool trigger_timer_make(void); /* false: the kernel has none left (counted) */
void trigger_timer_set(uint64_t first_ns, uint64_t period_ns); /* first_ns 0: stop it */
void trigger_timer_delete(struct thread_ticks *ticks);
bool trigger_timer_owns(const siginfo_t *info);
uint64_t trigger_timer_periods(const siginfo_t *info);

/* trigger_perf.c */
bool trigger_perf_start(uint64_t first_ns); /* false: not wanted, or refused (counted) */
void trigger_perf_stop(struct thread_ticks *ticks);
bool trigger_perf_owns(const siginfo_t *info);
uint64_t trigger_perf_periods(void);

#endif
