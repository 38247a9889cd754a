/* One state machine over a growing buffer:
 *
 *   preamble ── first boundary ──> headers ── empty line ──> content ── boundary ──> headers ...
 *                                                               └─ boundary-- ──> epilogue
 *
 * Each call goes on at `position`; what cannot be decided yet (half a boundary at the end) is looked at again next
 * time, and that is bounded, so that the whole body costs one pass however it was cut. Why not MHD_PostProcessor: it
 * gives no parts and no error for `boundary=B; charset=utf-8`, takes nested parts, and an epilogue for an error. */
#include "service/http/multipart.h"

#include <string.h>

#include "service/http/header_text.h"

/* White space that transports may add after a boundary (RFC 2046); more than this and the line is content. */
enum { PADDING_MAX_BYTES = 128 };

static const char FORM_DATA[] = "multipart/form-data";

static size_t media_type_bytes(const char *content_type)
{
    return strcspn(content_type, "; \t");
}

bool multipart_is_form_data(const char *content_type)
{
    if (!content_type) {
        return false;
    }
    content_type += strspn(content_type, " \t");
    return text_equals_ignoring_case((struct text_slice){content_type, media_type_bytes(content_type)}, FORM_DATA);
}

static bool is_boundary(const char *text, size_t length)
{
    if (length == 0 || length > MULTIPART_BOUNDARY_MAX || text[length - 1] == ' ') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        /* RFC 2046 bchars, and the token characters that some clients add to them. */
        if (!text_is_token_char(text[i]) && (text[i] == '\0' || !strchr("'()+_,-./:=? ", text[i]))) {
            return false;
        }
    }
    return true;
}

enum status multipart_init(struct multipart *multipart, const char *content_type)
{
    memset(multipart, 0, sizeof *multipart);
    multipart->state = MULTIPART_FAILED;
    if (!multipart_is_form_data(content_type)) {
        return STATUS_UNSUPPORTED_MEDIA_TYPE;
    }
    content_type += strspn(content_type, " \t");
    struct text_cursor cursor = {content_type + media_type_bytes(content_type), content_type + strlen(content_type)};
    struct header_parameter parameter;
    char boundary[MULTIPART_BOUNDARY_MAX + 2] = ""; /* one more than may be, so that too long is seen */
    bool found = false;
    int more;
    while ((more = text_next_parameter(&cursor, &parameter)) > 0) {
        if (!text_equals_ignoring_case(parameter.name, "boundary")) {
            continue;
        }
        if (found) {
            return STATUS_INVALID_MULTIPART;
        }
        found = true;
        text_unquote(&parameter, boundary, sizeof boundary);
    }
    size_t length = strlen(boundary);
    if (more < 0 || !found || !is_boundary(boundary, length)) {
        return STATUS_INVALID_MULTIPART;
    }
    memcpy(multipart->delimiter, "\r\n--", 4);
    memcpy(multipart->delimiter + 4, boundary, length + 1);
    multipart->delimiter_bytes = length + 4;
    multipart->state = MULTIPART_PREAMBLE;
    return STATUS_OK;
}

enum tail { TAIL_UNDECIDED, TAIL_NOT_A_BOUNDARY, TAIL_NEXT_PART, TAIL_END };

/* What follows the boundary at `at`: a line end opens a part, "--" ends the body, anything else makes it content. */
static enum tail look_behind_boundary(const uint8_t *bytes, size_t length, size_t at, size_t *ret_next)
{
    size_t pos = at;
    if (length - pos >= 2 && bytes[pos] == '-' && bytes[pos + 1] == '-') {
        *ret_next = pos + 2;
        return TAIL_END;
    }
    while (pos < length && pos - at <= PADDING_MAX_BYTES && (bytes[pos] == ' ' || bytes[pos] == '\t')) {
        pos++;
    }
    if (pos - at > PADDING_MAX_BYTES) {
        return TAIL_NOT_A_BOUNDARY;
    }
    if (length - pos >= 2) {
        *ret_next = pos + 2;
        return bytes[pos] == '\r' && bytes[pos + 1] == '\n' ? TAIL_NEXT_PART : TAIL_NOT_A_BOUNDARY;
    }
    bool may_become = pos == length || bytes[pos] == '\r' || (pos == at && bytes[pos] == '-');
    return may_become ? TAIL_UNDECIDED : TAIL_NOT_A_BOUNDARY;
}

