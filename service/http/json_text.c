/* Bytes a client sent -> a JSON string that any parser takes. */
#include "service/http/json_text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void json_init(struct json_text *json, char *buffer, size_t size)
{
    *json = (struct json_text){.start = buffer, .size = size};
    buffer[0] = '\0';
}

static void append(struct json_text *json, const char *text, size_t length)
{
    if (json->truncated || length >= json->size - json->length) {
        json->truncated = true;
        return;
    }
    memcpy(json->start + json->length, text, length);
    json->length += length;
    json->start[json->length] = '\0';
}

void json_raw(struct json_text *json, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || length >= (int)sizeof text) {
        json->truncated = true;
        return;
    }
    append(json, text, (size_t)length);
}

/* ret: bytes of the UTF-8 character at `text`, 0 when it is none (overlong, surrogate, beyond U+10FFFF, cut short). */
static size_t utf8_length(const unsigned char *text)
{
    static const struct {
        unsigned char mask, lead;
        size_t length;
        uint32_t smallest;
    } FORMS[] = {{0x80, 0x00, 1, 0}, {0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}};
    for (size_t form = 0; form < sizeof FORMS / sizeof FORMS[0]; form++) {
        if ((text[0] & FORMS[form].mask) != FORMS[form].lead) {
            continue;
        }
        uint32_t code = text[0] & (unsigned char)~FORMS[form].mask;
        for (size_t i = 1; i < FORMS[form].length; i++) {
            if ((text[i] & 0xC0) != 0x80) { /* the terminating NUL stops here too */
                return 0;
            }
            code = code << 6 | (text[i] & 0x3F);
        }
        bool valid = code >= FORMS[form].smallest && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        return valid ? FORMS[form].length : 0;
    }
    return 0;
}

void json_string(struct json_text *json, const char *text)
{
    append(json, "\"", 1);
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        size_t length = utf8_length(c);
        if (length == 0) {
            append(json, "\\ufffd", 6);
            c++;
        } else if (*c < 0x20 || *c == 0x7F) {
            json_raw(json, "\\u%04x", *c++);
        } else {
            if (*c == '"' || *c == '\\') {
                append(json, "\\", 1);
            }
            append(json, (const char *)c, length);
            c += length;
        }
    }
    append(json, "\"", 1);
}
