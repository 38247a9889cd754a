/* See report_json_findings.h. */
#include "profiler/collector/report_json_findings.h"

#include <stdlib.h>

#include "profiler/collector/finding_list.h"

enum { PERCENT_DECIMALS = 6 };

static void put_share(struct text_out *out, const struct summary *of, struct summary_share share)
{
    if (share.samples == 0) {
        text_out_string(out, ",\"share_percent\":null,\"share_error_percent\":null,\"samples\":0");
        return;
    }
    text_out_string(out, ",\"share_percent\":");
    text_out_fixed(out, summary_percent(of, share), PERCENT_DECIMALS);
    text_out_string(out, ",\"share_error_percent\":");
    text_out_fixed(out, summary_error_percent(of, share), PERCENT_DECIMALS);
    text_out_string(out, ",\"samples\":");
    text_out_unsigned(out, share.samples);
}

static void put_place(struct text_out *out, const struct summary *summary, uint32_t function, uint32_t line)
{
    const struct profile *profile = summary->profile;
    uint32_t file = line != PROFILE_NONE ? summary->lines[line].file : PROFILE_NONE;
    text_out_string(out, ",\"function\":");
    text_out_json(out, function != PROFILE_NONE ? profile->functions[function].name : NULL);
    text_out_string(out, ",\"file\":");
    text_out_json(out, file != PROFILE_NONE ? profile->files[file].path : NULL);
    text_out_format(out, ",\"line\":%u}", line != PROFILE_NONE ? summary->lines[line].line : 0);
}

/* Begins an item whose text is in `text`, which it empties. */
static void put_text(struct text_out *out, const char *kind, struct text_out *text)
{
    char *words = text_out_take(text);
    text_out_format(out, "{\"kind\":\"%s\",\"text\":", kind);
    text_out_json(out, words);
    out->failed |= !words;
    free(words);
}

void report_json_findings(struct text_out *out, const struct summary *summary, const struct wait_summary *waits)
{
    struct headline headline = findings_headline(summary);
    struct finding_list list;
    struct text_out text;
    text_out_init(&text, NULL, NULL);
    finding_list_make(summary, waits, &list);
    text_out_string(out, ",\"findings\":[");
    findings_headline_text(&text, summary);
    put_text(out, "headline", &text);
    put_share(out, summary, headline.share);
    put_place(out, summary, headline.function, headline.line);
    for (unsigned i = 0; i < list.count; i++) {
        const struct finding *finding = &list.items[i];
        text_out_char(out, ',');
        finding_text(&text, finding);
        put_text(out, finding_kind_name(finding->kind), &text);
        put_share(out, finding->of, finding->share);
        put_place(out, summary, finding->function, finding->line);
    }
    text_out_char(out, ']');
    text_out_deinit(&text);
}
