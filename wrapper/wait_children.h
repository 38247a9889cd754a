/* --wait-children: after the program's end, the end of the processes that it started. */
#ifndef HOTLINE_WAIT_CHILDREN_H
#define HOTLINE_WAIT_CHILDREN_H

#include "profiler/collector/collector.h"

/* Wait until no process of the session lives. `signals`: the signalfd of supervise(); SIGTERM, SIGINT and SIGHUP end the wait: whoever
 * stops hotline now wants the report. */
void wait_children(const struct collector *collector, int signals);

#endif
