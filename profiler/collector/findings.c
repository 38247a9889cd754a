/* struct summary -> the headline. See findings.h; the warnings are in findings_warnings.c. */
#include "profiler/collector/findings.h"

#include <string.h>

#include "profiler/collector/text_out.h"

/* A line or function stands out when even the lower end of its 95 % interval is worth a reader's time. */
static const double STANDS_OUT_PERCENT = 5;
static const double MOSTLY_PERCENT = 50;
static const double SPREAD_FACTOR = 1.5;

bool findings_stand_out(const struct summary *summary, struct summary_share share)
{
    return summary_percent(summary, share) - summary_error_percent(summary, share) >= STANDS_OUT_PERCENT;
}

static uint32_t hottest_function(const struct summary *summary)
{
    uint32_t best = PROFILE_NONE;
    for (uint32_t i = 0; i < summary->profile->function_count; i++) {
        struct summary_share cpu = summary->functions[i].cpu;
        if (cpu.samples > 0 && (best == PROFILE_NONE || cpu.cpu_ns > summary->functions[best].cpu.cpu_ns)) {
            best = i;
        }
    }
    return best;
}

uint32_t findings_hottest_line_in(const struct summary *summary, uint32_t function)
{
    for (uint32_t i = 0; i < summary->own_line_count; i++) {
        if (summary->lines[summary->hot_lines[i]].function == function) {
            return summary->hot_lines[i];
        }
    }
    return summary->hottest_line;
}

struct headline findings_headline(const struct summary *summary)
{
    struct headline ret = {
        .kind = HEADLINE_NOTHING, .line = PROFILE_NONE, .function = PROFILE_NONE, .tag = PROFILE_NONE};
    if (summary->all.samples == 0) {
        return ret;
    }
    if (summary->hottest_line == PROFILE_NONE || summary_percent(summary, summary->outside) > MOSTLY_PERCENT) {
        ret.kind = HEADLINE_OUTSIDE;
        ret.share = summary->outside;
        ret.function = summary->hottest_function;
        return ret;
    }
    uint32_t function = hottest_function(summary);
    ret.line = summary->hottest_line;
    ret.function = summary->lines[ret.line].function;
    ret.share = summary->lines[ret.line].cpu;
    /* A kernel that spends its time evenly over twenty lines is better named as a whole. */
    bool is_spread = (double)summary->functions[function].cpu.cpu_ns >= SPREAD_FACTOR * (double)ret.share.cpu_ns;
    if (findings_stand_out(summary, ret.share) && !is_spread) {
        ret.kind = HEADLINE_LINE;
    } else if (findings_stand_out(summary, summary->functions[function].cpu)) {
        ret.kind = HEADLINE_FUNCTION;
        ret.function = function;
        ret.share = summary->functions[function].cpu;
        ret.line = findings_hottest_line_in(summary, function);
    } else {
        ret.kind = HEADLINE_FLAT;
    }
    ret.tag = summary->lines[ret.line].tag;
    return ret;
}

void findings_function_name(struct text_out *out, const char *name)
{
    text_out_plain(out, name);
    if (!strchr(name, '(') && !strstr(name, "+0x")) {
        text_out_string(out, "()");
    }
}

void findings_percent_text(struct text_out *out, double percent)
{
    if (percent > 0 && percent < 0.05) {
        text_out_string(out, "less than 0.1 %");
        return;
    }
    text_out_fixed(out, percent, percent < 9.95 ? 1 : 0);
    text_out_string(out, " %");
}

const char *findings_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void findings_place_text(struct text_out *out, const struct summary *summary, uint32_t index)
{
    const struct summary_line *line = &summary->lines[index];
    if (line->file == PROFILE_NONE) {
        text_out_string(out, "at an unknown line");
        return;
    }
    text_out_plain(out, findings_base_name(summary->profile->files[line->file].path));
    if (line->line > 0) {
        text_out_format(out, ":%u", line->line);
    }
}

void findings_tag_text(struct text_out *out, const struct summary *summary, uint32_t tag)
{
    text_out_plain(out, summary->tags[tag].key);
    text_out_string(out, " = ");
    text_out_plain(out, summary->tags[tag].value);
}

void findings_headline_text(struct text_out *out, const struct summary *summary)
{
    struct headline headline = findings_headline(summary);
    if (headline.kind == HEADLINE_NOTHING) {
        text_out_string(out, "No samples: the program used no CPU time while hotline was on");
        return;
    }
    if (headline.kind == HEADLINE_FLAT) {
        text_out_string(out, "No line stands out: the hottest takes ");
    }
    findings_percent_text(out, summary_percent(summary, headline.share));
    if (headline.kind == HEADLINE_OUTSIDE) {
        text_out_string(out, " of CPU outside the program's own code");
        if (headline.function != PROFILE_NONE) {
            text_out_string(out, ", most in ");
            findings_function_name(out, summary->profile->functions[headline.function].name);
        }
        return;
    }
    text_out_string(out, " of CPU in ");
    findings_function_name(out, summary->profile->functions[headline.function].name);
    text_out_string(out, headline.kind == HEADLINE_FUNCTION ? ", spread over its lines, the hottest " : ", ");
    findings_place_text(out, summary, headline.line);
    if (headline.tag != PROFILE_NONE) {
        text_out_string(out, ", while ");
        findings_tag_text(out, summary, headline.tag);
    }
}
