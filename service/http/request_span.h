/* A request as the profiler sees it: its id, and a span (profiler/hotline.h) from its complete headers to its answer handed to libmicrohttpd:
 * the body's arrival and the time in the queue are in it, for the client waits for both; sending the answer is not.
 *
 * Tags: samples have the operation; the span has operation, format (of the answer), size (class of the picture) and status. */
#ifndef SERVICE_REQUEST_SPAN_H
#define SERVICE_REQUEST_SPAN_H

#include <stdint.h>

struct request;

/* Headers are complete: find its id. X-Request-Id if it is sane, else the trace id of a valid traceparent, else one of ours. */
void request_span_name(struct request *request);

/* The route is known: begin. The calling thread is in the span. */
void request_span_begin(struct request *request);

/* What will be done to a picture of that size, and the format of the answer (static storage). In the span, on libmicrohttpd's thread. */
void request_span_describe(struct request *request, uint64_t pixels, const char *format);

/* End it, once: what comes later does nothing. http_status 0: the client is gone. */
void request_span_end(struct request *request, int http_status);

#endif
