/* Requests on the control socket -> calls of the collector. One thread, one poll loop, everything bounded: connections,
 * message size, how long a connection may be idle, and how many events per second are looked at, so that no stranger
 * can make the profiler work. See control.h. Threads: start and stop belong to one thread; the server has its own. */
#include "profiler/collector/control.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "profiler/collector/process_tree.h"

enum {
    MAX_WINDOW_MS = 86400000,
    MAX_CLIENTS = 16,
    MAX_NAMES = 100,          /* tried, see open_sockets() */
    IDLE_MS = 2000,           /* a connection that asks nothing is closed */
    EVENTS_PER_SECOND = 1000, /* 1 % of a CPU or so; the rest waits in the kernel, which drops what does not fit */
};
enum poll_place { WAKE, LISTENER, DATAGRAMS, CLIENTS };

struct client {
    int fd; /* -1: free */
    int64_t deadline_ms;
};

struct control_server {
    struct control_actions actions;
    pthread_t thread;
    uid_t owner;
    int wake, listener, datagrams;
    struct client clients[MAX_CLIENTS];
    int64_t window_ms; /* when the current second of the event budget began */
    unsigned window_events;
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static bool bind_name(int fd, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int bytes = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "%s", name);
    return bind(fd, (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)bytes)) == 0;
}

static bool open_sockets(struct control_server *server)
{
    char name[64];
    int yes = 1, pid = (int)getpid();
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    server->datagrams = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->wake < 0 || server->listener < 0 || server->datagrams < 0) {
        return false;
    }
    /* Two containers that share a network namespace may both run hotline as pid 1 of the same user, and a stranger may
     * squat on a name: then a number is appended. Clients look for the prefix and ask the kernel whose socket it is. */
    snprintf(name, sizeof name, CONTROL_NAME_PREFIX "%u-%d", server->owner, pid);
    for (int i = 1; !bind_name(server->listener, name); i++) {
        if (errno != EADDRINUSE || i == MAX_NAMES) {
            return false;
        }
        snprintf(name, sizeof name, CONTROL_NAME_PREFIX "%u-%d-%d", server->owner, pid, i);
    }
    /* The same name for the other kind of socket. Samplers know no appended number; without it nothing is lost but a
     * number in the report. */
    snprintf(name, sizeof name, CONTROL_NAME_PREFIX "%u-%d", server->owner, pid);
    if (setsockopt(server->datagrams, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) != 0 ||
        !bind_name(server->datagrams, name)) {
        close(server->datagrams);
        server->datagrams = -1;
    }
    return listen(server->listener, MAX_CLIENTS) == 0;
}

static void close_sockets(struct control_server *server)
{
    int *const descriptors[] = {&server->wake, &server->listener, &server->datagrams};
    for (unsigned i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++) {
        if (*descriptors[i] >= 0) {
            close(*descriptors[i]);
        }
    }
    for (unsigned i = 0; i < MAX_CLIENTS; i++) {
        if (server->clients[i].fd >= 0) {
            close(server->clients[i].fd);
        }
    }
}

/* A client that does not take its answer at once does not get it. */
static bool reply(int fd, const char *kind, const char *text)
{
    char line[CONTROL_REPLY_BYTES];
    int bytes = snprintf(line, sizeof line, "%s%s%s", kind, *text != '\0' ? " " : "", text);
    if (bytes >= (int)sizeof line) {
        bytes = sizeof line - 1;
    }
    return send(fd, line, (size_t)bytes, MSG_DONTWAIT | MSG_NOSIGNAL) == bytes;
}

static bool answer_status(struct control_server *server, int fd)
{
    char text[CONTROL_REPLY_BYTES - 8] = "";
    server->actions.status(server->actions.user, text, sizeof text);
    return reply(fd, "ok", text);
}

static bool answer_on(struct control_server *server, int fd)
{
    server->actions.turn(server->actions.user, true, 0);
    return answer_status(server, fd);
}

