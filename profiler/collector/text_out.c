/* Text -> memory or sink, escaped for the place where it will stand. See text_out.h. */
#include "profiler/collector/text_out.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_BYTES = 64 * 1024, FORMAT_BYTES = 1024, REPLACEMENT = 0xFFFD };

void text_out_init(struct text_out *out, bool (*sink)(void *context, const char *bytes, size_t count), void *context)
{
    *out = (struct text_out){.sink = sink, .context = context};
}

void text_out_deinit(struct text_out *out)
{
    free(out->bytes);
    *out = (struct text_out){.failed = true};
}

static bool hand_on(struct text_out *out)
{
    if (out->count > 0 && !out->failed && !out->sink(out->context, out->bytes, out->count)) {
        out->failed = true;
    }
    out->count = 0;
    return !out->failed;
}

/* Room for `more` bytes and a NUL behind them. */
static bool reserve(struct text_out *out, size_t more)
{
    if (out->failed) {
        return false;
    }
    if (out->sink && out->count + more > PIECE_BYTES && !hand_on(out)) {
        return false;
    }
    if (out->count + more < out->capacity) {
        return true;
    }
    size_t capacity = out->capacity > 0 ? out->capacity : (out->sink ? PIECE_BYTES + 1 : 256);
    while (capacity <= out->count + more) {
        capacity *= 2;
    }
    char *bytes = realloc(out->bytes, capacity);
    if (!bytes) {
        out->failed = true;
        return false;
    }
    out->bytes = bytes;
    out->capacity = capacity;
    return true;
}

bool text_out_flush(struct text_out *out)
{
    return out->sink ? hand_on(out) : !out->failed;
}

char *text_out_take(struct text_out *out)
{
    char *bytes = NULL;
    if (reserve(out, 0)) {
        bytes = out->bytes;
        bytes[out->count] = '\0';
        out->bytes = NULL;
    }
    free(out->bytes);
    text_out_init(out, NULL, NULL);
    return bytes;
}

void text_out_bytes(struct text_out *out, const char *bytes, size_t count)
{
    if (count == 0 || !reserve(out, count)) {
        return;
    }
    memcpy(out->bytes + out->count, bytes, count);
    out->count += count;
    out->bytes[out->count] = '\0';
}

void text_out_string(struct text_out *out, const char *string)
{
    text_out_bytes(out, string, strlen(string));
}

void text_out_char(struct text_out *out, char byte)
{
    text_out_bytes(out, &byte, 1);
}

void text_out_unsigned(struct text_out *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    text_out_bytes(out, digits + at, sizeof digits - at);
}

void text_out_signed(struct text_out *out, int64_t value)
{
    if (value < 0) {
        text_out_char(out, '-');
    }
    text_out_unsigned(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void text_out_fixed(struct text_out *out, double value, unsigned decimals)
{
    static const double scale[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    static const double LARGEST = 9e18; /* fits uint64_t after scaling */
    double scaled = isfinite(value) ? round(fabs(value) * scale[decimals]) : 0;
    uint64_t whole = (uint64_t)(scaled < LARGEST ? scaled : LARGEST);
    uint64_t unit = (uint64_t)scale[decimals];
    if (value < 0 && whole > 0) {
        text_out_char(out, '-');
    }
    text_out_unsigned(out, whole / unit);
    if (decimals > 0) {
        text_out_char(out, '.');
        uint64_t fraction = whole % unit;
        for (uint64_t digit = unit / 10; digit > 0; digit /= 10) {
            text_out_char(out, (char)('0' + fraction / digit % 10));
        }
    }
}

void text_out_format(struct text_out *out, const char *format, ...)
{
    char text[FORMAT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length >= 0) {
        text_out_bytes(out, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
    }
}

/* The lead byte decides the length and the range of the second byte: that alone excludes overlong forms, surrogates and what lies
 * beyond U+10FFFF (Unicode 15, table 3-7). */
size_t text_out_decode(const char *bytes, size_t count, uint32_t *ret_code)
{
    const unsigned char *at = (const unsigned char *)bytes;
    unsigned char lead = at[0];
    if (lead < 0x80) {
        *ret_code = lead;
        return 1;
    }
    *ret_code = REPLACEMENT;
    if (lead < 0xC2 || lead > 0xF4) {
        return 1;
    }
    size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    uint32_t code = lead & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if (i >= count || at[i] < low || at[i] > high) {
            return i;
        }
        code = code << 6 | (at[i] & 0x3FU);
        low = 0x80;
        high = 0xBF;
    }
    *ret_code = code;
    return length;
}

/* C0 without tab and newline, DEL, C1: they are no text, and some are errors in HTML even as references. The bidirectional controls
 * make a line read differently from what it is (CVE-2021-42574). */
static bool is_control(uint32_t code)
{
    return (code < 0x20 && code != '\t' && code != '\n') || (code >= 0x7F && code < 0xA0) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* How a character must be written at its place: NULL to leave it as it is. `scratch` may hold the answer. */
typedef const char *escape_function(uint32_t code, char scratch[8]);

static const char REPLACEMENT_UTF8[] = "\xEF\xBF\xBD";

static const char *escape_json(uint32_t code, char scratch[8])
{
    switch (code) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\t':
        return "\\t";
    case '\r':
        return "\\r";
    default:
        if (code >= 0x20 && code != 0x7F) {
            return NULL;
        }
        snprintf(scratch, 8, "\\u%04x", (unsigned)code);
        return scratch;
    }
}

static const char *escape_html(uint32_t code, char scratch[8])
{
    (void)scratch;
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return is_control(code) ? REPLACEMENT_UTF8 : NULL;
    }
}

static const char *escape_plain(uint32_t code, char scratch[8])
{
    (void)scratch;
    return code == '\n' || code == '\t' ? " " : is_control(code) ? REPLACEMENT_UTF8 : NULL;
}

/* Runs of ordinary characters are copied as a whole: source text is nearly all of what a report writes. */
static void write_escaped(struct text_out *out, const char *bytes, size_t count, escape_function *escape)
{
    size_t plain_from = 0;
    for (size_t at = 0; at < count;) {
        uint32_t code;
        char scratch[8];
        size_t length = text_out_decode(bytes + at, count - at, &code);
        bool invalid = code == REPLACEMENT && !(length == 3 && memcmp(bytes + at, REPLACEMENT_UTF8, 3) == 0);
        const char *replacement = invalid ? REPLACEMENT_UTF8 : escape(code, scratch);
        if (replacement) {
            text_out_bytes(out, bytes + plain_from, at - plain_from);
            text_out_string(out, replacement);
            plain_from = at + length;
        }
        at += length;
    }
    text_out_bytes(out, bytes + plain_from, count - plain_from);
}

void text_out_json_bytes(struct text_out *out, const char *bytes, size_t count)
{
    text_out_char(out, '"');
    write_escaped(out, bytes, count, escape_json);
    text_out_char(out, '"');
}

void text_out_json(struct text_out *out, const char *string)
{
    if (string) {
        text_out_json_bytes(out, string, strlen(string));
    } else {
        text_out_string(out, "null");
    }
}

void text_out_html_bytes(struct text_out *out, const char *bytes, size_t count)
{
    write_escaped(out, bytes, count, escape_html);
}

void text_out_html(struct text_out *out, const char *string)
{
    text_out_html_bytes(out, string, strlen(string));
}

void text_out_plain(struct text_out *out, const char *string)
{
    write_escaped(out, string, strlen(string), escape_plain);
}
