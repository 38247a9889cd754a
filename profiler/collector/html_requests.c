/* The requests that the program marked: how long they took, by name and tags, and the slowest of them. They are of the whole run; the script
 * draws the same for a selection (assets/view_requests.js). */
#include "profiler/collector/html_parts.h"

enum { MOST_SETS = 25, MOST_SLOWEST = 25 };

/* Three digits that count: "0.123", "12.3", "1 234". In milliseconds. */
static void put_ms(struct text_out *out, uint64_t ns)
{
    double ms = (double)ns * 1e-6;
    if (ms >= 99.95) {
        html_put_count(out, (uint64_t)(ms + 0.5));
    } else {
        text_out_fixed(out, ms, ms < 0.9995 ? 3 : ms < 9.995 ? 2 : 1);
    }
}

static void put_ms_cell(struct text_out *out, uint64_t ns)
{
    text_out_string(out, "<td class=\"n\">");
    put_ms(out, ns);
    text_out_string(out, "</td>");
}

static void put_count_cell(struct text_out *out, uint64_t count, const char *class)
{
    text_out_format(out, "<td class=\"n dim%s\">", class);
    html_put_count(out, count);
    text_out_string(out, "</td>");
}

static void put_tags(struct text_out *out, const struct profile_tag_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        text_out_string(out, i > 0 ? " " : "");
        html_put_tag(out, set->tags[i].key, set->tags[i].value);
    }
}

static void put_text(struct text_out *out, const char *text)
{
    text_out_string(out, "<bdi>");
    text_out_html(out, text);
    text_out_string(out, "</bdi>");
}

/* "1 234 requests ended; half of them within 12.3 ms, 95 % within 45.6 ms, 99 % within 67.8 ms, the slowest took 123 ms." */
static void put_totals(struct text_out *out, const struct request_summary *requests)
{
    const struct request_row *all = &requests->all;
    text_out_string(out, "<p class=\"totals\">");
    html_put_count(out, all->count);
    text_out_string(out, all->count == 1 ? " request ended" : " requests ended");
    if (all->count > 0) {
        static const char *const before[] = {": half of them within ", ", 95\u00a0% within ", ", 99\u00a0% within ", "; the slowest took "};
        const uint64_t values[] = {all->p50_ns, all->p95_ns, all->p99_ns, all->max_ns};
        for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
            text_out_string(out, before[i]);
            put_ms(out, values[i]);
            text_out_string(out, "\u00a0ms");
        }
    }
    text_out_string(out, ".</p>\n");
}

static void put_sets(struct text_out *out, const struct request_summary *requests)
{
    text_out_string(out, "<table class=\"durations\"><thead><tr><th scope=\"col\">request</th><th scope=\"col\" class=\"n\">requests</th>"
                         "<th scope=\"col\" class=\"n\" title=\"milliseconds; half of them were as fast, within 5 %\">p50 ms</th>"
                         "<th scope=\"col\" class=\"n\">p95 ms</th><th scope=\"col\" class=\"n\">p99 ms</th><th scope=\"col\" class=\"n\">max ms</th>"
                         "</tr></thead><tbody>\n");
    for (uint32_t i = 0; i < requests->set_count && i < MOST_SETS; i++) {
        const struct request_row *row = &requests->sets[i];
        text_out_string(out, "<tr><td class=\"name\">");
        put_text(out, row->name);
        text_out_char(out, ' ');
        put_tags(out, &requests->profile->tag_sets[row->tag_set]);
        text_out_string(out, "</td>");
        put_count_cell(out, row->count, "");
        put_ms_cell(out, row->p50_ns);
        put_ms_cell(out, row->p95_ns);
        put_ms_cell(out, row->p99_ns);
        put_ms_cell(out, row->max_ns);
        text_out_string(out, "</tr>\n");
    }
    text_out_string(out, "</tbody></table>");
    if (requests->set_count > MOST_SETS) {
        text_out_string(out, "<p class=\"more\">");
        html_put_count(out, requests->set_count - MOST_SETS);
        text_out_string(out, " more with fewer requests.</p>");
    }
}

/* "GET /rides", or the name where there is neither; then what the client called it. */
static void put_request(struct text_out *out, const struct profile_span *span)
{
    if (span->method) {
        text_out_html(out, span->method);
        text_out_char(out, ' ');
    }
    put_text(out, span->path ? span->path : span->name);
    if (span->running) {
        text_out_string(out, " <em>still running</em>");
    }
}

static void put_slowest_row(struct text_out *out, const struct request_summary *requests, uint32_t index)
{
    const struct profile_span *span = &requests->profile->spans[index];
    const struct request_cost *cost = &requests->costs[index];
    text_out_string(out, "<tr><td class=\"n\">");
    put_ms(out, span->wall_ns);
    text_out_string(out, "</td>");
    put_ms_cell(out, cost->cpu_ns);
    if (requests->profile->wall) {
        put_ms_cell(out, cost->wait_ns);
    }
    put_count_cell(out, cost->samples, " wide");
    text_out_string(out, "<td class=\"name\">");
    put_request(out, span);
    text_out_string(out, "</td><td class=\"wide\">");
    put_tags(out, &requests->profile->tag_sets[span->tag_set]);
    text_out_string(out, "</td><td class=\"n dim wide\">");
    text_out_fixed(out, (double)span->begin_ns * 1e-9, 3);
    text_out_string(out, "</td><td class=\"id\">");
    put_text(out, span->request_id ? span->request_id : "");
    text_out_string(out, "</td></tr>\n");
}

static void put_slowest(struct text_out *out, const struct request_summary *requests)
{
    text_out_string(out, "<table class=\"slowest\"><thead><tr><th scope=\"col\" class=\"n\" title=\"from begin to end\">wall ms</th>"
                         "<th scope=\"col\" class=\"n\" title=\"of all threads that worked for it\">CPU ms</th>");
    text_out_string(out, requests->profile->wall ? "<th scope=\"col\" class=\"n\" title=\"blocked time, of all threads\">waits ms</th>" : "");
    text_out_string(out, "<th scope=\"col\" class=\"n wide\">samples</th><th scope=\"col\">request</th><th scope=\"col\" class=\"wide\">tags</th>"
                         "<th scope=\"col\" class=\"n wide\" title=\"since the start\">began, s</th><th scope=\"col\">request id</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < requests->slowest_count && i < MOST_SLOWEST; i++) {
        put_slowest_row(out, requests, requests->slowest[i]);
    }
    text_out_string(out, "</tbody></table>");
    if (requests->slowest_count > MOST_SLOWEST) {
        text_out_string(out, "<p class=\"more\">");
        html_put_count(out, requests->slowest_count - MOST_SLOWEST);
        text_out_string(out, " more were kept.</p>");
    }
}

void html_put_requests(struct text_out *out, const struct html_report *report)
{
    const struct request_summary *requests = report->requests;
    if (!requests) {
        return;
    }
    text_out_string(out, "<section id=\"requests\" aria-labelledby=\"requests-title\">\n<h2 id=\"requests-title\">Requests</h2>\n");
    put_totals(out, requests);
    text_out_string(out, "<h3>How long they took</h3>\n<div id=\"durations\"><div class=\"body\">\n");
    if (requests->set_count > 0) {
        put_sets(out, requests);
    }
    text_out_string(out, "</div></div>\n<h3>The slowest</h3>\n<div id=\"slowest\"><div class=\"body\">\n");
    if (requests->slowest_count > 0) {
        put_slowest(out, requests);
    } else {
        text_out_string(out, "<p class=\"empty\">None was kept.</p>");
    }
    text_out_string(out, "</div></div>\n</section>\n");
}
