/* Libmicrohttpd's callbacks -> the stages of a request:
 *
 *   first line     request_create()
 *   headers        request_check(); refuse early, or go on
 *   body           kept and parsed as it comes, or thrown away when the answer is already known
 *   complete       the route's handler: answers, or suspends and leaves the rest to a worker
 *   resumed        handle_processed()
 *   answered       log line, request_destroy()
 *
 * An error that does not need the connection closed is answered only when the body has been read, so that the client,
 * who is still sending, gets to see it; unless it waits for "100 Continue": then it has not begun. */
#include "service/http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/http/access_log.h"
#include "service/http/listen.h"
#include "service/http/reply.h"
#include "service/http/request.h"
#include "service/http/request_check.h"
#include "service/http/request_span.h"
#include "service/http/routes.h"
#include "service/work/clock.h"

enum {
    HTTP_THREADS = 2,
    HTTP_STACK_BYTES = 256 << 10,
    CONNECTION_MEMORY_BYTES = 64 << 10, /* headers; untouched pages cost nothing: 1,000 half-open uploads take 13 MB */
    CONNECTION_MEMORY_STEP_BYTES = 4 << 10,
    BACKLOG = 1024,
    SPARE_DESCRIPTORS = 64,
    ARENA_KEEP_BYTES = 128 << 20, /* what a 12 MP picture needs; a larger one is not the usual */
};

/* ---- callbacks ---- */

static void *on_request_line(void *state, const char *uri, struct MHD_Connection *mhd)
{
    struct server *server = state;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct connection *connection = info ? info->socket_context : NULL;
    if (!connection) {
        return NULL; /* out of memory: on_request() closes */
    }
    connections_request_line(&server->connections, connection);
    return request_create(server, connection, mhd, uri);
}

/* What only this connection's peer may write now, past libmicrohttpd, which cannot answer in the middle of a body. */
static enum MHD_Result refuse_rest_of_body(struct request *request)
{
    struct connections *connections = &request->server->connections;
    if (connections_request_phase(connections, request->connection, PHASE_REPLY)) {
        connections_linger(connections, request->connection);
        reply_raw(request->connection->fd, STATUS_PAYLOAD_TOO_LARGE, request->id);
        request->http_status = status_text(STATUS_PAYLOAD_TOO_LARGE)->http_status;
    }
    request->stage = STAGE_ANSWERED;
    return MHD_NO;
}

static enum MHD_Result take_body(struct request *request, const char *bytes, size_t *length)
{
    uint64_t received =
        atomic_fetch_add_explicit(&request->connection->body_bytes, *length, memory_order_relaxed) + *length;
    if (received > request->server->config->max_body_bytes) {
        return refuse_rest_of_body(request);
    }
    if (request->stores_body) {
        request_fail(request, body_append(&request->body, bytes, *length));
        if (request->status == STATUS_OK) {
            request_fail(request, multipart_feed(&request->multipart, request->body.bytes, request->body.length));
        }
        if (request->status != STATUS_OK) {
            request->stores_body = false;
            body_deinit(&request->body);
        }
    }
    *length = 0;
    return MHD_YES;
}

static enum MHD_Result answer(struct request *request)
{
    if (request->status != STATUS_OK) {
        return reply_error(request);
    }
    if (strcmp(request->method, MHD_HTTP_METHOD_OPTIONS) == 0) {
        return reply_options(request, route_allow(request->route));
    }
    return request->route->handle(request);
}

static enum MHD_Result begin(struct request *request, const char *method, const char *version)
{
    struct server *server = request->server;
    snprintf(request->method, sizeof request->method, "%s", method);
    request->times.began_ns = clock_now_ns();
    request_span_name(request);
    connections_request_begin(&server->connections, request->connection, request);
    struct request_framing framing = request_check(request, method, version);
    request_span_begin(request);
    if (request->status != STATUS_OK && (request->must_close || framing.expects_continue)) {
        request->must_close = true;
        return reply_error(request);
    }
    if (request->stores_body) {
        body_init(&request->body, &server->uploads, framing.declared_bytes);
    }
    request->stage = STAGE_BODY;
    return MHD_YES;
}

