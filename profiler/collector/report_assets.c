/* build/assets/report.css, loader.js, views.css, report.js -> bytes in this program. The Makefile makes them, and the headers with their
 * hashes. */
#include "profiler/collector/report_assets.h"

#include "loader.js.sha256.h"
#include "report.css.sha256.h"
#include "report.js.sha256.h"
#include "views.css.sha256.h"

#define LINK_IN(name, file)                                                                                                      \
    __asm__(".section .rodata\n"                                                                                                 \
            ".global " #name "_begin, " #name "_end\n"                                                                           \
            ".hidden " #name "_begin, " #name "_end\n" #name "_begin:\n"                                                         \
            ".incbin \"" file "\"\n" #name "_end:\n"                                                                             \
            ".byte 0\n"                                                                                                          \
            ".previous\n");                                                                                                      \
    extern const char name##_begin[], name##_end[]

LINK_IN(report_style, "report.css");
LINK_IN(report_loader, "loader.js");
LINK_IN(report_view_style, "views.css.deflated");
LINK_IN(report_script, "report.js.deflated");

struct report_asset report_asset_style(void)
{
    return (struct report_asset){report_style_begin, (size_t)(report_style_end - report_style_begin), SHA256_report_css};
}

struct report_asset report_asset_loader(void)
{
    return (struct report_asset){report_loader_begin, (size_t)(report_loader_end - report_loader_begin), SHA256_loader_js};
}

struct report_asset report_asset_view_style(void)
{
    return (struct report_asset){report_view_style_begin, (size_t)(report_view_style_end - report_view_style_begin),
                                 SHA256_views_css};
}

struct report_asset report_asset_script(void)
{
    return (struct report_asset){report_script_begin, (size_t)(report_script_end - report_script_begin), SHA256_report_js};
}
