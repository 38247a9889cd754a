/* Every open connection, what it is doing and since when; a watchdog thread ends those that miss their deadline and
 * cancels the jobs of clients that went away. Needed because libmicrohttpd's own timeout is an idle timeout, which one
 * byte per second defeats, and because it does not look at a connection while that is suspended. */
#ifndef SERVICE_CONNECTIONS_H
#define SERVICE_CONNECTIONS_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct request;

/* What a connection waits for, each with its own deadline. */
enum connection_phase {
    PHASE_HEADERS, /* from the connection's start, or from the first line of a later request */
    PHASE_BODY,
    PHASE_WORKING, /* suspended: the job has its own deadline, here only the client's departure counts */
    PHASE_REPLY,
    PHASE_IDLE,   /* between requests */
    PHASE_ENDING, /* given up on */
    PHASE_COUNT
};

struct connection {
    struct connection *next;
    struct connection *previous;
    int fd; /* libmicrohttpd's: valid until connections_remove() */
    enum connection_phase phase;
    uint64_t since_ns;
    bool is_used; /* a request was answered on it */
    bool lingers; /* the client may still be sending: read on for a moment after the reply, or a reset destroys it */
    _Atomic uint64_t body_bytes; /* of the current request, received so far */
    struct request *request;     /* the one being served, from complete headers to the end of the reply */
    char peer[INET6_ADDRSTRLEN];
};

enum { LINGERING_MAX = 64 };

struct lingering {
    int fd;
    uint64_t until_ns;
};

struct connections {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* for the watchdog: there is something to watch, or it is time to stop */
    pthread_cond_t idle;    /* in_flight reached 0 */
    struct connection list; /* a ring */
    uint32_t count;
    uint32_t count_max;
    uint32_t in_flight; /* requests with complete headers */
    uint64_t limit_ns[PHASE_COUNT];
    struct pollfd *polled; /* count_max of each */
    struct request **polled_requests;
    struct lingering lingering[LINGERING_MAX];
    uint32_t lingering_count;
    bool stopping;
    pthread_t watchdog;
};

/* Start the watchdog. limit_ns: 0 = none. ret: false when memory or threads are out. */
bool connections_init(struct connections *connections, uint32_t count_max, const uint64_t limit_ns[PHASE_COUNT]);
void connections_deinit(struct connections *connections);

/* ret: NULL when memory is out. The functions below: any thread. */
struct connection *connections_add(struct connections *connections, int fd, const struct sockaddr *peer);

/* Before libmicrohttpd closes the descriptor. */
void connections_remove(struct connections *connections, struct connection *connection);

/* A request's first line is there / its headers are complete / it goes on to WORKING or REPLY / its reply has left or
 * failed. connections_request_phase() ret: false when the watchdog has given up on the connection: nothing may be sent
 * any more. */
void connections_request_line(struct connections *connections, struct connection *connection);
void connections_request_begin(struct connections *connections, struct connection *connection, struct request *request);
bool connections_request_phase(struct connections *connections, struct connection *connection,
                               enum connection_phase phase);
void connections_request_end(struct connections *connections, struct connection *connection);

/* The reply goes out before the request was read. */
void connections_linger(struct connections *connections, struct connection *connection);

/* Wait until no request is in flight, or until `deadline_ns`. ret: false at the deadline. */
bool connections_wait_idle(struct connections *connections, uint64_t deadline_ns);

/* Cancel the jobs of all requests in flight: workers pass queued ones on at once and leave running ones at the next
 * band. */
void connections_cancel_all(struct connections *connections);

#endif
