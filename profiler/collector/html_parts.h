/* What the parts of the HTML report share: the data they read, and small pieces of markup that must look the same
 * everywhere (the script builds the same markup again for a selection: assets/). */
#ifndef HOTLINE_HTML_PARTS_H
#define HOTLINE_HTML_PARTS_H

#include "profiler/collector/finding_list.h"
#include "profiler/collector/report_sources.h"
#include "profiler/collector/request_summary.h"
#include "profiler/collector/text_out.h"
#include "profiler/collector/wait_summary.h"

struct html_report {
    const struct summary *summary;
    const struct report_sources *sources;
    const struct wait_summary *waits; /* NULL: waiting was not sampled */
    const struct request_summary *requests; /* NULL: the program marked none */
    struct warnings warnings;
    struct headline headline;
    struct finding_list findings;
};

enum {
    HTML_SOURCE_FILES = 10,     /* static source views */
    HTML_SOURCE_HOT_LINES = 40, /* each */
    HTML_SOURCE_AROUND = 3,     /* lines of context in them */
    HTML_HEAT_STEPS = 8,        /* of the luminance ramp: classes h1 .. h8 */
};

/* The parts, in the order of the page. */
void html_put_overview(struct text_out *out, const struct html_report *report); /* headline, split, warnings */
void html_put_findings(struct text_out *out, const struct html_report *report); /* in the overview */
void html_put_compare(struct text_out *out, const struct html_report *report); /* nothing but in a report by `hotline diff` */
void html_put_self_check(struct text_out *out, const struct html_report *report);
void html_put_lines(struct text_out *out, const struct html_report *report);
void html_put_calls(struct text_out *out, const struct html_report *report); /* the flame graph's place */
void html_put_functions(struct text_out *out, const struct html_report *report);
void html_put_requests(struct text_out *out, const struct html_report *report); /* nothing without requests */
void html_put_tags(struct text_out *out, const struct html_report *report);
void html_put_waits(struct text_out *out, const struct html_report *report); /* nothing without waits */
void html_put_sources(struct text_out *out, const struct html_report *report);
void html_put_about(struct text_out *out, const struct html_report *report); /* provenance, what is missing, glossary */

/* "62.1", "<0.1", nothing for 0. */
void html_put_percent(struct text_out *out, double percent);
/* "12 345", with narrow no-break spaces. */
void html_put_count(struct text_out *out, uint64_t count);
/* <code>denoise_row()</code> */
void html_put_function(struct text_out *out, const char *name);
/* <strong>62 %</strong>, for a sentence: larger than life, one decimal only below 10. */
void html_put_strong_percent(struct text_out *out, double percent);
/* "dct.c:88", for a sentence; else as html_put_place(). */
void html_put_base_place(struct text_out *out, const struct html_report *report, uint32_t line);
/* "operate/dct.c:88", a link where the static page has that line. */
void html_put_place(struct text_out *out, const struct html_report *report, uint32_t line);
/* Whether the static page has a row for that line. */
bool html_has_row(const struct html_report *report, uint32_t line);
/* key = value, as a reader sees it */
void html_put_tag(struct text_out *out, const char *key, const char *value);
/* A cell <td class="n" title="33 of 1 234 samples, ± 0.9"> with the percentage. class: more classes, or "". */
void html_put_share_cell(struct text_out *out, const struct html_report *report, struct summary_share share,
                         const char *class);
/* A part of a bar from `from` to `from` + `width` (0..100). ret: where the next one begins. */
double html_put_segment(struct text_out *out, const char *class, double from, double width);
/* The small bar of own, library and system time (percentages of everything), `scale` percent wide when full. */
void html_put_bar(struct text_out *out, const struct html_report *report, const struct summary_line *line,
                  double scale);
/* 0 (cold) .. HTML_HEAT_STEPS: a share of the hottest line's share, or of 5 % where no line has that much: a flat
 * profile looks flat. */
unsigned html_heat(const struct summary *summary, uint64_t cpu_ns);

#endif
