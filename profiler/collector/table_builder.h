/* A module's .eh_frame (or .debug_frame is not read here) -> an unwind table blob (unwind/unwind_table.h).
 * The input is a file that anybody may have written: every read goes through a checked cursor. */
#ifndef HOTLINE_TABLE_BUILDER_H
#define HOTLINE_TABLE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profiler/unwind/unwind_walk.h"

/* An ELF module in memory: a mapped file, or a mapped image (the vDSO). */
struct module_image {
    const uint8_t *bytes;
    size_t length;
};

struct table_statistics {
    uint32_t functions, rows, extras, plt, signal_frames, ends, bad; /* bad: rows the unwinder cannot evaluate */
};

/* Build the table of `image` in malloc'ed memory (caller frees *ret_blob). ret_statistics may be NULL.
 * false when the image is no ELF file for this machine, has no call frame information (then *ret_blob is NULL and the reason is a
 * static text in *ret_why), or memory is out. Any thread. Takes about 10 ms for 11 MB of code. */
bool table_builder_build(const struct module_image *image, void **ret_blob, size_t *ret_bytes, struct table_statistics *ret_statistics,
                         const char **ret_why);

/* The executable segment(s) of `image` as one range for unwind_space.code. false when there is none. */
bool table_builder_code(const struct module_image *image, struct unwind_code *ret);

#endif
