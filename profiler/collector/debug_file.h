/* A stripped program or library -> the separate file that holds its debug info.
 *
 * Tried in gdb's order: the build-id directories (/usr/lib/debug/.build-id, debuginfod's cache), then the name in .gnu_debuglink beside the
 * file, in .debug/ beside it and below /usr/lib/debug. Only a file that proves to belong (same build-id, or the link's CRC) is used.
 * Nothing is fetched from the network. */
#ifndef HOTLINE_DEBUG_FILE_H
#define HOTLINE_DEBUG_FILE_H

#include <stdbool.h>

#include "profiler/collector/symbol_file.h"

/* Open the debug file of `stripped`. path: where the program saw it; open_path: where we opened it (/proc/PID/root + path for another
 * mount namespace: then that namespace's debug directories come first). */
bool debug_file_open(struct symbol_file *ret, const struct symbol_file *stripped, const char *path, const char *open_path);

/* The name in .gnu_debuglink, NULL: none. It lives as long as `file`. ret_crc may be NULL. */
const char *debug_file_link(const struct symbol_file *file, uint32_t *ret_crc);

#endif
