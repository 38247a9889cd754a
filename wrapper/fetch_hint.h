/* How to get a report off the machine it was written on. */
#ifndef HOTLINE_FETCH_HINT_H
#define HOTLINE_FETCH_HINT_H

#include <stddef.h>

/* The scp command that copies `path` (absolute) from a service on Render to the directory one is in. service_id:
 * RENDER_SERVICE_ID. region: NULL when it is not known; then the text says how to make it known. ret: malloc'ed, caller
 * frees; NULL when not on Render, when `service_id` is not one, or out of memory. */
char *fetch_hint(const char *service_id, const char *region, const char *path);

#endif
