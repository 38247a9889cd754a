/* The words of the findings. See finding_list.h. */
#include <string.h>

#include "profiler/collector/finding_list.h"
#include "profiler/collector/text_out.h"

static const struct {
    const char *name, *words;
} kinds[FINDING_KINDS] = {
    [FINDING_TAG] = {"tag", "{t} takes {S} of CPU|; its hottest line is {l} in {f}"},
    [FINDING_TAG_REQUESTS] = {"tag", "{t} takes {S} of CPU in {r} of the requests|; its hottest line is {l} in {f}"},
    [FINDING_ALLOCATION] = {"allocation", "{S} of CPU in memory allocation (malloc, free and their kin)|, {T} for {f}, {l}"},
    [FINDING_COPY] = {"copy", "{S} of CPU in copying and filling memory (memcpy, memset and their kin)|, {T} for {f}, {l}"},
    [FINDING_KERNEL] = {"kernel", "{S} of CPU in the kernel, in system calls|, {T} for {f}, {l}"},
    [FINDING_LIBRARY] = {"library", "{S} of CPU in {n}, called from own code|, {T} from {f}, {l}"},
    [FINDING_NEXT] = {"next", "{S} of CPU in {f}|, its hottest line {l}"},
    [FINDING_WAIT] = {"wait", "Slow is not hot: threads were blocked for {w}|, {S} of it in calls from {f}, {l}"},
    [FINDING_LOCK] = {"lock", "Threads waited {w} for the lock {n}|, most in {f}, {l}"},
    [FINDING_THROTTLED] = {"throttled", "Slow is not hot: a CPU limit held the program up for {w} while it ran for {W}"},
};

const char *finding_kind_name(enum finding_kind kind)
{
    return kinds[kind].name;
}

void finding_write(const struct finding *finding, const struct finding_writer *writer)
{
    const char *at = kinds[finding->kind].words;
    while (*at != '\0' && (*at != '|' || finding->line != PROFILE_NONE)) {
        size_t bytes = strcspn(at, "{|");
        if (*at == '{') {
            writer->put_part(writer->context, finding, at[1]);
            at += 3;
        } else if (*at == '|') {
            at++;
        } else {
            writer->put_text(writer->context, at, bytes);
            at += bytes;
        }
    }
}

static void put_text(void *context, const char *text, size_t bytes)
{
    text_out_bytes(context, text, bytes);
}

static void put_seconds(struct text_out *out, double seconds)
{
    text_out_fixed(out, seconds, seconds < 10 ? 2 : 1);
    text_out_string(out, " s");
}

static void put_name(struct text_out *out, const struct finding *finding)
{
    if (finding->name) {
        text_out_plain(out, finding->kind == FINDING_LIBRARY ? findings_base_name(finding->name) : finding->name);
    } else {
        text_out_format(out, "0x%llx", (unsigned long long)finding->address);
    }
}

static void put_part(void *context, const struct finding *finding, char part)
{
    struct text_out *out = context;
    const struct summary *of = finding->of;
    switch (part) {
    case 'S': findings_percent_text(out, summary_percent(of, finding->share)); break;
    case 'T': findings_percent_text(out, summary_percent(of, finding->there)); break;
    case 'r': findings_percent_text(out, finding->requests_percent); break;
    case 'f': findings_function_name(out, of->profile->functions[finding->function].name); break;
    case 'l': findings_place_text(out, of, finding->line); break;
    case 'w': put_seconds(out, finding->seconds); break;
    case 'W': put_seconds(out, finding->of_seconds); break;
    case 'n': put_name(out, finding); break;
    default: findings_tag_text(out, of, finding->tag); break;
    }
}

void finding_text(struct text_out *out, const struct finding *finding)
{
    finding_write(finding, &(struct finding_writer){put_text, put_part, out});
}
