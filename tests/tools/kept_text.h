/* Texts that live, and can be reached, until the end of the program: made profiles only borrow theirs. */
#ifndef HOTLINE_KEPT_TEXT_H
#define HOTLINE_KEPT_TEXT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Keep `text`, which is malloc'ed; NULL ends the program. */
static inline char *keep_text(char *text)
{
    static char **all;
    static size_t count;
    char **more = text ? realloc(all, (count + 1) * sizeof all[0]) : NULL;
    if (!more) {
        abort();
    }
    all = more;
    all[count++] = text;
    return text;
}

__attribute__((format(printf, 1, 2))) static inline char *make_text(const char *format, ...)
{
    char *text = NULL;
    va_list values;
    va_start(values, format);
    int bytes = vasprintf(&text, format, values);
    va_end(values);
    return keep_text(bytes < 0 ? NULL : text);
}

#endif
