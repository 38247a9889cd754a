/* Path -> handler: one row per address. */
#ifndef SERVICE_ROUTES_H
#define SERVICE_ROUTES_H

#include <microhttpd.h>
#include <stdbool.h>

struct request;

struct route {
    const char *path;
    bool takes_upload; /* POST with a body; the others GET and HEAD */
    bool while_draining;
    bool needs_token; /* unknown unless a PROFILE_TOKEN is configured */
    /* The request is complete. ret: what to give back to libmicrohttpd. */
    enum MHD_Result (*handle)(struct request *request);
};

/* ret: NULL when no row has the path of `uri` (as sent, nothing is unescaped; a query is not part of the path). */
const struct route *route_find(const char *uri);

/* ret: for the Allow header. route may be NULL: everything. */
const char *route_allow(const struct route *route);

enum MHD_Result handle_document(struct request *request);
enum MHD_Result handle_health(struct request *request);
enum MHD_Result handle_process(struct request *request);
enum MHD_Result handle_profile(struct request *request);

/* The worker is done with it, or it was cancelled. */
enum MHD_Result handle_processed(struct request *request);

#endif
