/* Which source text goes into a report: whole files, hottest first, while the budget lasts; beyond it 20 lines around
 * sampled lines, as far as a second budget reaches; then nothing, and the report says so. A reduced profile has the
 * sampled lines only. The text itself stays where the profile has it. */
#ifndef HOTLINE_REPORT_SOURCES_H
#define HOTLINE_REPORT_SOURCES_H

#include "profiler/collector/summarize.h"

enum {
    REPORT_SOURCES_WHOLE_BYTES = 3 << 20,
    REPORT_SOURCES_PIECES_BYTES = 1 << 20,
    REPORT_SOURCES_AROUND = 20, /* lines of context on either side in a piece */
};

/* Consecutive lines. */
struct source_piece {
    uint32_t first_line;
    size_t offset, bytes; /* in the file's text; the last line without its newline */
};

struct source_file {
    uint32_t file;       /* index in profile.files */
    uint32_t line_count; /* of the whole text */
    struct source_piece *pieces;
    uint32_t piece_count; /* 0: nothing of it goes in (see profile_file.missing, or the budget was used up) */
};

struct report_sources {
    struct source_file *files; /* every file with samples, hottest first */
    uint32_t count;
};

/* Of the files with CPU time, then of those that were only waited in (`waits`, of the same profile; NULL: none). NULL: out of memory. The
 * caller destroys. */
struct report_sources *report_sources_create(const struct summary *summary, const struct summary *waits);
void report_sources_destroy(struct report_sources *sources);

/* Where lines begin in text[0..bytes): ret[0..count], the last entry is one past where the end's newline is or would
 * be, so that line i (from 0) is ret[i] .. ret[i + 1] - 1. ret: malloc'ed; NULL: out of memory. A text that ends in a
 * newline has no empty last line. */
size_t *source_line_starts(const char *text, size_t bytes, uint32_t *ret_count);

#endif
