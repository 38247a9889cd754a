/* What can go wrong, once: every stage returns one of these, `status.c` has the table (code, HTTP status, sentence) and
 * only http/reply.c turns it into an answer. The codes are those of the HTTP contract. */
#ifndef SERVICE_STATUS_H
#define SERVICE_STATUS_H

enum status {
    STATUS_OK,
    STATUS_NOT_FOUND,
    STATUS_UNAUTHORIZED,
    STATUS_METHOD_NOT_ALLOWED,
    STATUS_LENGTH_REQUIRED,
    STATUS_PAYLOAD_TOO_LARGE,
    STATUS_URI_TOO_LONG,
    STATUS_UNSUPPORTED_MEDIA_TYPE,
    STATUS_UNSUPPORTED_IMAGE,
    STATUS_EXPECTATION_FAILED,
    STATUS_HEADERS_TOO_LARGE,
    STATUS_BAD_REQUEST,
    STATUS_UNSUPPORTED_TRANSFER_ENCODING,
    STATUS_CROSS_SITE,
    STATUS_INVALID_MULTIPART,
    STATUS_DUPLICATE_FIELD,
    STATUS_FIELD_TOO_LONG,
    STATUS_MISSING_IMAGE,
    STATUS_NO_IMAGE_SELECTED,
    STATUS_EMPTY_IMAGE,
    STATUS_INVALID_OPERATION,
    STATUS_INVALID_PARAMETER,
    STATUS_INVALID_IMAGE,
    STATUS_IMAGE_TOO_LARGE,
    STATUS_NO_PROFILE_YET,
    STATUS_OVERLOADED,
    STATUS_SHUTTING_DOWN,
    STATUS_PROCESSING_TIMEOUT,
    STATUS_NO_MEMORY,
    STATUS_REQUEST_TIMEOUT,
    STATUS_CANCELLED, /* the client went away: nobody is answered */
    STATUS_COUNT
};

struct status_text {
    const char *code;     /* machine-readable, in the reply's "code" */
    int http_status;      /* 200..599 */
    const char *sentence; /* default for the reply's "error" */
};

/* ret: the row of `status`, static storage; never NULL for status < STATUS_COUNT. Any thread. */
const struct status_text *status_text(enum status status);

#endif