static enum MHD_Result go_on(struct request *request, const char *method, const char *version, const char *body, size_t *body_bytes)
{
    switch (request->stage) {
    case STAGE_HEADERS:
        return begin(request, method, version);
    case STAGE_BODY:
        return *body_bytes > 0 ? take_body(request, body, body_bytes) : answer(request);
    case STAGE_WORKING:
        return handle_processed(request);
    case STAGE_ANSWERED:
        break;
    }
    *body_bytes = 0;
    return MHD_YES;
}

static enum MHD_Result on_request(void *state, struct MHD_Connection *mhd, const char *url, const char *method,
                                  const char *version, const char *body, size_t *body_bytes, void **context)
{
    struct request *request = *context;
    (void)state;
    (void)mhd;
    (void)url; /* unescaped: not used */
    if (!request) {
        return MHD_NO;
    }
    /* What is done here for a request is its own. */
    struct hotline_context before = hotline_context_set(request->context);
    enum MHD_Result result = go_on(request, method, version, body, body_bytes);
    hotline_context_set(before); /* the request may be gone */
    return result;
}

static void on_request_ended(void *state, struct MHD_Connection *mhd, void **context,
                             enum MHD_RequestTerminationCode code)
{
    struct server *server = state;
    struct request *request = *context;
    (void)mhd;
    (void)code;
    if (request) {
        request_span_end(request, request->http_status);
        connections_request_end(&server->connections, request->connection);
        if (request->method[0] != '\0') { /* else the headers never were complete */
            access_log_write(request);
        }
        request_destroy(request);
        *context = NULL;
    }
}

static void on_connection(void *state, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct server *server = state;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
        const union MHD_ConnectionInfo *peer = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        *context = fd ? connections_add(&server->connections, fd->connect_fd, peer ? peer->client_addr : NULL) : NULL;
    } else if (*context) {
        connections_remove(&server->connections, *context);
        *context = NULL;
    }
}

/* Libmicrohttpd reports every connection that ends early: the access log has that already. */
static void on_library_message(void *state, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
static void on_library_message(void *state, const char *format, va_list arguments)
{
    (void)state;
    (void)format;
    (void)arguments;
}

/* ---- start and stop ---- */

static uint32_t connection_limit(const struct config *config)
{
    struct rlimit files;
    uint64_t limit = config->max_connections;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
        uint64_t room =
            files.rlim_cur > SPARE_DESCRIPTORS + HTTP_THREADS ? files.rlim_cur - SPARE_DESCRIPTORS : HTTP_THREADS;
        limit = room < limit ? room : limit;
    }
    return (uint32_t)limit;
}

static bool start_watchdog(struct server *server, uint32_t connections_max)
{
    const struct config *config = server->config;
    const uint64_t limit_ns[PHASE_COUNT] = {[PHASE_HEADERS] = config->header_timeout_ms * NS_PER_MS,
                                            [PHASE_BODY] = config->body_timeout_ms * NS_PER_MS,
                                            [PHASE_REPLY] = config->reply_timeout_ms * NS_PER_MS,
                                            [PHASE_IDLE] = config->keepalive_timeout_ms * NS_PER_MS};
    return connections_init(&server->connections, connections_max, limit_ns);
}

/* A backstop behind the watchdog, whose deadlines are all shorter. */
static unsigned library_timeout_s(const struct config *config)
{
    uint64_t longest_ms = config->header_timeout_ms;
    longest_ms = config->body_timeout_ms > longest_ms ? config->body_timeout_ms : longest_ms;
    longest_ms = config->reply_timeout_ms > longest_ms ? config->reply_timeout_ms : longest_ms;
    longest_ms = config->keepalive_timeout_ms > longest_ms ? config->keepalive_timeout_ms : longest_ms;
    return (unsigned)(longest_ms / 1000 + 5);
}

