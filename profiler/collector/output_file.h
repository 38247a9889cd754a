/* An output file that is either the old one or the complete new one, never half of either: written under a temporary name in the same
 * directory (O_EXCL, O_NOFOLLOW, mode 0600), flushed to disk, renamed over the target. A symbolic link at the target is replaced, not
 * followed. Devices and pipes (/dev/stdout, /dev/null, a FIFO) are written in place: nobody means to rename a file over them. */
#ifndef HOTLINE_OUTPUT_FILE_H
#define HOTLINE_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct text_out;

/* Write the file `path` with what `write` puts into its text_out. ret: the target is the new file; false: the target is as it was, and
 * `error` holds one line ("cannot write F: reason"). Any thread. */
bool output_file_write(const char *path, void (*write)(struct text_out *out, const void *context), const void *context, char *error,
                       size_t error_bytes);

/* Whether a file could be written there now; leaves nothing behind. The same `error`. */
bool output_file_probe(const char *path, char *error, size_t error_bytes);

#endif
