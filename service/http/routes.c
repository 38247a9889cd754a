/* The raw target of the request line decides: libmicrohttpd would unescape it first, and `/health%00x` would be
 * `/health`. */
#include "service/http/routes.h"

#include <string.h>

static const struct route ROUTES[] = {
    {"/", false, false, false, handle_document},
    {"/openapi.json", false, false, false, handle_document},
    {"/samples/scene.jpg", false, false, false, handle_document},
    {"/samples/portrait.jpg", false, false, false, handle_document},
    {"/samples/night.jpg", false, false, false, handle_document},
    {"/samples/facade.jpg", false, false, false, handle_document},
    {"/health", false, true, false, handle_health},
    {"/process", true, false, false, handle_process},
    {"/profile", false, false, true, handle_profile},
};

/* "http://host/path", which every server must take, is /path. */
static const char *skip_authority(const char *uri)
{
    static const char SCHEME[] = "http://";
    if (strncmp(uri, SCHEME, sizeof SCHEME - 1) != 0) {
        return uri;
    }
    uri += sizeof SCHEME - 1;
    uri += strcspn(uri, "/?");
    return *uri == '/' ? uri : "/";
}

const struct route *route_find(const char *uri)
{
    const char *path = skip_authority(uri);
    size_t length = strcspn(path, "?");
    for (size_t i = 0; i < sizeof ROUTES / sizeof ROUTES[0]; i++) {
        if (strlen(ROUTES[i].path) == length && memcmp(ROUTES[i].path, path, length) == 0) {
            return &ROUTES[i];
        }
    }
    return NULL;
}

const char *route_allow(const struct route *route)
{
    if (!route) {
        return "GET, HEAD, OPTIONS, POST";
    }
    return route->takes_upload ? "OPTIONS, POST" : "GET, HEAD, OPTIONS";
}
