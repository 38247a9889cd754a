/* Reading mapped files that somebody may truncate at any moment: the kernel answers with SIGBUS, which must not end hotline. */
#ifndef HOTLINE_FAULT_GUARD_H
#define HOTLINE_FAULT_GUARD_H

#include <stdbool.h>

/* Catch SIGBUS from now on, in every thread that runs something under the guard. Outside the guard it stays fatal. */
void fault_guard_install(void);

/* Run `work(argument)`. false: it read behind the end of a file and was left there; what it had allocated is lost, and it must hold
 * no lock. Any thread, not nested. */
bool fault_guard_run(void (*work)(void *argument), void *argument);

#endif
