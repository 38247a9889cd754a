/* What can be known to be wrong when the headers are complete. */
#ifndef SERVICE_REQUEST_CHECK_H
#define SERVICE_REQUEST_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct request;

struct request_framing {
    bool is_post;
    bool is_get; /* or HEAD */
    bool is_options;
    bool is_chunked;
    bool has_length;
    bool expects_continue;
    uint64_t declared_bytes; /* Content-Length */
};

/* Find the route, check everything; request->status, must_close and route are set. ret: how the request is framed. */
struct request_framing request_check(struct request *request, const char *method, const char *version);

#endif
