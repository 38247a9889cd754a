/* The program's own idea of our signal: what it installed, and its masks with our signal taken out. */
#ifndef HOTLINE_HOOKS_SIGNAL_H
#define HOTLINE_HOOKS_SIGNAL_H

#include <signal.h>

/* [S] A signal of our number that is not our tick: do what the program asked for, or what the default would do. */
void hooks_signal_chain(int number, siginfo_t *info, void *context);

#endif
