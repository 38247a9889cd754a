/* enum status, pictures, pages -> HTTP. The only file that knows what a reply looks like. */
#ifndef SERVICE_REPLY_H
#define SERVICE_REPLY_H

#include <microhttpd.h>
#include <stdint.h>

#include "service/status.h"

struct document;
struct request;

/* All: queue the reply on the request's connection, on libmicrohttpd's thread. ret: for the handler callback. */

/* What is in request->status and request->error. */
enum MHD_Result reply_error(struct request *request);

/* A text that is copied. */
enum MHD_Result reply_json(struct request *request, int http_status, const char *text);

/* A page that outlives the request. 304 when the client says that it has it. */
enum MHD_Result reply_document(struct request *request, const struct document *document);

/* OPTIONS: no body, `Allow`. */
enum MHD_Result reply_options(struct request *request, const char *allow);

/* request->result, which the reply takes. extension: "jpg", "png", "webp". */
enum MHD_Result reply_image(struct request *request, const char *media_type, const char *extension);

/* The file, whose descriptor the reply takes: a report of hotline's. */
enum MHD_Result reply_report(struct request *request, int fd, uint64_t bytes);

/* Write a whole error reply to a socket past libmicrohttpd, without waiting. request_id: NULL when there is no request. */
void reply_raw(int fd, enum status status, const char *request_id);

#endif