/* "on MILLISECONDS" */
static bool answer_window(struct control_server *server, int fd, const char *milliseconds)
{
    char *end;
    unsigned long ms = strtoul(milliseconds, &end, 10);
    if (end == milliseconds || *end != '\0' || ms == 0 || ms > MAX_WINDOW_MS) {
        return reply(fd, "error", "on takes a number of milliseconds");
    }
    server->actions.turn(server->actions.user, true, (unsigned)ms);
    return answer_status(server, fd);
}

static bool answer_off(struct control_server *server, int fd)
{
    server->actions.turn(server->actions.user, false, 0);
    return answer_status(server, fd);
}

static bool answer_dump(struct control_server *server, int fd)
{
    char error[1024] = "the files could not be written";
    if (!server->actions.dump(server->actions.user, error, sizeof error)) {
        return reply(fd, "error", error);
    }
    return answer_status(server, fd);
}

static const struct {
    const char *verb;
    bool (*answer)(struct control_server *server, int fd); /* false: close the connection */
} verbs[] = {{"on", answer_on}, {"off", answer_off}, {"dump", answer_dump}, {"status", answer_status}};

/* One request of one client. false: close the connection. */
static bool serve(struct control_server *server, struct client *client)
{
    char request[CONTROL_REQUEST_BYTES + 1];
    ssize_t bytes = recv(client->fd, request, sizeof request, MSG_DONTWAIT | MSG_TRUNC);
    if (bytes < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    if (bytes == 0) {
        return false;
    }
    client->deadline_ms = now_ms() + IDLE_MS;
    if (bytes > CONTROL_REQUEST_BYTES) {
        reply(client->fd, "error", "the request is too long");
        return false;
    }
    request[bytes] = '\0';
    if (bytes > 0 && request[bytes - 1] == '\n') {
        request[bytes - 1] = '\0';
    }
    if (strncmp(request, "on ", 3) == 0) {
        return answer_window(server, client->fd, request + 3);
    }
    for (unsigned i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(request, verbs[i].verb) == 0) {
            return verbs[i].answer(server, client->fd);
        }
    }
    return reply(client->fd, "error", "unknown request: on, off, dump or status");
}

static void accept_one(struct control_server *server, unsigned place)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t bytes = sizeof peer;
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            server->window_events = EVENTS_PER_SECOND; /* no use in trying again at once */
        }
        return;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0 || (peer.uid != server->owner && peer.uid != 0)) {
        char reason[64];
        snprintf(reason, sizeof reason, "not permitted: the session belongs to uid %u", server->owner);
        reply(fd, "error", reason);
        close(fd);
        return;
    }
    server->clients[place] = (struct client){.fd = fd, .deadline_ms = now_ms() + IDLE_MS};
}

/* A process that lost its right to the session may be of any user, so anybody may send: what it says of its pid is not
 * believed, the kernel says who sent it, and it must belong to the tree below hotline. */
static void receive_datagram(struct control_server *server)
{
    char text[CONTROL_REQUEST_BYTES + 1];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct iovec into = {.iov_base = text, .iov_len = sizeof text - 1};
    struct msghdr received = {
        .msg_iov = &into, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t bytes = recvmsg(server->datagrams, &received, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (bytes <= 0) {
        return;
    }
    text[bytes] = '\0';
    struct ucred sender = {.pid = 0};
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&received); part != NULL; part = CMSG_NXTHDR(&received, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
            memcpy(&sender, CMSG_DATA(part), sizeof sender);
        }
    }
    static const char verb[] = "unjoined ";
    if (sender.pid <= 0 || sender.pid == getpid() || strncmp(text, verb, sizeof verb - 1) != 0 ||
        !process_tree_descends(sender.pid, getpid())) {
        return;
    }
    char *why = text + sizeof verb - 1;
    why += strspn(why, "0123456789");
    why += *why == ' ';
    for (char *at = why; *at != '\0'; at++) {
        if (!isprint((unsigned char)*at)) {
            *at = '?';
        }
    }
    server->actions.unjoined(server->actions.user, sender.pid, why);
}

