/* struct summary -> up to five findings, in words, beside the headline: what else is hot, which tag takes most, what own code spends in
 * libraries, allocation, copies and the kernel, and what makes the program slow without being hot. Rules, each with the numbers it
 * rests on; the report's script has the same (assets/findings.js), and the same words. */
#ifndef HOTLINE_FINDING_LIST_H
#define HOTLINE_FINDING_LIST_H

#include "profiler/collector/findings.h"
#include "profiler/collector/wait_summary.h"

enum { FINDINGS_MOST = 5 };

/* Those up to FINDING_WAIT are of what is selected; the others of the whole run, and only there when nothing was selected. */
enum finding_kind {
    FINDING_TAG,          /* a tag that most of the CPU time carries */
    FINDING_TAG_REQUESTS, /* a tag that takes more than its part of the requests */
    FINDING_ALLOCATION,
    FINDING_COPY,
    FINDING_KERNEL,
    FINDING_LIBRARY,
    FINDING_NEXT,      /* another function stands out */
    FINDING_WAIT,      /* blocked time: of waiting, not of CPU time */
    FINDING_LOCK,      /* a lock that threads waited for */
    FINDING_THROTTLED, /* held up by the control group's limit */
    FINDING_KINDS
};

struct finding {
    enum finding_kind kind;
    const struct summary *of;    /* what `share` is a share of: CPU time or waiting */
    struct summary_share share;  /* no samples: it does not rest on samples */
    struct summary_share there;  /* of `line` */
    uint32_t line, function;     /* PROFILE_NONE: no line to name */
    uint32_t tag;                /* in summary.tags; PROFILE_NONE */
    const char *name;            /* of the library, of the lock; NULL */
    uint64_t address;            /* of a lock without a name */
    double seconds, of_seconds;  /* WAIT, LOCK, THROTTLED */
    double requests_percent;     /* TAG_REQUESTS: the part of the requests that carried the tag */
};

struct finding_list {
    struct finding items[FINDINGS_MOST];
    unsigned count;
};

/* waits NULL: waiting was not sampled. Both must outlive `ret`. */
void finding_list_make(const struct summary *summary, const struct wait_summary *waits, struct finding_list *ret);

/* "next", "tag"...: for JSON and the page. */
const char *finding_kind_name(enum finding_kind kind);

/* The words of a finding are a template. It is text with places for: {S} share, {T} share of the line, {f} function, {l} line, {t} tag,
 * {n} name, {w} seconds, {W} of how many, {r} percent of requests; what follows '|' is said only when there is a line. Calls put_text() and put_part() in
 * turn. */
struct finding_writer {
    void (*put_text)(void *context, const char *text, size_t bytes);
    void (*put_part)(void *context, const struct finding *finding, char part);
    void *context;
};
void finding_write(const struct finding *finding, const struct finding_writer *writer);

/* The words as plain text. */
void finding_text(struct text_out *out, const struct finding *finding);

#endif
