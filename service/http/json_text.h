/* JSON into a fixed buffer: what does not fit is cut, and the caller sees it by `truncated`. */
#ifndef SERVICE_JSON_TEXT_H
#define SERVICE_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct json_text {
    char *start;
    size_t size; /* of the buffer */
    size_t length;
    bool truncated;
};

void json_init(struct json_text *json, char *buffer, size_t size);

/* Text as it is: punctuation, keys, numbers. */
void json_raw(struct json_text *json, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A string in quotes, escaped; what is not UTF-8 becomes U+FFFD. */
void json_string(struct json_text *json, const char *text);

#endif
