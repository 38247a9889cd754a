/* Only this program's own templates come here, and only at start: simple before fast. */
#include "service/http/template_text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char OPEN[] = "{{", CLOSE[] = "}}";
enum { MARK_BYTES = 2 };

void template_values_init(struct template_values *ret)
{
    memset(ret, 0, sizeof *ret);
}

void template_values_deinit(struct template_values *values)
{
    for (size_t i = 0; i < values->count; i++) {
        free(values->rows[i].text);
    }
    values->count = 0;
}

static size_t find(const struct template_values *values, const char *name, size_t length)
{
    size_t i = 0;
    while (i < values->count &&
           (strlen(values->rows[i].name) != length || memcmp(values->rows[i].name, name, length) != 0)) {
        i++;
    }
    return i;
}

static void append(struct template_values *values, const char *name, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static void append(struct template_values *values, const char *name, const char *format, va_list arguments)
{
    size_t row = find(values, name, strlen(name));
    char *added;
    assert(row < TEMPLATE_VALUES_MAX && strlen(name) < TEMPLATE_NAME_BYTES);
    if (vasprintf(&added, format, arguments) < 0) {
        values->out_of_memory = 1;
        return;
    }
    if (row == values->count) {
        snprintf(values->rows[row].name, TEMPLATE_NAME_BYTES, "%s", name);
        values->rows[row].text = added;
        values->count++;
        return;
    }
    size_t before = strlen(values->rows[row].text);
    char *longer = realloc(values->rows[row].text, before + strlen(added) + 1);
    if (longer) {
        strcpy(longer + before, added);
        values->rows[row].text = longer;
    } else {
        values->out_of_memory = 1;
    }
    free(added);
}

void template_values_add(struct template_values *values, const char *name, const char *format, ...)
{
    va_list arguments;
    assert(find(values, name, strlen(name)) == values->count);
    va_start(arguments, format);
    append(values, name, format, arguments);
    va_end(arguments);
}

void template_values_append(struct template_values *values, const char *name, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append(values, name, format, arguments);
    va_end(arguments);
}

/* ret: the next {{ in [text, end), or end. *ret_value: what stands for it, *ret_rest: behind its }}. */
static const char *next_mark(const char *text, const char *end, const struct template_values *values,
                             const char **ret_value, const char **ret_rest)
{
    const char *mark = memmem(text, (size_t)(end - text), OPEN, MARK_BYTES);
    if (!mark) {
        return end;
    }
    const char *name = mark + MARK_BYTES;
    const char *close = memmem(name, (size_t)(end - name), CLOSE, MARK_BYTES);
    assert(close && "a template's {{ has its }}");
    size_t row = find(values, name, (size_t)(close - name));
    assert(row < values->count && "every name in a template has a value");
    *ret_value = values->rows[row].text;
    *ret_rest = close + MARK_BYTES;
    return mark;
}

char *template_expand(const char *text, size_t length, const struct template_values *values, size_t *ret_length)
{
    const char *end = text + length;
    char *result = NULL;
    size_t size = 0;
    FILE *out = values->out_of_memory ? NULL : open_memstream(&result, &size);
    if (!out) {
        return NULL;
    }
    while (text < end) {
        const char *value = "", *rest = end;
        const char *mark = next_mark(text, end, values, &value, &rest);
        fwrite(text, 1, (size_t)(mark - text), out);
        fputs(value, out);
        text = rest;
    }
    int failed = ferror(out);
    failed |= fclose(out);
    if (failed) {
        free(result);
        return NULL;
    }
    *ret_length = size;
    return result;
}
