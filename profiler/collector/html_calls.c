/* The call tree's heaviest paths as a table: what is left of the flame graph without JavaScript and on paper. */
#include "profiler/collector/call_paths.h"
#include "profiler/collector/html_parts.h"

enum { MOST_FRAMES = 40, DEEPEST_INDENT = 24 };

static void put_path(struct text_out *out, const struct html_report *report, const struct call_path *path)
{
    text_out_string(out, "<tr>");
    html_put_share_cell(out, report, path->total, "");
    html_put_share_cell(out, report, path->self, "");
    text_out_string(out, "<td class=\"name\"><span class=\"depth\" aria-hidden=\"true\">");
    for (uint32_t i = 1; i < path->depth && i <= DEEPEST_INDENT; i++) {
        text_out_string(out, "│ ");
    }
    text_out_string(out, "</span>");
    html_put_function(out, report->summary->profile->functions[path->function].name);
    text_out_string(out, "</td></tr>\n");
}

void html_put_calls(struct text_out *out, const struct html_report *report)
{
    struct call_paths paths;
    if (!call_paths_init(&paths, report->summary, MOST_FRAMES)) {
        out->failed = true;
        return;
    }
    text_out_string(out, "<section id=\"flame\" aria-labelledby=\"flame-title\">\n<h2 id=\"flame-title\">Call "
                         "tree</h2>\n<div class=\"body\">\n");
    if (paths.count == 0) {
        text_out_string(out, "<p class=\"empty\">No samples.</p>");
    } else {
        text_out_string(
            out, "<table class=\"calls\"><thead><tr>"
                 "<th scope=\"col\" class=\"n\" title=\"the function was on the stack, called this way\">total %</th>"
                 "<th scope=\"col\" class=\"n\" title=\"the program counter was in it\">self %</th>"
                 "<th scope=\"col\">function, below its caller</th></tr></thead><tbody>\n");
        for (uint32_t i = 0; i < paths.count; i++) {
            put_path(out, report, &paths.paths[i]);
        }
        text_out_string(out, "</tbody></table>");
    }
    text_out_string(out, "</div>\n</section>\n");
    call_paths_deinit(&paths);
}
