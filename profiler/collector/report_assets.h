/* The report's style sheets and scripts, linked into the program, and what the Content-Security-Policy calls them ("sha256-..."). */
#ifndef HOTLINE_REPORT_ASSETS_H
#define HOTLINE_REPORT_ASSETS_H

#include <stddef.h>

struct report_asset {
    const char *bytes;
    size_t count;
    const char *hash;
};

struct report_asset report_asset_style(void);  /* of the static page */
struct report_asset report_asset_loader(void); /* the script that unpacks the following two */
/* Raw deflate in base64; the hash is of what is inside. */
struct report_asset report_asset_view_style(void); /* of what only the script shows */
struct report_asset report_asset_script(void);

#endif
