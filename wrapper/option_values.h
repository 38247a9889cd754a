/* The values of options: what kinds there are, and how each is read. */
#ifndef HOTLINE_OPTION_VALUES_H
#define HOTLINE_OPTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,
    OPTION_LIST,
    OPTION_SECONDS,
    OPTION_MS,
    OPTION_TIME,
    OPTION_HZ,
    OPTION_PERCENT,
    OPTION_COUNT,
    OPTION_SOURCE,
    OPTION_ENGINE,
    OPTION_RANGE,
    OPTION_PID
};

/* What a command line is for. */
enum { FOR_RUN = 1, FOR_SWITCH = 2 /* --on, --off, --dump, --status */, FOR_VIEW = 4, FOR_DIFF = 8, FOR_SAVED = FOR_VIEW | FOR_DIFF };

struct option_row {
    const char *name;
    const char *value; /* its name in the help text; NULL for flags */
    const char *help;  /* lines separated by \n */
    size_t offset;     /* of the field in struct options */
    double low, high;  /* numbers: the accepted range */
    enum option_kind kind;
    char letter;
    unsigned used; /* by: FOR_...; 0 is FOR_RUN */
};

/* Where a line about what is wrong goes. */
struct problem {
    char *text;
    size_t bytes;
};

/* ret: false. */
bool option_fail(struct problem problem, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Put `value` (of a flag: NULL) into the field that the row names. A list takes another one. false: what is wrong is in `problem`. */
bool option_value_set(const struct option_row *row, const char *value, void *field, struct problem problem);

#endif