/* Find the next boundary line from `position` on. ret_start: where its CR LF is (at the very beginning of the body it
 * has none, then ret_start is 0). Moves `position` over what is certainly no boundary. */
static enum tail find_boundary(struct multipart *multipart, const uint8_t *bytes, size_t length, size_t *ret_start,
                               size_t *ret_next)
{
    if (multipart->state == MULTIPART_PREAMBLE && multipart->position == 0) {
        size_t dashes = multipart->delimiter_bytes - 2;
        size_t here = length < dashes ? length : dashes;
        if (memcmp(bytes, multipart->delimiter + 2, here) == 0) {
            *ret_start = 0;
            enum tail tail = here < dashes ? TAIL_UNDECIDED : look_behind_boundary(bytes, length, dashes, ret_next);
            if (tail != TAIL_NOT_A_BOUNDARY) {
                return tail;
            }
        }
    }
    for (;;) {
        const uint8_t *found = memmem(bytes + multipart->position, length - multipart->position, multipart->delimiter,
                                      multipart->delimiter_bytes);
        if (!found) {
            size_t keep = multipart->delimiter_bytes - 1; /* it may have begun */
            if (length - multipart->position > keep) {
                multipart->position = length - keep;
            }
            return TAIL_UNDECIDED;
        }
        size_t start = (size_t)(found - bytes);
        multipart->position = start;
        enum tail tail = look_behind_boundary(bytes, length, start + multipart->delimiter_bytes, ret_next);
        if (tail != TAIL_NOT_A_BOUNDARY) {
            *ret_start = start;
            return tail;
        }
        multipart->position = start + 1;
    }
}

static bool read_disposition(struct text_slice value, struct multipart_part *part)
{
    struct text_cursor cursor = {value.start, value.start + value.length};
    while (cursor.pos < cursor.end && text_is_token_char(*cursor.pos)) {
        cursor.pos++;
    }
    if (!text_equals_ignoring_case((struct text_slice){value.start, (size_t)(cursor.pos - value.start)}, "form-data")) {
        return false;
    }
    struct header_parameter parameter;
    bool has_name = false;
    bool has_plain_filename = false;
    int more;
    while ((more = text_next_parameter(&cursor, &parameter)) > 0) {
        if (text_equals_ignoring_case(parameter.name, "name")) {
            if (has_name) {
                return false;
            }
            has_name = true;
            text_unquote(&parameter, part->name, sizeof part->name);
        } else if (text_equals_ignoring_case(parameter.name, "filename")) {
            if (has_plain_filename) {
                return false;
            }
            has_plain_filename = true;
            part->filename_is_empty = parameter.value.length == 0 && (!part->has_filename || part->filename_is_empty);
            part->has_filename = true;
        } else if (text_equals_ignoring_case(parameter.name, "filename*")) {
            bool empty = parameter.value.length == 0 || parameter.value.start[parameter.value.length - 1] == '\'';
            part->filename_is_empty = empty && (!part->has_filename || part->filename_is_empty);
            part->has_filename = true;
        }
    }
    return more == 0 && has_name && part->name[0] != '\0';
}

/* One line "Name: value", without its line end. */
static bool read_header_line(struct text_slice line, struct multipart_part *part, bool *has_disposition)
{
    const char *colon = memchr(line.start, ':', line.length);
    if (!colon || !text_is_token(line.start, (size_t)(colon - line.start)) || !text_is_clean(line.start, line.length)) {
        return false;
    }
    struct text_slice name = {line.start, (size_t)(colon - line.start)};
    struct text_slice value = text_trim((struct text_slice){colon + 1, line.length - name.length - 1});
    if (text_equals_ignoring_case(name, "Content-Disposition")) {
        bool first = !*has_disposition;
        *has_disposition = true;
        return first && read_disposition(value, part);
    }
    if (text_equals_ignoring_case(name, "Content-Type")) {
        return value.length < 10 || !text_equals_ignoring_case((struct text_slice){value.start, 10}, "multipart/");
    }
    return true;
}

