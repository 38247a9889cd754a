/* What belongs to a request is freed with it, however it ended. */
#include "service/http/request.h"

#include <stdlib.h>
#include <string.h>

#include "service/http/server.h"
#include "service/work/clock.h"

struct request *request_create(struct server *server, struct connection *connection, struct MHD_Connection *mhd,
                               const char *uri)
{
    size_t length = strnlen(uri, URI_MAX_BYTES + 1);
    bool too_long = length > URI_MAX_BYTES;
    if (too_long) {
        length = URI_MAX_BYTES;
    }
    struct request *request = calloc(1, sizeof *request + length + 1);
    if (!request) {
        return NULL;
    }
    request->server = server;
    request->connection = connection;
    request->mhd = mhd;
    request->uri_is_too_long = too_long;
    request->item.job.limits = &server->limits;
    request->times.began_ns = clock_now_ns();
    memcpy(request->uri, uri, length);
    return request;
}

void request_destroy(struct request *request)
{
    if (request) {
        body_deinit(&request->body);
        free(request->result);
        free(request);
    }
}

void request_fail(struct request *request, enum status status)
{
    if (request->status == STATUS_OK) {
        request->status = status;
    }
}

bool request_cancel(struct request *request)
{
    atomic_store(&request->item.job.cancelled, 1);
    return workers_withdraw(request->server->workers, &request->item);
}
