/* The rules. See finding_list.h; the words are in finding_words.c. */
#include "profiler/collector/finding_list.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/called_code.h"
#include "profiler/collector/require_memory.h"

static const double DOMINATES_PERCENT = 50;    /* of CPU time under a tag */
static const double EVERYTHING_PERCENT = 98;   /* what holds everything tells nothing */
static const double MORE_THAN_ITS_PART = 2;    /* times a tag's part of the requests, */
static const double MATTERS_PERCENT = 20;      /* of at least so much of CPU time */
static const double NEARLY_ALL = 0.9;          /* of a function's CPU time */
static const double HELD_UP_RATIO = 0.01;      /* of the run's duration */

static void keep(struct finding_list *list, const struct finding *finding)
{
    if (list->count < FINDINGS_MOST) {
        list->items[list->count++] = *finding;
    }
}

static void append(struct finding_list *list, const struct finding_list *more)
{
    for (unsigned i = 0; i < more->count; i++) {
        keep(list, &more->items[i]);
    }
}

/* A finding about a line. `of` has the line. */
static struct finding at_line(enum finding_kind kind, const struct summary *of, struct summary_share share, uint32_t line,
                              struct summary_share there)
{
    return (struct finding){
        .kind = kind,
        .of = of,
        .share = share,
        .there = there,
        .line = line,
        .function = line != PROFILE_NONE ? of->lines[line].function : PROFILE_NONE,
        .tag = PROFILE_NONE,
    };
}

/* Whether what a function costs is what the findings about the code that it calls say already. */
static bool is_told(const struct finding_list *called, uint32_t function, struct summary_share cpu)
{
    uint64_t told_ns = 0;
    for (unsigned i = 0; i < called->count; i++) {
        told_ns += called->items[i].function == function ? called->items[i].there.cpu_ns : 0;
    }
    return (double)told_ns >= NEARLY_ALL * (double)cpu.cpu_ns;
}

/* Beside what `called` has. */
static void find_next(const struct summary *summary, struct finding_list *called)
{
    uint32_t named = findings_headline(summary).function, best = PROFILE_NONE;
    for (uint32_t i = 0; i < summary->profile->function_count; i++) {
        struct summary_share cpu = summary->functions[i].cpu;
        if (i != named && cpu.samples > 0 && !is_told(called, i, cpu) && (best == PROFILE_NONE || cpu.cpu_ns > summary->functions[best].cpu.cpu_ns)) {
            best = i;
        }
    }
    if (best != PROFILE_NONE && findings_stand_out(summary, summary->functions[best].cpu)) {
        uint32_t line = findings_hottest_line_in(summary, best);
        struct finding finding = at_line(FINDING_NEXT, summary, summary->functions[best].cpu, line, summary->lines[line].cpu);
        finding.function = best;
        keep(called, &finding);
    }
}

static int compare_tags(const void *left, const void *right)
{
    const struct profile_tag *wanted = left;
    const struct summary_tag *tag = right;
    int order = strcmp(wanted->key, tag->key);
    return order ? order : strcmp(wanted->value, tag->value);
}

/* ret: per tag, how many requests ended under it; malloc'ed. *ret_all: all of them. */
static uint64_t *count_requests(const struct summary *summary, uint64_t *ret_all)
{
    const struct profile *profile = summary->profile;
    uint64_t *counts = require_array(summary->tag_count + (size_t)1, sizeof *counts);
    *ret_all = 0;
    for (uint32_t i = 0; i < profile->latency_count; i++) {
        const struct profile_tag_set *set = &profile->tag_sets[profile->latencies[i].tag_set];
        *ret_all += profile->latencies[i].count;
        for (uint32_t j = 0; j < set->count; j++) {
            const struct summary_tag *tag = bsearch(&set->tags[j], summary->tags, summary->tag_count, sizeof *tag, compare_tags);
            if (tag) {
                counts[tag - summary->tags] += profile->latencies[i].count;
            }
        }
    }
    return counts;
}

/* Which of two tags is told: the one that is further beyond its part of the requests; where these are not known, the rarer. */
static bool tells_more(const struct finding *a, const struct finding *b, bool beyond)
{
    if (b->kind == FINDING_KINDS) {
        return true;
    }
    double a_percent = summary_percent(a->of, a->share), b_percent = summary_percent(b->of, b->share);
    return beyond ? a_percent - a->requests_percent > b_percent - b->requests_percent : a_percent < b_percent;
}

