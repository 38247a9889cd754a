/* See request_span.h. */
#include "service/http/request_span.h"

#include <stdio.h>
#include <string.h>

#include "service/http/header_text.h"
#include "service/http/request.h"
#include "service/http/routes.h"

enum { PATH_BYTES = 128, CLIENT_CLOSED = 499 };

struct names {
    const char *id, *trace;
    size_t id_bytes, trace_bytes;
    unsigned ids, traces;
};

static enum MHD_Result look_for_names(void *state, enum MHD_ValueKind kind, const char *name, size_t name_bytes, const char *value,
                                      size_t value_bytes)
{
    struct names *names = state;
    struct text_slice slice = {name, name_bytes};
    (void)kind;
    if (value && text_equals_ignoring_case(slice, "X-Request-Id")) {
        names->id = value;
        names->id_bytes = value_bytes;
        names->ids++;
    } else if (value && text_equals_ignoring_case(slice, "traceparent")) {
        names->trace = value;
        names->trace_bytes = value_bytes;
        names->traces++;
    }
    return MHD_YES;
}

void request_span_name(struct request *request)
{
    struct names names = {0};
    MHD_get_connection_values_n(request->mhd, MHD_HEADER_KIND, look_for_names, &names);
    if (names.ids == 1 && request_id_is_sane(names.id, names.id_bytes)) {
        memcpy(request->id, names.id, names.id_bytes);
        request->id[names.id_bytes] = '\0';
    } else if (names.traces != 1 || !request_id_from_traceparent(names.trace, names.trace_bytes, request->id)) {
        request_id_make(request->id);
    }
}

void request_span_begin(struct request *request)
{
    char path[PATH_BYTES];
    int length = (int)strcspn(request->uri, "?"); /* a token may stand behind it */
    snprintf(path, sizeof path, "%.*s", length, request->uri);
    request->span = hotline_span_request(request->route ? request->route->path : "(no such address)", request->method, path, request->id);
    request->context = hotline_context_get();
}

static const char *size_class(uint64_t pixels)
{
    return pixels < 1000000 ? "<1MP" : pixels <= 4000000 ? "1-4MP" : ">4MP";
}

void request_span_describe(struct request *request, uint64_t pixels, const char *format)
{
    (void)hotline_tag("operation", operation_name(request->fields.operation));
    request->context = hotline_context_get();
    request->size_class = size_class(pixels);
    request->format_name = format;
}

void request_span_end(struct request *request, int http_status)
{
    char status[12];
    if (request->span.id == 0) {
        return;
    }
    struct hotline_context before = hotline_context_set(request->context);
    if (request->size_class) {
        (void)hotline_tag("format", request->format_name);
        (void)hotline_tag("size", request->size_class);
    }
    snprintf(status, sizeof status, "%d", http_status ? http_status : CLIENT_CLOSED);
    (void)hotline_tag("status", status);
    hotline_span_end(request->span);
    hotline_context_set(before);
    request->span.id = 0;
}
