/* struct profile -> plain text: the headline, the warnings, the hottest lines; and the last lines hotline says on stderr. */
#ifndef HOTLINE_REPORT_TEXT_H
#define HOTLINE_REPORT_TEXT_H

#include "profiler/collector/summarize.h"

struct text_out;

/* Write the text report to the file `path`. false: the old file is unchanged, `error` holds one line. Any thread. */
bool report_text_write(const struct profile *profile, const char *path, char *error, size_t error_bytes);

/* The same text. */
void report_text_text(struct text_out *out, const struct summary *summary);

/* The three hottest lines, one per line of text, e.g. "  62.1 %  denoise_row() service/operate/dct.c:88  operation=noise_reduction".
 * With fewer than 200 samples a line before them says so. malloc'ed; NULL: out of memory. "" without samples in own code. */
char *report_text_last_lines(const struct profile *profile);

#endif
