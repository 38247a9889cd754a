/* multipart/form-data (RFC 7578, RFC 2046): bytes as they arrive -> where each part's content lies in the body.
 * Nothing is copied but names: the body stays in one buffer of the caller, who may move it between calls. */
#ifndef SERVICE_MULTIPART_H
#define SERVICE_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "service/status.h"

enum {
    MULTIPART_PARTS_MAX = 16,
    MULTIPART_BOUNDARY_MAX = 70, /* RFC 2046 */
    MULTIPART_PART_HEADERS_MAX_BYTES = 4096,
    MULTIPART_NAME_MAX_BYTES = 63, /* longer names are cut: no name we know is as long */
};

struct multipart_part {
    char name[MULTIPART_NAME_MAX_BYTES + 1]; /* unquoted, no control characters */
    bool has_filename;                       /* the part is a file: filename= or filename*= */
    bool filename_is_empty;
    size_t content_offset; /* in the body */
    size_t content_bytes;
};

enum multipart_state { MULTIPART_PREAMBLE, MULTIPART_HEADERS, MULTIPART_CONTENT, MULTIPART_EPILOGUE, MULTIPART_FAILED };

struct multipart {
    char delimiter[4 + MULTIPART_BOUNDARY_MAX + 1]; /* "\r\n--boundary" */
    size_t delimiter_bytes;
    enum multipart_state state;
    size_t position; /* all before it is done with */
    uint32_t parts_count;
    struct multipart_part parts[MULTIPART_PARTS_MAX];
};

/* ret: whether `content_type` (may be NULL) is multipart/form-data, whatever its parameters. */
bool multipart_is_form_data(const char *content_type);

/* Begin with the boundary in `content_type`: STATUS_UNSUPPORTED_MEDIA_TYPE, or STATUS_INVALID_MULTIPART when the
 * boundary is missing, empty, too long, given twice or has characters it must not have. */
enum status multipart_init(struct multipart *multipart, const char *content_type);

/* Go on: `bytes` is the body from its beginning, of which `length` have arrived (never less than in the call before).
 * STATUS_INVALID_MULTIPART, also in every later call. */
enum status multipart_feed(struct multipart *multipart, const uint8_t *bytes, size_t length);

/* The body is complete: STATUS_INVALID_MULTIPART when the final boundary was not there. */
enum status multipart_end(struct multipart *multipart, const uint8_t *bytes, size_t length);

#endif
