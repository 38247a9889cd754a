/* Text on its way into an output: collected in memory, or handed on in pieces to a sink (a file, a compressor).
 *
 * Why not stdio: numbers must not depend on the locale, every name must leave as valid UTF-8 whatever bytes it holds, and a failure
 * must be noticed once at the end instead of at each of a thousand calls: errors stick, and nothing is written after one. */
#ifndef HOTLINE_TEXT_OUT_H
#define HOTLINE_TEXT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_out {
    char *bytes; /* what is not handed on yet; without a sink: everything so far, followed by a NUL */
    size_t count, capacity;
    bool (*sink)(void *context, const char *bytes, size_t count); /* NULL: memory. false fails the whole output */
    void *context;
    bool failed; /* out of memory, or the sink refused */
};

/* sink NULL: collect in memory. */
void text_out_init(struct text_out *out, bool (*sink)(void *context, const char *bytes, size_t count), void *context);
void text_out_deinit(struct text_out *out);

/* Hand the rest to the sink. ret: everything arrived. */
bool text_out_flush(struct text_out *out);

/* Take the text collected in memory; the caller frees it. NULL when a write failed. `out` is empty afterwards. */
char *text_out_take(struct text_out *out);

void text_out_bytes(struct text_out *out, const char *bytes, size_t count);
void text_out_string(struct text_out *out, const char *string);
void text_out_char(struct text_out *out, char byte);
void text_out_unsigned(struct text_out *out, uint64_t value);
void text_out_signed(struct text_out *out, int64_t value);
/* `value` rounded to `decimals` (0..9) places, '.' in every locale, trailing zeros kept. Not finite: 0. */
void text_out_fixed(struct text_out *out, double value, unsigned decimals);
/* printf, for texts and integers only (a '%f' would follow the locale). */
void text_out_format(struct text_out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A JSON string with its quotes. NULL: null. */
void text_out_json(struct text_out *out, const char *string);
void text_out_json_bytes(struct text_out *out, const char *bytes, size_t count);
/* Text for element content or a quoted attribute of HTML: & < > " ' as references. */
void text_out_html(struct text_out *out, const char *string);
void text_out_html_bytes(struct text_out *out, const char *bytes, size_t count);
/* One line for a terminal: line breaks and control characters cannot get through. */
void text_out_plain(struct text_out *out, const char *string);

/* The first character of bytes[0..count), count > 0. *ret_code is U+FFFD for bytes that are no UTF-8 (the longest invalid prefix at
 * once, as the Unicode standard advises). ret: bytes consumed, at least 1. */
size_t text_out_decode(const char *bytes, size_t count, uint32_t *ret_code);

#endif