/* How long to leave everything but the wake-up alone; 0: the budget of this second is not used up. */
static int pause_ms(struct control_server *server, int64_t now)
{
    if (now - server->window_ms >= 1000) {
        server->window_ms = now;
        server->window_events = 0;
    }
    return server->window_events >= EVENTS_PER_SECOND ? (int)(server->window_ms + 1000 - now) : 0;
}

/* Until the next deadline; -1: none. */
static int patience_ms(const struct control_server *server, int64_t now)
{
    int64_t soonest = INT64_MAX;
    for (unsigned i = 0; i < MAX_CLIENTS; i++) {
        if (server->clients[i].fd >= 0 && server->clients[i].deadline_ms < soonest) {
            soonest = server->clients[i].deadline_ms;
        }
    }
    return soonest == INT64_MAX ? -1 : soonest <= now ? 0 : (int)(soonest - now);
}

static void *serve_all(void *argument)
{
    struct control_server *server = argument;
    for (;;) {
        int64_t now = now_ms();
        int rest_ms = pause_ms(server, now);
        struct pollfd set[CLIENTS + MAX_CLIENTS];
        unsigned vacant = MAX_CLIENTS;
        for (unsigned i = 0; i < MAX_CLIENTS; i++) {
            set[CLIENTS + i] = (struct pollfd){.fd = server->clients[i].fd, .events = POLLIN};
            vacant = server->clients[i].fd < 0 ? i : vacant;
        }
        set[WAKE] = (struct pollfd){.fd = server->wake, .events = POLLIN};
        set[LISTENER] = (struct pollfd){.fd = vacant < MAX_CLIENTS ? server->listener : -1, .events = POLLIN};
        set[DATAGRAMS] = (struct pollfd){.fd = server->datagrams, .events = POLLIN};
        int ready =
            poll(set, rest_ms > 0 ? LISTENER : CLIENTS + MAX_CLIENTS, rest_ms > 0 ? rest_ms : patience_ms(server, now));
        if (set[WAKE].revents != 0) {
            return NULL;
        }
        if (rest_ms > 0 || ready < 0) {
            continue;
        }
        server->window_events += (unsigned)ready;
        if (set[DATAGRAMS].revents != 0) {
            receive_datagram(server);
        }
        if (set[LISTENER].revents != 0) {
            accept_one(server, vacant);
        }
        now = now_ms(); /* before serving: a long dump must not cost the others their connection */
        for (unsigned i = 0; i < MAX_CLIENTS; i++) {
            struct client *client = &server->clients[i];
            if (set[CLIENTS + i].fd < 0) {
                continue;
            }
            if (set[CLIENTS + i].revents != 0 ? !serve(server, client) : client->deadline_ms <= now) {
                close(client->fd);
                client->fd = -1;
            }
        }
    }
}

struct control_server *control_server_start(const struct control_actions *actions, char *error, size_t error_bytes)
{
    struct control_server *server = calloc(1, sizeof *server);
    int problem = server == NULL ? ENOMEM : 0;
    if (server != NULL) {
        server->actions = *actions;
        server->owner = geteuid();
        server->wake = server->listener = server->datagrams = -1;
        for (unsigned i = 0; i < MAX_CLIENTS; i++) {
            server->clients[i].fd = -1;
        }
        if (!open_sockets(server)) {
            problem = errno;
        } else {
            problem = pthread_create(&server->thread, NULL, serve_all, server);
        }
        if (problem != 0) {
            close_sockets(server);
            free(server);
        }
    }
    if (problem != 0) {
        snprintf(error, error_bytes, "no control socket: %s", strerror(problem));
        return NULL;
    }
    (void)pthread_setname_np(server->thread, "hotline-control");
    return server;
}

void control_server_stop(struct control_server *server)
{
    if (server == NULL) {
        return;
    }
    uint64_t one = 1;
    while (write(server->wake, &one, sizeof one) < 0 && errno == EINTR) {
        ;
    }
    pthread_join(server->thread, NULL);
    close_sockets(server);
    free(server);
}
