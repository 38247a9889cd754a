/* A listening socket for IPv4 and IPv6. */
#ifndef SERVICE_LISTEN_H
#define SERVICE_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

/* Listen on 0.0.0.0 and [::], on 0.0.0.0 alone where there is no IPv6. port 0: any free one.
 * ret: the descriptor, or -1 with errno. */
int listen_open(uint16_t port, int backlog, uint16_t *ret_port, bool *ret_v6);

#endif
