/* --wait-children: after the program's end, the end of the processes that it started. */
#ifndef HOTLINE_WAIT_CHILDREN_H
#define HOTLINE_WAIT_CHILDREN_H

#include <sys/types.h>

/* Reap the program, then wait until it has no descendants left: orphans are hotline's children (it is their subreaper), and are reaped
 * as they end. `signals`: the signalfd of supervise(); SIGTERM, SIGINT and SIGHUP end the wait: whoever stops hotline now wants the
 * report. */
void wait_children(pid_t program, int signals);

#endif
