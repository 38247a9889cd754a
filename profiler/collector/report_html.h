/* struct profile -> one HTML file that needs nothing else: no network, no library, readable without JavaScript. The static part is the
 * whole profile; the script recomputes every table for the tags the reader selects, from the data that the file carries.
 * Content-Security-Policy: default-src 'none', the one style and the one script by their hashes. */
#ifndef HOTLINE_REPORT_HTML_H
#define HOTLINE_REPORT_HTML_H

#include "profiler/collector/profile.h"

/* Write the report to the file `path`. false: the old file is unchanged, `error` holds one line. Any thread. */
bool report_html_write(const struct profile *profile, const char *path, char *error, size_t error_bytes);

#endif
