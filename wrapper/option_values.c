/* Words -> numbers, times, ranges, lists. See option_values.h. */
#include "wrapper/option_values.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrapper/options.h"

bool option_fail(struct problem problem, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(problem.text, problem.bytes, format, values);
    va_end(values);
    return false;
}

static bool parse_number(const struct option_row *row, const char *text, double *ret)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number) || number < row->low || number > row->high) {
        return false;
    }
    *ret = number;
    return true;
}

static bool set_flag(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    (void)row, (void)value, (void)problem;
    *(bool *)field = true;
    return true;
}

static bool set_text(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    if (*value == '\0') {
        return option_fail(problem, "--%s: %s is empty", row->name, row->value);
    }
    *(const char **)field = value;
    return true;
}

static bool set_list(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    struct option_list *list = field;
    if (*value == '\0') {
        return option_fail(problem, "--%s: %s is empty", row->name, row->value);
    }
    if (list->count == OPTIONS_MAX_LIST) {
        return option_fail(problem, "--%s: given more than %d times", row->name, OPTIONS_MAX_LIST);
    }
    list->values[list->count++] = value;
    return true;
}

static bool set_seconds(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    if (!parse_number(row, value, field)) {
        return option_fail(problem, "--%s=%s: not a number of seconds from %g to %g", row->name, value, row->low, row->high);
    }
    return true;
}

static bool set_ms(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    if (!parse_number(row, value, field)) {
        return option_fail(problem, "--%s=%s: not a number of milliseconds from %g to %.0f", row->name, value, row->low, row->high);
    }
    return true;
}

/* "30s", "5m", "1h", "500ms"; a bare number is seconds. */
static bool set_time(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"m", 60}, {"h", 3600}};
    char *end;
    double number = strtod(value, &end);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        double seconds = number * units[i].seconds;
        if (end != value && strcmp(end, units[i].unit) == 0 && isfinite(number) && seconds >= row->low &&
            seconds <= row->high) {
            *(double *)field = seconds;
            return true;
        }
    }
    return option_fail(problem, "--%s=%s: not a time like 30s, 5m or 500ms", row->name, value);
}

static bool set_hz(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    double hz;
    if (!parse_number(row, value, &hz)) {
        return option_fail(problem, "--%s=%s: not a number of samples per second from %g to %g", row->name, value, row->low,
                    row->high);
    }
    *(double *)field = 1 / hz;
    return true;
}

static bool set_percent(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    if (!parse_number(row, value, field)) {
        return option_fail(problem, "--%s=%s: not a percentage from %g to %g", row->name, value, row->low, row->high);
    }
    return true;
}

static bool set_source(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    static const char *const names[PROFILE_SOURCES] = {
        [PROFILE_SOURCE_ALL] = "all", [PROFILE_SOURCE_PROJECT] = "project", [PROFILE_SOURCE_NONE] = "none"};
    for (unsigned i = 0; i < PROFILE_SOURCES; i++) {
        if (strcmp(value, names[i]) == 0) {
            *(enum profile_source *)field = (enum profile_source)i;
            return true;
        }
    }
    return option_fail(problem, "--%s=%s: not one of all, project, none", row->name, value);
}

static bool set_engine(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    static const char *const names[] = {[SESSION_ENGINE_TIMER] = "timer", [SESSION_ENGINE_PERF] = "perf"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(value, names[i]) == 0) {
            *(enum session_engine *)field = (enum session_engine)i;
            return true;
        }
    }
    return option_fail(problem, "--%s=%s: not one of timer, perf", row->name, value);
}

/* "10..20", "10..", "..20"; seconds. */
static bool set_range(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    struct option_range range = {.from_s = 0};
    const char *dots = strstr(value, "..");
    char *end = NULL;
    bool good = dots != NULL && (dots != value || dots[2] != '\0');
    if (good && dots != value) { /* strtod may take the first dot */
        range.from_s = strtod(value, &end);
        good = (end == dots || end == dots + 1) && isfinite(range.from_s) && range.from_s >= 0;
    }
    if (good && dots[2] != '\0') {
        range.to_s = strtod(dots + 2, &end);
        good = end != dots + 2 && *end == '\0' && isfinite(range.to_s) && range.to_s > range.from_s;
    }
    if (!good) {
        return option_fail(problem, "--%s=%s: not a range of seconds like 10..20, 10.. or ..20", row->name, value);
    }
    *(struct option_range *)field = range;
    return true;
}

static bool set_count(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    char *end;
    errno = 0;
    long count = strtol(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || (double)count < row->low || (double)count > row->high) {
        return option_fail(problem, "--%s=%s: not a number from %.0f to %.0f", row->name, value, row->low, row->high);
    }
    *(uint32_t *)field = (uint32_t)count;
    return true;
}

static bool set_pid(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    char *end;
    errno = 0;
    long pid = strtol(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || pid <= 0 || pid > INT_MAX) {
        return option_fail(problem, "--%s=%s: not a process id", row->name, value);
    }
    *(pid_t *)field = (pid_t)pid;
    return true;
}

static bool (*const setters[])(const struct option_row *, const char *, void *, struct problem) = {
    [OPTION_FLAG] = set_flag,       [OPTION_TEXT] = set_text,     [OPTION_LIST] = set_list,
    [OPTION_SECONDS] = set_seconds, [OPTION_TIME] = set_time,     [OPTION_HZ] = set_hz,
    [OPTION_PERCENT] = set_percent, [OPTION_SOURCE] = set_source, [OPTION_ENGINE] = set_engine,
    [OPTION_RANGE] = set_range,     [OPTION_PID] = set_pid,         [OPTION_MS] = set_ms,
    [OPTION_COUNT] = set_count,
};

bool option_value_set(const struct option_row *row, const char *value, void *field, struct problem problem)
{
    return setters[row->kind](row, value, field, problem);
}
