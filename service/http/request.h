/* One HTTP request from its first line to the end of its reply. */
#ifndef SERVICE_REQUEST_H
#define SERVICE_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "profiler/hotline.h"
#include "service/http/body.h"
#include "service/http/connections.h"
#include "service/http/fields.h"
#include "service/http/multipart.h"
#include "service/http/request_id.h"
#include "service/work/workers.h"

struct route;
struct server;

enum { URI_MAX_BYTES = 2048 };

/* Where the handler callback is. */
enum request_stage { STAGE_HEADERS, STAGE_BODY, STAGE_WORKING, STAGE_ANSWERED };

struct request_times { /* CLOCK_MONOTONIC */
    uint64_t began_ns; /* headers complete */
    uint64_t queued_ns;
    uint64_t started_ns; /* by a worker */
    uint64_t decoded_ns;
    uint64_t operated_ns;
    uint64_t encoded_ns;
};

struct request {
    struct work_item item; /* first: the worker gets its address */
    struct server *server;
    struct connection *connection;
    struct MHD_Connection *mhd; /* a worker only resumes it */
    const struct route *route;  /* NULL: unknown path */
    enum request_stage stage;
    enum status status; /* the first thing that went wrong */
    struct field_error error;
    bool must_close;
    bool uri_is_too_long;
    bool stores_body;
    struct body body;
    struct multipart multipart;
    struct fields fields;
    uint64_t pixel_bytes; /* taken from the server's budget */
    int output_format;    /* enum image_format */
    uint8_t *result;      /* malloc'ed, until the reply takes it */
    size_t result_bytes;
    struct request_times times;
    char method[16]; /* for the log: cut */
    char id[REQUEST_ID_BYTES];
    struct hotline_span span;       /* request_span.h */
    struct hotline_context context; /* of whoever works for it */
    const char *size_class, *format_name; /* of its picture, of the answer; NULL: not known */
    int http_status;
    uint64_t reply_bytes;
    char uri[]; /* as sent, cut to URI_MAX_BYTES */
};

/* ret: NULL when memory is out. */
struct request *request_create(struct server *server, struct connection *connection, struct MHD_Connection *mhd,
                               const char *uri);
void request_destroy(struct request *request);

/* Note what went wrong, unless something went wrong before. */
void request_fail(struct request *request, enum status status);

/* The client is gone: stop the job. With connections.lock held. ret: true when the caller must resume the connection,
 * because no worker will. */
bool request_cancel(struct request *request);

#endif
