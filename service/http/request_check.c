/* Headers -> go on or refuse. Libmicrohttpd takes requests that two servers in a row would read differently (both
 * Content-Length and Transfer-Encoding, either of them twice), so everything that frames a request is looked at here,
 * in one walk. */
#include "service/http/request_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service/http/header_text.h"
#include "service/http/request.h"
#include "service/http/routes.h"
#include "service/http/server.h"

enum { HEADERS_MAX_BYTES = 8192, HEADERS_MAX_LINES = 100 };

struct headers {
    size_t bytes;
    unsigned lines;
    unsigned hosts;
    unsigned lengths;
    unsigned encodings;
    unsigned content_types;
    bool malformed;
    const char *length;
    const char *encoding;
    const char *expect;
    const char *content_type;
    const char *fetch_site;
};

static enum MHD_Result look_at_header(void *state, enum MHD_ValueKind kind, const char *name, size_t name_bytes,
                                      const char *value, size_t value_bytes)
{
    struct headers *headers = state;
    struct text_slice slice = {name, name_bytes};
    (void)kind;
    headers->lines++;
    headers->bytes += name_bytes + value_bytes + sizeof ": \r\n" - 1;
    if (!value || !text_is_token(name, name_bytes) || !text_is_clean(value, value_bytes)) {
        headers->malformed = true;
    } else if (text_equals_ignoring_case(slice, "Host")) {
        headers->hosts++;
    } else if (text_equals_ignoring_case(slice, "Content-Length")) {
        headers->lengths++;
        headers->length = value;
    } else if (text_equals_ignoring_case(slice, "Transfer-Encoding")) {
        headers->encodings++;
        headers->encoding = value;
    } else if (text_equals_ignoring_case(slice, "Expect")) {
        headers->expect = value;
    } else if (text_equals_ignoring_case(slice, "Content-Type")) {
        headers->content_types++;
        headers->content_type = value;
    } else if (text_equals_ignoring_case(slice, "Sec-Fetch-Site")) {
        headers->fetch_site = value;
    }
    return MHD_YES;
}

static bool is_word(const char *value, const char *word)
{
    return text_equals_ignoring_case(text_trim((struct text_slice){value, strlen(value)}), word);
}

/* Digits only. More than fits is as good as the largest number: it is too large either way. */
static bool read_length(const char *value, uint64_t *ret)
{
    struct text_slice digits = text_trim((struct text_slice){value, strlen(value)});
    if (digits.length == 0 || strspn(digits.start, "0123456789") != digits.length) {
        return false;
    }
    errno = 0;
    *ret = strtoull(digits.start, NULL, 10);
    return true;
}

/* What makes it impossible to know where this request ends, or for whom it is: answered, and the connection closed. */
static enum status check_framing(const struct headers *headers, const char *version, struct request_framing *framing)
{
    if (headers->bytes > HEADERS_MAX_BYTES || headers->lines > HEADERS_MAX_LINES) {
        return STATUS_HEADERS_TOO_LARGE;
    }
    if (headers->malformed || headers->hosts > 1 || headers->lengths > 1 || headers->content_types > 1 ||
        (headers->lengths > 0 && headers->encodings > 0)) {
        return STATUS_BAD_REQUEST;
    }
    bool http_1_1 = strcmp(version, MHD_HTTP_VERSION_1_1) == 0;
    if (headers->encodings > 1 || (headers->encoding && (!http_1_1 || !is_word(headers->encoding, "chunked")))) {
        return STATUS_UNSUPPORTED_TRANSFER_ENCODING;
    }
    if (headers->length && !read_length(headers->length, &framing->declared_bytes)) {
        return STATUS_BAD_REQUEST;
    }
    framing->has_length = headers->length != NULL;
    framing->is_chunked = headers->encoding != NULL;
    framing->expects_continue = http_1_1 && headers->expect && is_word(headers->expect, "100-continue");
    return STATUS_OK;
}

static enum status check_route(struct request *request, const struct headers *headers,
                               const struct request_framing *framing)
{
    struct server *server = request->server;
    const struct route *route = request->route;
    if (headers->expect && !is_word(headers->expect, "100-continue")) {
        return STATUS_EXPECTATION_FAILED;
    }
    if (framing->is_options && (route || strcmp(request->uri, "*") == 0)) {
        return STATUS_OK;
    }
    if (!route) {
        return STATUS_NOT_FOUND;
    }
    if (route->takes_upload ? !framing->is_post : !framing->is_get) {
        return STATUS_METHOD_NOT_ALLOWED;
    }
    if (atomic_load(&server->draining) && !route->while_draining) {
        request->must_close = true;
        return STATUS_SHUTTING_DOWN;
    }
    return STATUS_OK;
}

static enum status check_upload(struct request *request, const struct headers *headers,
                                const struct request_framing *framing)
{
    if (!framing->has_length && !framing->is_chunked) {
        return STATUS_LENGTH_REQUIRED;
    }
    if (headers->fetch_site && is_word(headers->fetch_site, "cross-site") &&
        !request->server->config->allow_cross_site) {
        return STATUS_CROSS_SITE;
    }
    return multipart_init(&request->multipart, headers->content_type);
}

struct request_framing request_check(struct request *request, const char *method, const char *version)
{
    struct request_framing framing = {.is_post = strcmp(method, MHD_HTTP_METHOD_POST) == 0,
                                      .is_get = strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
                                                strcmp(method, MHD_HTTP_METHOD_HEAD) == 0,
                                      .is_options = strcmp(method, MHD_HTTP_METHOD_OPTIONS) == 0};
    struct headers headers = {0};
    MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, look_at_header, &headers);
    if (request->uri_is_too_long) {
        request_fail(request, STATUS_URI_TOO_LONG);
    } else {
        const struct route *route = route_find(request->uri);
        bool is_off = route && route->needs_token && !request->server->config->profile_token;
        request->route = is_off ? NULL : route;
    }
    enum status status = check_framing(&headers, version, &framing);
    if (status != STATUS_OK) {
        request_fail(request, status);
        request->must_close = true;
        return framing;
    }
    if (request->status == STATUS_OK) {
        request_fail(request, check_route(request, &headers, &framing));
    }
    if (framing.declared_bytes > request->server->config->max_body_bytes) {
        request_fail(request, STATUS_PAYLOAD_TOO_LARGE);
        request->must_close = true;
    }
    if (request->status == STATUS_OK && request->route && request->route->takes_upload && !framing.is_options) {
        request_fail(request, check_upload(request, &headers, &framing));
        request->stores_body = request->status == STATUS_OK;
    }
    return framing;
}