/* A tag that is beyond its part of the requests goes before one that only dominates. */
static void find_tag(const struct summary *summary, struct finding_list *list)
{
    struct finding best[2] = {{.kind = FINDING_KINDS}, {.kind = FINDING_KINDS}}; /* [1]: beyond its part */
    uint64_t all, *counts = count_requests(summary, &all);
    for (uint32_t i = 0; i < summary->tag_count; i++) {
        const struct summary_tag *tag = &summary->tags[i];
        double percent = summary_percent(summary, tag->share), least = percent - summary_error_percent(summary, tag->share);
        double part = all > 0 ? 100 * (double)counts[i] / (double)all : 0;
        bool beyond = part > 0 && percent >= MORE_THAN_ITS_PART * part && least >= MATTERS_PERCENT;
        struct finding finding = at_line(part > 0 ? FINDING_TAG_REQUESTS : FINDING_TAG, summary, tag->share, tag->line, tag->line_share);
        finding.tag = i;
        finding.requests_percent = part;
        if (percent <= EVERYTHING_PERCENT && (beyond || least >= DOMINATES_PERCENT) && tells_more(&finding, &best[beyond], beyond)) {
            best[beyond] = finding;
        }
    }
    free(counts);
    if (best[1].kind != FINDING_KINDS || best[0].kind != FINDING_KINDS) {
        keep(list, &best[best[1].kind != FINDING_KINDS]);
    }
}

static int compare_findings(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->share.cpu_ns != b->share.cpu_ns) {
        return a->share.cpu_ns > b->share.cpu_ns ? -1 : 1;
    }
    return (int)a->kind - (int)b->kind;
}

static void find_called(const struct summary *summary, struct finding_list *list)
{
    static const enum finding_kind kinds[CALLED_KINDS] = {
        [CALLED_ALLOCATION] = FINDING_ALLOCATION,
        [CALLED_COPY] = FINDING_COPY,
        [CALLED_KERNEL] = FINDING_KERNEL,
        [CALLED_LIBRARY] = FINDING_LIBRARY,
    };
    struct called called[CALLED_KINDS];
    called_code_find(summary, called);
    for (unsigned i = 0; i < CALLED_KINDS; i++) {
        if (called[i].share.samples > 0 && findings_stand_out(summary, called[i].share)) {
            struct finding finding = at_line(kinds[i], summary, called[i].share, called[i].line, called[i].line_share);
            finding.name = called[i].module != PROFILE_NONE ? summary->profile->modules[called[i].module].path : NULL;
            keep(list, &finding);
        }
    }
}

/* `locks`: what these say is not said again. */
static void find_wait(const struct wait_summary *waits, const struct finding_list *locks, struct finding_list *list)
{
    const struct summary *summary = waits->summary;
    uint32_t line = summary->hottest_line;
    bool told = locks->count > 0 && locks->items[0].line == line;
    if (line != PROFILE_NONE && !told && findings_stand_out(summary, summary->lines[line].cpu)) {
        struct finding finding = at_line(FINDING_WAIT, summary, summary->lines[line].cpu, line, summary->lines[line].cpu);
        finding.seconds = (double)summary->all.cpu_ns * 1e-9;
        keep(list, &finding);
    }
}

static void find_lock(const struct wait_summary *waits, struct finding_list *list)
{
    if (waits->lock_count > 0 && (double)waits->locks[0].share.cpu_ns * 1e-9 >= HELD_UP_RATIO * waits->profile.duration_s) {
        const struct wait_lock *lock = &waits->locks[0];
        struct finding finding = at_line(FINDING_LOCK, waits->summary, lock->share, lock->worst.line, lock->worst.share);
        finding.name = lock->name;
        finding.address = lock->address;
        finding.seconds = (double)lock->share.cpu_ns * 1e-9;
        keep(list, &finding);
    }
}

static void find_throttled(const struct summary *summary, struct finding_list *list)
{
    const struct profile *profile = summary->profile;
    if (profile->throttled_s > 0 && profile->throttled_s >= HELD_UP_RATIO * profile->duration_s) {
        struct finding finding = at_line(FINDING_THROTTLED, summary, (struct summary_share){0, 0}, PROFILE_NONE, (struct summary_share){0, 0});
        finding.seconds = profile->throttled_s;
        finding.of_seconds = profile->duration_s;
        keep(list, &finding);
    }
}

void finding_list_make(const struct summary *summary, const struct wait_summary *waits, struct finding_list *ret)
{
    /* What makes it slow has its places first: it may be the answer, and no other number here tells it. */
    struct finding_list slow = {.count = 0}, locks = {.count = 0}, hot = {.count = 0}, called = {.count = 0};
    bool whole = !summary->profile->selection;
    if (waits && whole) {
        find_lock(waits, &locks);
    }
    if (waits) {
        find_wait(waits, &locks, &slow);
    }
    append(&slow, &locks);
    if (whole) {
        find_throttled(summary, &slow);
    }
    if (summary->all.samples > 0) {
        find_tag(summary, &hot);
        find_called(summary, &called);
        find_next(summary, &called);
        qsort(called.items, called.count, sizeof called.items[0], compare_findings);
        append(&hot, &called);
    }
    hot.count = hot.count + slow.count > FINDINGS_MOST ? FINDINGS_MOST - slow.count : hot.count;
    *ret = hot;
    append(ret, &slow);
}
