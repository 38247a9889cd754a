/* From the program's start to its end: signals passed on, stops and continues shared, orphans reaped. */
#ifndef HOTLINE_SUPERVISE_H
#define HOTLINE_SUPERVISE_H

#include <sys/resource.h>

#include "profiler/collector/profile.h"
#include "wrapper/program_process.h"

struct supervision {
    struct program_process *program; /* forked, not yet let go */
    int signals;                     /* a signalfd of every signal; all of them are blocked */
    void *user;
    void (*running)(void *user);     /* the program's exec succeeded */
    void (*terminating)(void *user); /* SIGTERM came (and was passed on) */
};

struct supervision_end {
    int exec_error; /* not 0: the program could not be started, the rest means nothing */
    enum profile_ended how;
    int code; /* exit status or signal */
    struct rusage usage;
};

/* Let the program run and look after it until it ends. It is left unreaped: its /proc can still be read. */
void supervise(const struct supervision *supervision, struct supervision_end *ret);

#endif
