/* Every reply carries the same protective headers; errors are one JSON object; nothing names a server version, a path
 * or a library. */
#include "service/http/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/http/documents.h"
#include "service/http/json_text.h"
#include "service/http/request.h"
#include "service/http/request_span.h"
#include "service/http/routes.h"
#include "service/http/server.h"
#include "service/work/clock.h"

enum { ERROR_BYTES = 1024 };

static const char NOT_A_PAGE[] = "default-src 'none'; sandbox";

static void add(struct MHD_Response *response, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(struct MHD_Response *response, const char *name, const char *format, ...)
{
    char value[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    MHD_add_response_header(response, name, value); /* refused or out of memory: the reply goes without it */
}

/* Queue `response`, whose reference this takes. */
static enum MHD_Result send_response(struct request *request, int http_status, struct MHD_Response *response,
                                     uint64_t bytes)
{
    struct server *server = request->server;
    if (!response) {
        return MHD_NO; /* out of memory for 200 bytes: all that is left is to hang up */
    }
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "X-Request-Id", "%s", request->id);
    if (request->must_close || server->config->no_keepalive || atomic_load(&server->draining)) {
        add(response, "Connection", "close");
    }
    enum MHD_Result result = MHD_NO;
    if (connections_request_phase(&server->connections, request->connection, PHASE_REPLY)) {
        if (request->stage == STAGE_HEADERS) {
            connections_linger(&server->connections, request->connection);
        }
        request->http_status = http_status;
        request->reply_bytes = bytes;
        result = MHD_queue_response(request->mhd, (unsigned)http_status, response);
        request_span_end(request, http_status);
    }
    request->stage = STAGE_ANSWERED;
    MHD_destroy_response(response);
    return result;
}

static struct MHD_Response *constant_response(const char *bytes, size_t length, enum MHD_ResponseMemoryMode mode)
{
    union {
        const char *constant;
        void *given; /* libmicrohttpd's argument is not const, it copies or only reads */
    } buffer = {bytes};
    return MHD_create_response_from_buffer(length, buffer.given, mode);
}

static struct MHD_Response *text_response(const char *text, const char *type)
{
    struct MHD_Response *response = constant_response(text, strlen(text), MHD_RESPMEM_MUST_COPY);
    if (response) {
        add(response, "Content-Type", "%s", type);
        add(response, "Content-Security-Policy", "%s", NOT_A_PAGE);
        add(response, "Cache-Control", "no-store");
    }
    return response;
}

static void write_error(enum status status, const struct field_error *error, char ret[ERROR_BYTES])
{
    const struct status_text *text = status_text(status);
    bool own_sentence = error && error->sentence[0] != '\0' && error->status == status;
    struct json_text json;
    json_init(&json, ret, ERROR_BYTES);
    json_raw(&json, "{\"error\":");
    json_string(&json, own_sentence ? error->sentence : text->sentence);
    json_raw(&json, ",\"code\":\"%s\"", text->code);
    if (error && error->field[0] != '\0' && error->status == status) {
        json_raw(&json, ",\"field\":");
        json_string(&json, error->field);
    }
    if (status == STATUS_INVALID_OPERATION) {
        for (int i = 0; i < OPERATION_COUNT; i++) {
            json_raw(&json, "%s\"%s\"", i == 0 ? ",\"allowed\":[" : ",", operation_name((enum operation)i));
        }
        json_raw(&json, "]");
    }
    json_raw(&json, "}\n");
}

enum MHD_Result reply_error(struct request *request)
{
    char text[ERROR_BYTES];
    write_error(request->status, &request->error, text);
    struct MHD_Response *response = text_response(text, "application/json");
    if (response && request->status == STATUS_METHOD_NOT_ALLOWED) {
        add(response, "Allow", "%s", route_allow(request->route));
    }
    if (response && (request->status == STATUS_OVERLOADED || request->status == STATUS_NO_MEMORY)) {
        add(response, "Retry-After", "1");
    }
    if (response && request->status == STATUS_UNAUTHORIZED) {
        add(response, "WWW-Authenticate", "Bearer realm=\"profile\"");
    }
    return send_response(request, status_text(request->status)->http_status, response, strlen(text));
}

enum MHD_Result reply_json(struct request *request, int http_status, const char *text)
{
    return send_response(request, http_status, text_response(text, "application/json"), strlen(text));
}

/* If-None-Match: a list of quoted tags, or `*`. */
static bool client_has(struct request *request, const struct document *document)
{
    const char *known = MHD_lookup_connection_value(request->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
    return known && (strcmp(known, "*") == 0 || strstr(known, document->tag));
}

enum MHD_Result reply_document(struct request *request, const struct document *document)
{
    bool unchanged = client_has(request, document);
    size_t length = unchanged ? 0 : document->length;
    struct MHD_Response *response = constant_response(document->bytes, length, MHD_RESPMEM_PERSISTENT);
    if (response) {
        add(response, "ETag", "%s", document->tag);
        add(response, "Cache-Control", "%s", document->cache_control);
        add(response, "Content-Security-Policy", "%s", document->policy ? document->policy : NOT_A_PAGE);
    }
    if (response && !unchanged) {
        add(response, "Content-Type", "%s", document->media_type);
    }
    if (response && document->policy) {
        add(response, "Cross-Origin-Opener-Policy", "same-origin");
    }
    return send_response(request, unchanged ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response, length);
}

enum MHD_Result reply_options(struct request *request, const char *allow)
{
    struct MHD_Response *response = text_response("", "text/plain");
    if (response) {
        add(response, "Allow", "%s", allow);
    }
    return send_response(request, MHD_HTTP_OK, response, 0);
}

static double ms_between(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)(to_ns - from_ns) / (double)NS_PER_MS : 0;
}

enum MHD_Result reply_image(struct request *request, const char *media_type, const char *extension)
{
    const struct request_times *times = &request->times;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(request->result_bytes, request->result, MHD_RESPMEM_MUST_FREE);
    if (response) {
        request->result = NULL;
        add(response, "Content-Type", "%s", media_type);
        add(response, "Content-Disposition", "attachment; filename=processed_%s.%s",
            operation_name(request->fields.operation), extension);
        add(response, "Cache-Control", "no-store");
        add(response, "Content-Security-Policy", "%s", NOT_A_PAGE);
        add(response, "X-Processing-Time", "%.3fs", ms_between(times->started_ns, times->encoded_ns) / 1000);
        add(response, "Server-Timing", "queue;dur=%.1f, decode;dur=%.1f, operate;dur=%.1f, encode;dur=%.1f",
            ms_between(times->queued_ns, times->started_ns), ms_between(times->started_ns, times->decoded_ns),
            ms_between(times->decoded_ns, times->operated_ns), ms_between(times->operated_ns, times->encoded_ns));
        if (request->fields.ignored[0] != '\0') {
            add(response, "X-Ignored-Fields", "%s", request->fields.ignored);
        }
    }
    return send_response(request, MHD_HTTP_OK, response, request->result_bytes);
}

/* A report has its own policy inside. A header could only make that narrower, which is why this one says no more than
 * what a policy inside a page cannot say. */
enum MHD_Result reply_report(struct request *request, int fd, uint64_t bytes)
{
    struct MHD_Response *response = MHD_create_response_from_fd64(bytes, fd);
    if (!response) {
        close(fd);
        return MHD_NO;
    }
    add(response, "Content-Type", "text/html; charset=utf-8");
    add(response, "Content-Security-Policy", "frame-ancestors 'none'");
    add(response, "Cross-Origin-Opener-Policy", "same-origin");
    add(response, "Cache-Control", "no-store");
    add(response, "Referrer-Policy", "no-referrer"); /* the address may hold the token */
    return send_response(request, MHD_HTTP_OK, response, bytes);
}

static const char *reason(enum status status)
{
    return status == STATUS_REQUEST_TIMEOUT     ? "Request Timeout"
           : status == STATUS_PAYLOAD_TOO_LARGE ? "Content Too Large"
                                                : "Error";
}

void reply_raw(int fd, enum status status, const char *request_id)
{
    char text[ERROR_BYTES];
    char message[2 * ERROR_BYTES];
    write_error(status, NULL, text);
    int length =
        snprintf(message, sizeof message,
                 "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n"
                 "Cache-Control: no-store\r\nContent-Security-Policy: %s\r\nX-Content-Type-Options: nosniff\r\n%s%s%s\r\n%s",
                 status_text(status)->http_status, reason(status), strlen(text), NOT_A_PAGE, request_id ? "X-Request-Id: " : "",
                 request_id ? request_id : "", request_id ? "\r\n" : "", text);
    /* A socket whose buffer has no room for this has a client that reads nothing. */
    (void)send(fd, message, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
}
