/* Names of code that a program made while it ran: what it writes to /tmp/perf-PID.map for perf, "START SIZE NAME" in
 * hexadecimal, a line for each function; a later line replaces an earlier one at the same place. */
#ifndef HOTLINE_JIT_NAMES_H
#define HOTLINE_JIT_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct jit_names;

/* Read now, and again by jit_names_refresh() when it has changed. `owner` is the user of the process: in /tmp
 * anybody may put a file, or a link to somebody else's; only a regular file of that user or of root, with one name,
 * is believed. Never NULL. */
struct jit_names *jit_names_create(pid_t pid, uid_t owner);
void jit_names_destroy(struct jit_names *names);
void jit_names_refresh(struct jit_names *names);

/* ret: NULL when no line covers `address`; valid until the next refresh. */
const char *jit_names_find(const struct jit_names *names, uint64_t address);

/* Take the lines of `text` in the place of those there were; lines that make no sense are passed over. */
void jit_names_parse(struct jit_names *names, const char *text, size_t bytes);

#endif
