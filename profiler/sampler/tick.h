/* The timer's mark: a tick is ours only if its si_value points here. */
#ifndef HOTLINE_TICK_H
#define HOTLINE_TICK_H

extern const char tick_magic;

#endif
