/* Where threads wait, and for which locks: two tables that are there with --wall. They do not follow the selection of tags; the switch
 * between CPU time and waiting, which the script makes, does. */
#include "profiler/collector/html_parts.h"

enum { MOST_PLACES = 25, MOST_LOCKS = 15 };

static void put_seconds_cell(struct text_out *out, struct summary_share share)
{
    text_out_string(out, "<td class=\"n\">");
    text_out_fixed(out, (double)share.cpu_ns * 1e-9, 2);
    text_out_string(out, "</td>");
}

static void put_samples_cell(struct text_out *out, uint64_t samples)
{
    text_out_string(out, "<td class=\"n dim\">");
    html_put_count(out, samples);
    text_out_string(out, "</td>");
}

/* What was called, and from where. */
static void put_place_cells(struct text_out *out, const struct html_report *report, const struct wait_row *row)
{
    const struct profile *profile = report->summary->profile;
    char called[WAIT_CALL_BYTES];
    wait_call_name(profile->functions[row->function].name, called);
    text_out_string(out, "<td class=\"name\">");
    html_put_function(out, called);
    text_out_string(out, "</td><td class=\"name\">");
    if (row->line != PROFILE_NONE) {
        html_put_function(out, profile->functions[report->waits->summary->lines[row->line].function].name);
    }
    text_out_string(out, "</td><td class=\"name\">");
    if (row->line != PROFILE_NONE) {
        html_put_place(out, report, row->line);
    } else {
        text_out_string(out, "no code of the program");
    }
    text_out_string(out, "</td>");
}

static void put_places(struct text_out *out, const struct html_report *report)
{
    const struct wait_summary *waits = report->waits;
    text_out_string(out, "<table class=\"waits\"><thead><tr><th scope=\"col\" class=\"n\" title=\"of all time that threads were blocked\">"
                         "wait %</th><th scope=\"col\" class=\"n\" title=\"summed over all threads\">seconds</th><th scope=\"col\" class=\"n\">"
                         "samples</th><th scope=\"col\" title=\"the call that blocked\">blocked in</th><th scope=\"col\">called by</th>"
                         "<th scope=\"col\">line</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < waits->row_count && i < MOST_PLACES; i++) {
        const struct wait_row *row = &waits->rows[i];
        text_out_string(out, "<tr><td class=\"n\">");
        html_put_percent(out, summary_percent(waits->summary, row->share));
        text_out_string(out, "</td>");
        put_seconds_cell(out, row->share);
        put_samples_cell(out, row->share.samples);
        put_place_cells(out, report, row);
        text_out_string(out, "</tr>\n");
    }
    text_out_string(out, "</tbody></table>");
    if (waits->row_count > MOST_PLACES) {
        text_out_string(out, "<p class=\"more\">");
        html_put_count(out, waits->row_count - MOST_PLACES);
        text_out_string(out, " more with less.</p>");
    }
}

static void put_locks(struct text_out *out, const struct html_report *report)
{
    const struct wait_summary *waits = report->waits;
    text_out_string(out, "<h3>Contended locks</h3>\n");
    if (waits->lock_count == 0) {
        text_out_string(out, "<p class=\"empty\">No thread was seen waiting for a lock.</p>");
        return;
    }
    text_out_string(out, "<table class=\"waits\"><thead><tr><th scope=\"col\">lock</th><th scope=\"col\" class=\"n\">seconds</th>"
                         "<th scope=\"col\" class=\"n\">samples</th><th scope=\"col\" class=\"n\" title=\"lines that waited for it\">places</th>"
                         "<th scope=\"col\">most in</th><th scope=\"col\">called by</th><th scope=\"col\">line</th></tr></thead><tbody>\n");
    for (uint32_t i = 0; i < waits->lock_count && i < MOST_LOCKS; i++) {
        const struct wait_lock *lock = &waits->locks[i];
        text_out_format(out, "<tr><td class=\"name\" title=\"0x%llx in process %d\"><code>", (unsigned long long)lock->address, (int)lock->pid);
        if (lock->name) {
            text_out_html(out, lock->name);
        } else {
            text_out_format(out, "0x%llx", (unsigned long long)lock->address);
        }
        text_out_string(out, "</code></td>");
        put_seconds_cell(out, lock->share);
        put_samples_cell(out, lock->share.samples);
        put_samples_cell(out, lock->places);
        put_place_cells(out, report, &lock->worst);
        text_out_string(out, "</tr>\n");
    }
    text_out_string(out, "</tbody></table>");
}

void html_put_waits(struct text_out *out, const struct html_report *report)
{
    const struct wait_summary *waits = report->waits;
    if (!waits) {
        return;
    }
    text_out_string(out, "<section id=\"waits\" aria-labelledby=\"waits-title\">\n<h2 id=\"waits-title\">Where threads wait</h2>\n<p class=\"dim\">");
    text_out_fixed(out, (double)waits->summary->all.cpu_ns * 1e-9, 1);
    text_out_string(out, " s of blocked time, all threads together, from ");
    html_put_count(out, waits->summary->all.samples);
    text_out_string(out, " samples; a call counts when it returns.");
    if (waits->profile.waits_dropped) {
        text_out_char(out, ' ');
        html_put_count(out, waits->profile.waits_dropped);
        text_out_string(out, " samples were lost.");
    }
    text_out_string(out, "</p>\n<div class=\"body\">\n");
    if (waits->row_count == 0) {
        text_out_string(out, "<p class=\"empty\">No thread was seen waiting.</p>");
    } else {
        put_places(out, report);
    }
    put_locks(out, report);
    text_out_string(out, "</div>\n</section>\n");
}
