/* What threads used, by the kernel's count, read while they live: a thread that is gone with its process cannot be asked any
 * more. One that uses CPU time and never has a sample (all of its work is in step with the kernel's tick) gets a row in the
 * thread table here, so that the report can name it and the seconds it misses. */
#ifndef HOTLINE_THREAD_WATCH_H
#define HOTLINE_THREAD_WATCH_H

#include "profiler/collector/drain.h"

enum { THREAD_WATCH_LOOKS = 32, THREAD_WATCH_LEAST_NS = 50000000 };

/* Look at the next few threads, THREAD_WATCH_LOOKS at most, when it is time (about 10 us each, every second; every five while no
 * samples come). Drain thread, with its lock held. */
void thread_watch(struct drain *drain, uint64_t now_ns);

#endif
