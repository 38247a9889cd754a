/* A header or an address -> is it the right token? The address is for a browser, which cannot be told to send a header;
 * it may escape characters with %XX. */
#include "service/http/profile_token.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "service/http/header_text.h"

static const char PARAMETER[] = "token=";
enum { PARAMETER_BYTES = sizeof PARAMETER - 1, TOKEN_MAX_BYTES = 256 };

/* Every byte of `given` is looked at, whatever the first difference; `volatile` keeps the compiler from leaving early.
 */
static bool equals_in_constant_time(struct text_slice given, const char *expected)
{
    size_t length = strlen(expected);
    volatile uint8_t difference = given.length != length;
    for (size_t i = 0; i < given.length; i++) {
        difference = (uint8_t)(difference | ((uint8_t)given.start[i] ^ (uint8_t)expected[i % length]));
    }
    return length > 0 && difference == 0;
}

static int hex_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : -1;
}

/* ret: how many bytes are in `ret`; 0 when the value is too long or not well escaped. */
static size_t unescape(struct text_slice value, char ret[TOKEN_MAX_BYTES])
{
    size_t length = 0;
    for (size_t i = 0; i < value.length; i++) {
        char c = value.start[i];
        if (c == '%') {
            int high = i + 2 < value.length ? hex_digit(value.start[i + 1]) : -1;
            int low = i + 2 < value.length ? hex_digit(value.start[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return 0;
            }
            c = (char)(16 * high + low);
            i += 2;
        }
        if (length == TOKEN_MAX_BYTES) {
            return 0;
        }
        ret[length++] = c;
    }
    return length;
}

/* The value of the next `token=` of a query. from: behind its "?" or "&".   ret: start is NULL when there is none. */
static struct text_slice next_value(const char *from)
{
    while (*from) {
        size_t length = strcspn(from, "&");
        if (strncmp(from, PARAMETER, PARAMETER_BYTES) == 0) {
            return (struct text_slice){from + PARAMETER_BYTES, length - PARAMETER_BYTES};
        }
        from += length;
        from += *from != '\0';
    }
    return (struct text_slice){NULL, 0};
}

static const char *query_of(const char *uri)
{
    const char *mark = strchr(uri, '?');
    return mark ? mark + 1 : "";
}

/* ret: start is NULL when it is of another scheme. */
static struct text_slice bearer_value(const char *authorization)
{
    static const char SCHEME[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, SCHEME, sizeof SCHEME - 1) != 0) {
        return (struct text_slice){NULL, 0};
    }
    const char *value = authorization + sizeof SCHEME - 1;
    return text_trim((struct text_slice){value, strlen(value)});
}

bool profile_token_is_given(const char *expected, const char *authorization, const char *uri)
{
    struct text_slice given = bearer_value(authorization);
    if (given.start) {
        return equals_in_constant_time(given, expected);
    }
    char text[TOKEN_MAX_BYTES];
    given = next_value(query_of(uri));
    if (!given.start) {
        return false;
    }
    return equals_in_constant_time((struct text_slice){text, unescape(given, text)}, expected);
}

void profile_token_hide(char *uri)
{
    size_t start = (size_t)(query_of(uri) - uri);
    if (!strchr(uri, '?')) {
        return;
    }
    for (struct text_slice value = next_value(uri + start); value.start;
         value = next_value(value.start + value.length + (value.start[value.length] != '\0'))) {
        memset(uri + (value.start - uri), '*', value.length);
    }
}
