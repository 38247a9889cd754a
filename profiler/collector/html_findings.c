/* The findings below the headline: a list of sentences, each with what it rests on. The report's script makes the same of a selection. */
#include "profiler/collector/html_parts.h"

struct sentence {
    struct text_out *out;
    const struct html_report *report;
};

static void put_text(void *context, const char *text, size_t bytes)
{
    const struct sentence *sentence = context;
    text_out_html_bytes(sentence->out, text, bytes);
}

static void put_seconds(struct text_out *out, double seconds)
{
    text_out_string(out, "<strong>");
    text_out_fixed(out, seconds, seconds < 10 ? 2 : 1);
    text_out_string(out, "\u00a0s</strong>");
}

static void put_name(struct text_out *out, const struct finding *finding)
{
    text_out_string(out, "<code>");
    if (finding->name) {
        text_out_html(out, finding->kind == FINDING_LIBRARY ? findings_base_name(finding->name) : finding->name);
    } else {
        text_out_format(out, "0x%llx", (unsigned long long)finding->address);
    }
    text_out_string(out, "</code>");
}

static void put_percent(struct text_out *out, double percent)
{
    struct text_out text;
    text_out_init(&text, NULL, NULL);
    findings_percent_text(&text, percent);
    text_out_html_bytes(out, text.bytes ? text.bytes : "", text.count);
    text_out_deinit(&text);
}

static void put_part(void *context, const struct finding *finding, char part)
{
    const struct sentence *sentence = context;
    struct text_out *out = sentence->out;
    const struct summary *of = finding->of;
    switch (part) {
    case 'S': html_put_strong_percent(out, summary_percent(of, finding->share)); break;
    case 'T': put_percent(out, summary_percent(of, finding->there)); break;
    case 'r': put_percent(out, finding->requests_percent); break;
    case 'f': html_put_function(out, of->profile->functions[finding->function].name); break;
    case 'l': html_put_base_place(out, sentence->report, finding->line); break;
    case 'w': put_seconds(out, finding->seconds); break;
    case 'W': put_seconds(out, finding->of_seconds); break;
    case 'n': put_name(out, finding); break;
    default: html_put_tag(out, of->tags[finding->tag].key, of->tags[finding->tag].value); break;
    }
}

/* "± 2.1 points, 123 of 1 234 samples"; of a lock, whose sentence has no percentage, the samples. */
static void put_certainty(struct text_out *out, const struct finding *finding)
{
    if (finding->share.samples == 0) {
        return;
    }
    text_out_string(out, " <small>");
    if (finding->kind != FINDING_LOCK) {
        text_out_string(out, "± ");
        text_out_fixed(out, summary_error_percent(finding->of, finding->share), 1);
        text_out_string(out, " points, ");
    }
    html_put_count(out, finding->share.samples);
    text_out_string(out, " of ");
    html_put_count(out, finding->of->all.samples);
    text_out_string(out, " samples</small>");
}

void html_put_findings(struct text_out *out, const struct html_report *report)
{
    const struct finding_list *list = &report->findings;
    if (list->count == 0) {
        return;
    }
    struct sentence sentence = {out, report};
    text_out_string(out, "<ul id=\"findings\" aria-label=\"Findings\">");
    for (unsigned i = 0; i < list->count; i++) {
        text_out_format(out, "\n<li data-kind=\"%s\"", finding_kind_name(list->items[i].kind));
        if (list->items[i].kind > FINDING_WAIT) { /* the script keeps it; it counts lines the same way */
            text_out_format(out, " data-run=\"%d\"", list->items[i].line == PROFILE_NONE ? -1 : (int)list->items[i].line);
        }
        text_out_string(out, "><span>");
        finding_write(&list->items[i], &(struct finding_writer){put_text, put_part, &sentence});
        text_out_string(out, "</span>");
        put_certainty(out, &list->items[i]);
        text_out_string(out, "</li>");
    }
    text_out_string(out, "</ul>\n");
}
