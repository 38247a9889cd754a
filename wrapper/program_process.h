/* Starting the program: a forked process that waits until everything around it is ready, then becomes the program. */
#ifndef HOTLINE_PROGRAM_PROCESS_H
#define HOTLINE_PROGRAM_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "wrapper/inherited.h"

struct program_process {
    pid_t pid;
    int pidfd;  /* -1: the kernel has none */
    int go;     /* -1 once it may run */
    int result; /* reads the errno of a failed exec; ends when the exec succeeded; -1 once read */
};

/* Fork. Neither thread nor lock of ours may matter in the child: call it before any thread is started. false: errno
 * says why. */
bool program_process_fork(struct program_process *ret, struct inherited *inherited, const char *path,
                          char *const argv[], char *const environment[]);

/* Let it become the program. */
void program_process_go(struct program_process *program);

/* Read `result` (waits): 0 when the exec succeeded or nothing can be known, else its errno. */
int program_process_result(struct program_process *program);

/* Close the descriptors. The process itself is not touched. */
void program_process_deinit(struct program_process *program);

#endif
