/* See report_write.h. */
#include "profiler/collector/report_write.h"

#include "profiler/collector/report_html.h"
#include "profiler/collector/report_json.h"
#include "profiler/collector/report_pprof.h"
#include "profiler/collector/report_text.h"

bool report_write(const struct profile *profile, enum output_format format, const char *path, char *error, size_t error_bytes)
{
    static bool (*const writers[OUTPUT_FORMATS])(const struct profile *, const char *, char *, size_t) = {
        [OUTPUT_HTML] = report_html_write, [OUTPUT_JSON] = report_json_write, [OUTPUT_TEXT] = report_text_write, [OUTPUT_PPROF] = report_pprof_write};
    return writers[format](profile, path, error, error_bytes);
}
