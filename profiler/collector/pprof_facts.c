/* See pprof_facts.h. */
#include "profiler/collector/pprof_facts.h"

#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/text_out.h"

enum fact_kind { FACT_TEXT, FACT_INT32, FACT_UINT32, FACT_UINT64, FACT_REAL, FACT_BOOL, FACT_ENDED, FACT_SOURCE };

struct fact {
    const char *key;
    size_t offset;
    enum fact_kind kind;
};

#define FACT(name, kind) {#name, offsetof(struct profile, name), kind}
static const struct fact facts[] = {
    FACT(program, FACT_TEXT),
    FACT(command_line, FACT_TEXT),
    FACT(program_path, FACT_TEXT),
    FACT(host, FACT_TEXT),
    FACT(machine, FACT_TEXT),
    FACT(pid, FACT_INT32),
    FACT(duration_s, FACT_REAL),
    FACT(ended, FACT_ENDED),
    FACT(ended_code, FACT_INT32),
    FACT(processes, FACT_UINT32),
    FACT(processes_not_joined, FACT_UINT32),
    FACT(processes_withdrawn, FACT_UINT32),
    FACT(engine, FACT_TEXT),
    FACT(engine_why, FACT_TEXT),
    FACT(asked_hz, FACT_REAL),
    FACT(achieved_hz, FACT_REAL),
    FACT(samples, FACT_UINT64),
    FACT(dropped, FACT_UINT64),
    FACT(complete_stacks, FACT_UINT64),
    FACT(cpu_s_measured, FACT_REAL),
    FACT(user_s, FACT_REAL),
    FACT(system_s, FACT_REAL),
    FACT(handler_ns_p50, FACT_UINT32),
    FACT(handler_ns_p99, FACT_UINT32),
    FACT(collector_cpu_s, FACT_REAL),
    FACT(throttled_s, FACT_REAL),
    FACT(seconds_on, FACT_REAL),
    FACT(tag_sets_dropped, FACT_UINT32),
    FACT(threads_without_slot, FACT_UINT32),
    FACT(threads_without_timer, FACT_UINT32),
    FACT(nodes_pruned_ns, FACT_UINT64),
    FACT(bucket_ns, FACT_UINT64),
    FACT(wall, FACT_BOOL),
    FACT(waits_dropped, FACT_UINT64),
    FACT(spans_ended, FACT_UINT64),
    FACT(spans_lost, FACT_UINT64),
    FACT(spans_cut_ns, FACT_UINT64),
    FACT(slower_than_ns, FACT_UINT64),
    {"cpu_percent_threshold", offsetof(struct profile, scope.cpu_percent_threshold), FACT_REAL},
    {"no_children", offsetof(struct profile, scope.no_children), FACT_BOOL},
    {"reduced_profile", offsetof(struct profile, scope.reduced), FACT_BOOL},
    {"source", offsetof(struct profile, scope.source), FACT_SOURCE},
};
#undef FACT
enum { FACTS = sizeof facts / sizeof facts[0] };

static const char *const ends[] = {[PROFILE_RUNNING] = "running", [PROFILE_EXITED] = "exit", [PROFILE_SIGNALLED] = "signal"};
static const char *const sources[PROFILE_SOURCES] = {"all", "project", "none"};

void pprof_facts_put_real(struct text_out *out, double value)
{
    char text[64];
    for (int digits = 6; digits <= 17; digits++) { /* 17 are always enough */
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    text_out_string(out, text);
}

bool pprof_facts_write(struct text_out *out, const struct profile *profile, unsigned index)
{
    if (index >= FACTS) {
        return false;
    }
    const void *field = (const char *)profile + facts[index].offset;
    text_out_string(out, facts[index].key);
    text_out_char(out, '=');
    switch (facts[index].kind) {
    case FACT_TEXT: {
        const char *text = *(const char *const *)field;
        text_out_string(out, text ? text : "");
        break;
    }
    case FACT_INT32:
        text_out_signed(out, *(const int32_t *)field);
        break;
    case FACT_UINT32:
        text_out_unsigned(out, *(const uint32_t *)field);
        break;
    case FACT_UINT64:
        text_out_unsigned(out, *(const uint64_t *)field);
        break;
    case FACT_REAL:
        pprof_facts_put_real(out, *(const double *)field);
        break;
    case FACT_BOOL:
        text_out_char(out, *(const bool *)field ? '1' : '0');
        break;
    case FACT_ENDED:
        text_out_string(out, ends[*(const enum profile_ended *)field]);
        break;
    case FACT_SOURCE:
        text_out_string(out, sources[*(const enum profile_source *)field]);
        break;
    }
    return true;
}

bool pprof_facts_integer(const char *text, int64_t low, int64_t high, int64_t *ret)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < low || value > high) {
        return false;
    }
    *ret = value;
    return true;
}

bool pprof_facts_unsigned(const char *text, uint64_t high, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > high) {
        return false;
    }
    *ret = value;
    return true;
}

/* Beyond it nothing is a number of seconds, of Hz or of percent; in nanoseconds it is still an int64_t. */
static const double REAL_MAX = 9e9;

bool pprof_facts_real(const char *text, double *ret)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || fabs(value) > REAL_MAX) {
        return false;
    }
    *ret = value;
    return true;
}

static bool read_word(const char *value, const char *const *words, unsigned count, unsigned *ret)
{
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(value, words[i]) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool read_field(const struct fact *fact, void *field, const char *value)
{
    int64_t integer = 0;
    uint64_t number = 0;
    unsigned word = 0;
    bool good = true;
    switch (fact->kind) {
    case FACT_TEXT:
        *(const char **)field = value;
        return true;
    case FACT_REAL:
        return pprof_facts_real(value, field);
    case FACT_UINT64:
        return pprof_facts_unsigned(value, UINT64_MAX, field);
    case FACT_INT32:
        if ((good = pprof_facts_integer(value, INT32_MIN, INT32_MAX, &integer))) {
            *(int32_t *)field = (int32_t)integer;
        }
        return good;
    case FACT_UINT32:
        if ((good = pprof_facts_unsigned(value, UINT32_MAX, &number))) {
            *(uint32_t *)field = (uint32_t)number;
        }
        return good;
    case FACT_BOOL:
        if ((good = pprof_facts_unsigned(value, 1, &number))) {
            *(bool *)field = number == 1;
        }
        return good;
    case FACT_ENDED:
        if ((good = read_word(value, ends, sizeof ends / sizeof ends[0], &word))) {
            *(enum profile_ended *)field = (enum profile_ended)word;
        }
        return good;
    case FACT_SOURCE:
        if ((good = read_word(value, sources, PROFILE_SOURCES, &word))) {
            *(enum profile_source *)field = (enum profile_source)word;
        }
        return good;
    }
    return false;
}

enum pprof_fact_result pprof_facts_read(struct profile *profile, const char *key, const char *value)
{
    for (unsigned i = 0; i < FACTS; i++) {
        if (strcmp(facts[i].key, key) == 0) {
            return read_field(&facts[i], (char *)profile + facts[i].offset, value) ? PPROF_FACT_TAKEN : PPROF_FACT_WRONG;
        }
    }
    return PPROF_FACT_UNKNOWN;
}
