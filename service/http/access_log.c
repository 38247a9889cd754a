/* A line is one write of less than PIPE_BUF bytes, so lines of different threads do not mix, and it is only written
 * when the pipe has room for it: a stuck log reader must not stop the server. */
#include "service/http/access_log.h"

#include <assert.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "service/http/json_text.h"
#include "service/http/profile_token.h"
#include "service/http/request.h"
#include "service/http/server.h"
#include "service/work/clock.h"

enum { LINE_BYTES = 2048, TARGET_BYTES = 256, CLIENT_CLOSED = 499 };

static void now_text(char *ret, size_t size)
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t length = strftime(ret, size, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(ret + length, size - length, ".%03ldZ", now.tv_nsec / 1000000);
}

/* In the text form a target must not be able to look like the end of its line. */
static void copy_printable(const char *text, char *ret, size_t size)
{
    size_t length = 0;
    for (; *text && length + 1 < size; text++) {
        ret[length++] = *text > ' ' && *text < 0x7F ? *text : '?';
    }
    ret[length] = '\0';
}

static void write_line(char *line, size_t length)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && out.revents & POLLOUT) {
        ssize_t ignored = write(STDOUT_FILENO, line, length);
        (void)ignored;
    }
}

void access_log_write(struct request *request)
{
    static_assert(LINE_BYTES < PIPE_BUF, "a line must be written whole");
    char time_text[40];
    char target[TARGET_BYTES];
    char line[LINE_BYTES];
    const char *operation = request->times.queued_ns > 0 ? operation_name(request->fields.operation) : "-";
    const char *peer = request->connection->peer[0] ? request->connection->peer : "-";
    int http_status = request->http_status ? request->http_status : CLIENT_CLOSED;
    double took_ms = (double)(clock_now_ns() - request->times.began_ns) / (double)NS_PER_MS;
    unsigned long long received = atomic_load(&request->connection->body_bytes);
    unsigned long long sent = request->reply_bytes;
    if (request->server->config->log == CONFIG_LOG_OFF) {
        return;
    }
    profile_token_hide(request->uri);
    now_text(time_text, sizeof time_text);
    if (request->server->config->log == CONFIG_LOG_TEXT) {
        copy_printable(request->uri, target, sizeof target);
        int length = snprintf(line, sizeof line, "%s %s %s %s %d %s in=%llu out=%llu %.1fms\n", time_text, peer,
                              request->method, target, http_status, operation, received, sent, took_ms);
        write_line(line, (size_t)length);
        return;
    }
    struct json_text json;
    json_init(&json, line, sizeof line);
    snprintf(target, sizeof target, "%s", request->uri);
    json_raw(&json, "{\"time\":\"%s\",\"client\":\"%s\",\"method\":", time_text, peer);
    json_string(&json, request->method);
    json_raw(&json, ",\"target\":");
    json_string(&json, target);
    json_raw(&json, ",\"status\":%d,\"operation\":\"%s\",\"bytes_in\":%llu,\"bytes_out\":%llu,\"ms\":%.1f}\n",
             http_status, operation, received, sent, took_ms);
    write_line(line, json.length);
}
