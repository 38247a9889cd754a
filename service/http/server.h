/* The HTTP server: libmicrohttpd's threads read and write, ours (work/, the watchdog) do the rest. */
#ifndef SERVICE_SERVER_H
#define SERVICE_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "service/config.h"
#include "service/http/connections.h"
#include "service/http/documents.h"
#include "service/work/job.h"
#include "service/work/memory_budget.h"
#include "service/work/workers.h"

struct MHD_Daemon;

struct server {
    const struct config *config;
    struct job_limits limits;
    struct memory_budget pixels;  /* of jobs, queued and running */
    struct memory_budget uploads; /* of bodies */
    struct connections connections;
    struct documents documents;
    struct workers *workers;
    struct MHD_Daemon *daemon;
    int listen_fd;
    uint16_t port; /* the one that was got */
    bool listens_on_v6;
    uint64_t started_ns;
    _Atomic bool draining;
};

enum { SERVER_ERROR_BYTES = 256 };

/* Start serving. config: outlives the server.   ret: NULL and one sentence in ret_error. */
struct server *server_start(const struct config *config, char ret_error[SERVER_ERROR_BYTES]);

/* No new connections; new requests on open ones are refused; wait for those in flight, at most `timeout_ms`, then
 * cancel them. ret: false when some had to be cancelled. */
bool server_drain(struct server *server, uint64_t timeout_ms);

/* Close everything and free it. After server_drain(). */
void server_stop(struct server *server);

#endif
