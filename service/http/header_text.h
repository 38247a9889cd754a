/* The small grammar that HTTP and MIME headers share (RFC 9110 section 5.6): tokens, quoted strings, parameters. */
#ifndef SERVICE_HEADER_TEXT_H
#define SERVICE_HEADER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text_cursor {
    const char *pos;
    const char *end;
};

struct text_slice {
    const char *start;
    size_t length;
};

struct header_parameter {
    struct text_slice name;
    struct text_slice value; /* a quoted value without its quotes, escapes still in */
    bool quoted;
};

bool text_is_token_char(char c);
bool text_is_token(const char *start, size_t length);

/* ret: no control character in it but tab. */
bool text_is_clean(const char *start, size_t length);

bool text_equals_ignoring_case(struct text_slice slice, const char *word);

/* ret: `slice` without spaces and tabs at both ends. */
struct text_slice text_trim(struct text_slice slice);

/* Read `; name=value` or `; name="value"`, white space anywhere between. An empty parameter (`;;`, a `;` at the end) is
 * skipped, as browsers and servers do. ret: 1 one was read, 0 the end, -1 malformed. */
int text_next_parameter(struct text_cursor *cursor, struct header_parameter *ret);

/* Copy a parameter's value, cut to `size` - 1 bytes. In a quoted value \" and \\ lose the backslash; before anything
 * else it stays, because browsers once sent C:\dir\file as it is. */
void text_unquote(const struct header_parameter *parameter, char *ret, size_t size);

#endif
