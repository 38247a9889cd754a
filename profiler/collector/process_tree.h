/* Who is whose child, according to /proc. */
#ifndef HOTLINE_PROCESS_TREE_H
#define HOTLINE_PROCESS_TREE_H

#include <stdbool.h>
#include <sys/types.h>

/* The parent of `pid`; 0 when there is none that can be seen (init, another pid namespace, no such process). Any
 * thread. */
pid_t process_tree_parent(pid_t pid);

/* Whether `pid` is `ancestor` or descends from it. Any thread. */
bool process_tree_descends(pid_t pid, pid_t ancestor);

#endif
