/* The report's style sheet and script, linked into the program, and what the Content-Security-Policy calls them ("sha256-..."). */
#ifndef HOTLINE_REPORT_ASSETS_H
#define HOTLINE_REPORT_ASSETS_H

#include <stddef.h>

struct report_asset {
    const char *bytes;
    size_t count;
    const char *hash;
};

struct report_asset report_asset_style(void);
struct report_asset report_asset_script(void);

#endif
