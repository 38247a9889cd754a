/* GET /health: answered on libmicrohttpd's threads, so it works while every worker is busy. */
#include <time.h>

#include "service/http/json_text.h"
#include "service/http/reply.h"
#include "service/http/request.h"
#include "service/http/routes.h"
#include "service/http/server.h"
#include "service/work/clock.h"

enum MHD_Result handle_health(struct request *request)
{
    struct server *server = request->server;
    struct workers_counts counts = workers_counts(server->workers);
    bool draining = atomic_load(&server->draining);
    struct timespec now;
    char text[512];
    struct json_text json;
    clock_gettime(CLOCK_REALTIME, &now);
    json_init(&json, text, sizeof text);
    json_raw(&json, "{\"status\":\"%s\",\"service\":\"image-processor\",\"timestamp\":%lld.%03ld,\"uptime_s\":%.3f",
             draining ? "draining" : "healthy", (long long)now.tv_sec, now.tv_nsec / 1000000,
             (double)(clock_now_ns() - server->started_ns) / (double)NS_PER_S);
    json_raw(&json, ",\"workers\":%u,\"queued\":%u,\"in_flight\":%u}\n", counts.threads, counts.queued, counts.running);
    return reply_json(request, draining ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, text);
}
