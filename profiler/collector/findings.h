/* struct summary -> what a reader should be told in words: the headline ("62 % of CPU in denoise_row() ...") and the warnings that say
 * how far to trust it. Rules, not prose: each finding has the numbers it rests on, and the writers lay out the words. */
#ifndef HOTLINE_FINDINGS_H
#define HOTLINE_FINDINGS_H

#include "profiler/collector/summarize.h"

struct text_out;

enum {
    FINDINGS_FEW_SAMPLES = 200,
    FINDINGS_USEFUL_HZ = 250, /* a rate that the timer engine reaches on the usual kernel tick: worth suggesting below it */
};

enum headline_kind {
    HEADLINE_NOTHING,  /* no samples */
    HEADLINE_LINE,     /* one line stands out */
    HEADLINE_FUNCTION, /* no line does, but a function does */
    HEADLINE_FLAT,     /* neither does */
    HEADLINE_OUTSIDE,  /* most samples have no own code on their stack */
};

struct headline {
    enum headline_kind kind;
    struct summary_share share; /* of `line`, `function` or outside own code */
    uint32_t line;              /* LINE: the line; FUNCTION, FLAT: the hottest line (there); else PROFILE_NONE */
    uint32_t function;          /* LINE, FLAT: the function of `line`; FUNCTION: the function; OUTSIDE: the hottest one by self */
    uint32_t tag;               /* that >= 80 % of `line` was under; PROFILE_NONE: none */
};

struct headline findings_headline(const struct summary *summary);

/* The headline as one sentence of plain text. */
void findings_headline_text(struct text_out *out, const struct summary *summary);

/* "denoise_row()": C++ names that already have their parameters, and module+0xoffset, are left alone. */
void findings_function_name(struct text_out *out, const char *name);

/* "dct.c:88", or that the line is not known. line: in summary.lines. */
void findings_place_text(struct text_out *out, const struct summary *summary, uint32_t line);
/* "operation = blur" */
void findings_tag_text(struct text_out *out, const struct summary *summary, uint32_t tag);
/* Behind the last slash. */
const char *findings_base_name(const char *path);

/* Whether even the lower end of a share's interval is worth a reader's time. */
bool findings_stand_out(const struct summary *summary, struct summary_share share);
/* The hottest own line of a function; of everything, where the function has none. */
uint32_t findings_hottest_line_in(const struct summary *summary, uint32_t function);

/* Percentages in words: "62 %", "4.2 %", "less than 0.1 %". */
void findings_percent_text(struct text_out *out, double percent);

/* The CPU seconds that the samples of a thread lack, by its CPU clock; 0: none, or within the error. */
double findings_missed_s(const struct profile *profile, const struct profile_thread *thread);

enum severity { SEVERITY_NOTE, SEVERITY_WARNING };

/* One fact about the measurement. Both texts are malloc'ed. */
struct warning {
    enum severity severity;
    char *text; /* one sentence: what is so */
    char *cure; /* one sentence: what to do; NULL when there is nothing to do */
};

struct warnings {
    struct warning *items; /* most severe first */
    uint32_t count, capacity;
    bool failed; /* out of memory: some are missing */
};

/* ret: caller deinits. */
void warnings_find(const struct summary *summary, struct warnings *ret);
void warnings_deinit(struct warnings *warnings);

#endif
