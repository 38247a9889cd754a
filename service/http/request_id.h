/* What a request is called in logs, traces and profiles: as its client calls it, or by a name of ours. */
#ifndef SERVICE_REQUEST_ID_H
#define SERVICE_REQUEST_ID_H

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_ID_BYTES = 65 }; /* with its end */

/* ret: 1 to 64 letters, digits and -_.:~+/=@ : it may stand in a header, a log line, an address. */
bool request_id_is_sane(const char *value, size_t length);

/* The trace id of a W3C traceparent (https://www.w3.org/TR/trace-context/, level 1). false: it is not a valid one; ret is unchanged. */
bool request_id_from_traceparent(const char *value, size_t length, char ret[REQUEST_ID_BYTES]);

/* 32 hex digits, by chance. */
void request_id_make(char ret[REQUEST_ID_BYTES]);

#endif
