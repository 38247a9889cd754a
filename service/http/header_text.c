/* Header text -> tokens and parameters, through a cursor that never passes its end. */
#include "service/http/header_text.h"

#include <string.h>
#include <strings.h>

bool text_is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

bool text_is_token(const char *start, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!text_is_token_char(start[i])) {
            return false;
        }
    }
    return length > 0;
}

bool text_is_clean(const char *start, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)start[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return true;
}

bool text_equals_ignoring_case(struct text_slice slice, const char *word)
{
    return slice.length == strlen(word) && strncasecmp(slice.start, word, slice.length) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct text_slice text_trim(struct text_slice slice)
{
    while (slice.length > 0 && is_blank(slice.start[0])) {
        slice.start++;
        slice.length--;
    }
    while (slice.length > 0 && is_blank(slice.start[slice.length - 1])) {
        slice.length--;
    }
    return slice;
}

static void skip_blanks(struct text_cursor *cursor)
{
    while (cursor->pos < cursor->end && is_blank(*cursor->pos)) {
        cursor->pos++;
    }
}

static bool read_quoted(struct text_cursor *cursor, struct text_slice *ret)
{
    const char *start = ++cursor->pos;
    while (cursor->pos < cursor->end && *cursor->pos != '"') {
        bool escapes =
            *cursor->pos == '\\' && cursor->end - cursor->pos > 1 && (cursor->pos[1] == '"' || cursor->pos[1] == '\\');
        cursor->pos += escapes ? 2 : 1;
    }
    if (cursor->pos >= cursor->end) {
        return false;
    }
    *ret = (struct text_slice){start, (size_t)(cursor->pos - start)};
    cursor->pos++;
    return true;
}

static void read_bare(struct text_cursor *cursor, struct text_slice *ret)
{
    const char *start = cursor->pos;
    while (cursor->pos < cursor->end && *cursor->pos != ';' && !is_blank(*cursor->pos)) {
        cursor->pos++;
    }
    *ret = (struct text_slice){start, (size_t)(cursor->pos - start)};
}

int text_next_parameter(struct text_cursor *cursor, struct header_parameter *ret)
{
    skip_blanks(cursor);
    if (cursor->pos < cursor->end && *cursor->pos != ';') {
        return -1;
    }
    while (cursor->pos < cursor->end && (*cursor->pos == ';' || is_blank(*cursor->pos))) {
        cursor->pos++;
    }
    if (cursor->pos >= cursor->end) {
        return 0;
    }
    const char *name = cursor->pos;
    while (cursor->pos < cursor->end && text_is_token_char(*cursor->pos)) {
        cursor->pos++;
    }
    ret->name = (struct text_slice){name, (size_t)(cursor->pos - name)};
    skip_blanks(cursor);
    if (ret->name.length == 0 || cursor->pos >= cursor->end || *cursor->pos != '=') {
        return -1;
    }
    cursor->pos++;
    skip_blanks(cursor);
    ret->quoted = cursor->pos < cursor->end && *cursor->pos == '"';
    if (ret->quoted) {
        return read_quoted(cursor, &ret->value) ? 1 : -1;
    }
    read_bare(cursor, &ret->value);
    return 1;
}

void text_unquote(const struct header_parameter *parameter, char *ret, size_t size)
{
    const char *pos = parameter->value.start;
    const char *end = pos + parameter->value.length;
    size_t length = 0;
    while (pos < end && length + 1 < size) {
        if (parameter->quoted && *pos == '\\' && end - pos > 1 && (pos[1] == '"' || pos[1] == '\\')) {
            pos++;
        }
        ret[length++] = *pos++;
    }
    ret[length] = '\0';
}
