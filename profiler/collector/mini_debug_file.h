/* A stripped program or library -> the symbols of its functions that it carries along, compressed (.gnu_debugdata, "mini debuginfo":
 * Fedora's and Red Hat's libraries have it). No lines: only names. */
#ifndef HOTLINE_MINI_DEBUG_FILE_H
#define HOTLINE_MINI_DEBUG_FILE_H

#include <stdbool.h>

#include "profiler/collector/symbol_file.h"

/* false: it carries none, or none that can be read. */
bool mini_debug_file_open(struct symbol_file *ret, const struct symbol_file *stripped);

#endif