static struct MHD_Daemon *start_daemon(struct server *server, uint32_t connections_max)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG, server->port, NULL,
        NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_library_message,
        NULL, /* first: it is used for messages about the rest */
        MHD_OPTION_LISTEN_SOCKET, server->listen_fd, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)HTTP_THREADS,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)HTTP_STACK_BYTES, MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, library_timeout_s(server->config), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY_BYTES, MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)CONNECTION_MEMORY_STEP_BYTES,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_request_ended, server, MHD_OPTION_URI_LOG_CALLBACK, on_request_line, server,
        MHD_OPTION_END);
}

static void fill_limits(struct server *server)
{
    const struct config *config = server->config;
    server->limits = (struct job_limits){.max_pixels = config->max_pixels,
                                         .max_output_pixels = config->max_output_pixels,
                                         .max_side_px = (uint32_t)config->max_side_px,
                                         .max_memory_bytes = config->memory_budget_bytes};
    server->pixels.limit_bytes = config->memory_budget_bytes;
    /* Uploads may hold half as much again, but the largest one always fits (and the budget's unit with it). */
    uint64_t half = config->memory_budget_bytes / 2;
    uint64_t one = config->max_body_bytes + (1 << 20);
    server->uploads.limit_bytes = half > one ? half : one;
}

struct server *server_start(const struct config *config, char ret_error[SERVER_ERROR_BYTES])
{
    struct server *server = calloc(1, sizeof *server);
    if (!server) {
        snprintf(ret_error, SERVER_ERROR_BYTES, "out of memory");
        return NULL;
    }
    server->config = config;
    server->started_ns = clock_now_ns();
    fill_limits(server);
    server->listen_fd = listen_open((uint16_t)config->port, BACKLOG, &server->port, &server->listens_on_v6);
    if (server->listen_fd < 0) {
        if (errno == EADDRINUSE) {
            snprintf(ret_error, SERVER_ERROR_BYTES, "port %u is in use by another program", (unsigned)config->port);
        } else {
            snprintf(ret_error, SERVER_ERROR_BYTES, "cannot listen on port %u: %s", (unsigned)config->port,
                     strerror(errno));
        }
        free(server);
        return NULL;
    }
    uint32_t connections_max = connection_limit(config);
    bool has_documents = documents_init(&server->documents, config);
    server->workers = workers_create((uint32_t)config->workers, (uint32_t)config->queue, ARENA_KEEP_BYTES);
    if (has_documents && server->workers && start_watchdog(server, connections_max)) {
        server->daemon = start_daemon(server, connections_max);
        if (server->daemon) {
            return server;
        }
        connections_deinit(&server->connections);
    }
    snprintf(ret_error, SERVER_ERROR_BYTES, "cannot start: out of memory or threads");
    workers_destroy(server->workers);
    documents_deinit(&server->documents);
    close(server->listen_fd);
    free(server);
    return NULL;
}

bool server_drain(struct server *server, uint64_t timeout_ms)
{
    atomic_store(&server->draining, true);
    MHD_quiesce_daemon(server->daemon);
    shutdown(server->listen_fd, SHUT_RD); /* refuses from now on, also while the descriptor must stay */
    if (connections_wait_idle(&server->connections, clock_now_ns() + timeout_ms * NS_PER_MS)) {
        return true;
    }
    /* Suspended connections must be resumed before the daemon is stopped; a cancelled job ends at its next band. */
    connections_cancel_all(&server->connections);
    connections_wait_idle(&server->connections, clock_now_ns() + 5 * NS_PER_S);
    return false;
}

void server_stop(struct server *server)
{
    workers_destroy(server->workers); /* resumes whatever was still suspended */
    MHD_stop_daemon(server->daemon);
    connections_deinit(&server->connections);
    documents_deinit(&server->documents);
    close(server->listen_fd);
    free(server);
}
