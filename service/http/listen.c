/* One socket of family IPv6 that takes IPv4 too: one accept queue, and no port for which only one of two binds
 * succeeded. */
#include "service/http/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int open_family(bool v6, uint16_t port, int backlog, uint16_t *ret_port)
{
    union address address = {0};
    socklen_t length = v6 ? sizeof address.v6 : sizeof address.v4;
    if (v6) {
        address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
    } else {
        address.v4 =
            (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_ANY)};
    }
    int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    int on = 1;
    int off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on,
               sizeof on); /* a restart need not wait for old connections' TIME_WAIT */
    bool ok = (!v6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
              bind(fd, &address.any, length) == 0 && listen(fd, backlog) == 0 &&
              getsockname(fd, &address.any, &length) == 0;
    if (!ok) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    *ret_port = ntohs(v6 ? address.v6.sin6_port : address.v4.sin_port);
    return fd;
}

int listen_open(uint16_t port, int backlog, uint16_t *ret_port, bool *ret_v6)
{
    int fd = open_family(true, port, backlog, ret_port);
    *ret_v6 = fd >= 0;
    if (fd < 0 && errno != EADDRINUSE && errno != EACCES) {
        fd = open_family(false, port, backlog, ret_port);
    }
    return fd;
}