/* All header lines of a part, each with its line end. */
static bool read_headers(struct text_cursor cursor, struct multipart_part *part)
{
    bool has_disposition = false;
    while (cursor.pos < cursor.end) {
        const char *line_end = memmem(cursor.pos, (size_t)(cursor.end - cursor.pos), "\r\n", 2);
        if (!line_end) {
            return false;
        }
        struct text_slice line = {cursor.pos, (size_t)(line_end - cursor.pos)};
        if (!read_header_line(line, part, &has_disposition)) {
            return false;
        }
        cursor.pos = line_end + 2;
    }
    return has_disposition;
}

/* ret: false when more bytes are needed or it failed. */
static bool step_headers(struct multipart *multipart, const uint8_t *bytes, size_t length)
{
    const char *start = (const char *)bytes + multipart->position;
    size_t room = length - multipart->position;
    size_t looked_at = room < MULTIPART_PART_HEADERS_MAX_BYTES ? room : MULTIPART_PART_HEADERS_MAX_BYTES;
    const char *end = looked_at >= 2 && memcmp(start, "\r\n", 2) == 0 ? start : memmem(start, looked_at, "\r\n\r\n", 4);
    if (!end) {
        if (room >= MULTIPART_PART_HEADERS_MAX_BYTES) {
            multipart->state = MULTIPART_FAILED;
        }
        return false;
    }
    size_t headers_bytes = end == start ? 0 : (size_t)(end - start) + 2;
    bool full = multipart->parts_count == MULTIPART_PARTS_MAX;
    struct multipart_part *part = full ? NULL : &multipart->parts[multipart->parts_count];
    if (full || !read_headers((struct text_cursor){start, start + headers_bytes}, part)) {
        multipart->state = MULTIPART_FAILED;
        return false;
    }
    part->content_offset = multipart->position + headers_bytes + 2;
    multipart->parts_count++;
    /* The line end before the content may already belong to the next boundary: an empty part. */
    multipart->position = part->content_offset - 2;
    multipart->state = MULTIPART_CONTENT;
    return true;
}

static bool step_boundary(struct multipart *multipart, const uint8_t *bytes, size_t length)
{
    size_t start = 0;
    size_t next = 0;
    enum tail tail = find_boundary(multipart, bytes, length, &start, &next);
    if (tail == TAIL_UNDECIDED) {
        return false;
    }
    if (multipart->state == MULTIPART_CONTENT) {
        struct multipart_part *part = &multipart->parts[multipart->parts_count - 1];
        part->content_bytes = start > part->content_offset ? start - part->content_offset : 0;
    }
    multipart->position = next;
    multipart->state = tail == TAIL_END ? MULTIPART_EPILOGUE : MULTIPART_HEADERS;
    return true;
}

enum status multipart_feed(struct multipart *multipart, const uint8_t *bytes, size_t length)
{
    bool more = length > 0;
    while (more) {
        switch (multipart->state) {
        case MULTIPART_PREAMBLE:
        case MULTIPART_CONTENT:
            more = step_boundary(multipart, bytes, length);
            break;
        case MULTIPART_HEADERS:
            more = step_headers(multipart, bytes, length);
            break;
        case MULTIPART_EPILOGUE:
        case MULTIPART_FAILED:
            more = false;
            break;
        }
    }
    return multipart->state == MULTIPART_FAILED ? STATUS_INVALID_MULTIPART : STATUS_OK;
}

enum status multipart_end(struct multipart *multipart, const uint8_t *bytes, size_t length)
{
    enum status status = multipart_feed(multipart, bytes, length);
    if (status == STATUS_OK && multipart->state != MULTIPART_EPILOGUE) {
        multipart->state = MULTIPART_FAILED;
        return STATUS_INVALID_MULTIPART;
    }
    return status;
}
