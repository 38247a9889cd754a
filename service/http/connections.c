/* The connections are a ring under one lock. Libmicrohttpd's threads move them from phase to phase, the watchdog
 * compares each with its deadline ten times a second and calls shutdown(), which libmicrohttpd sees like a client that
 * hung up. The descriptor is safe to use because connections_remove() takes the same lock before libmicrohttpd closes
 * it. */
#include "service/http/connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/http/reply.h"
#include "service/http/request.h"
#include "service/work/clock.h"

enum { BODY_RATE_BYTES_PER_S = 4096, CROWDED_PERCENT = 80, DISCARD_BYTES_PER_TURN = 8 << 20 };

static const uint64_t BODY_RATE_FROM_NS = 5 * NS_PER_S;
static const uint64_t TICK_NS = 100 * NS_PER_MS;
static const uint64_t TICK_LINGERING_NS = 10 * NS_PER_MS;
static const uint64_t LINGER_NS = 5 * NS_PER_S;

static void *watch(void *argument);

bool connections_init(struct connections *connections, uint32_t count_max, const uint64_t limit_ns[PHASE_COUNT])
{
    pthread_condattr_t monotonic;
    *connections = (struct connections){.count_max = count_max};
    connections->list.next = connections->list.previous = &connections->list;
    for (int i = 0; i < PHASE_COUNT; i++) {
        connections->limit_ns[i] = limit_ns[i];
    }
    connections->polled = calloc(count_max, sizeof connections->polled[0]);
    connections->polled_requests = calloc(count_max, sizeof connections->polled_requests[0]);
    pthread_mutex_init(&connections->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&connections->changed, &monotonic);
    pthread_cond_init(&connections->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (!connections->polled || !connections->polled_requests ||
        pthread_create(&connections->watchdog, NULL, watch, connections) != 0) {
        free(connections->polled);
        free(connections->polled_requests);
        return false;
    }
    return true;
}

void connections_deinit(struct connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    connections->stopping = true;
    pthread_cond_signal(&connections->changed);
    pthread_mutex_unlock(&connections->lock);
    pthread_join(connections->watchdog, NULL);
    for (uint32_t i = 0; i < connections->lingering_count; i++) {
        close(connections->lingering[i].fd);
    }
    free(connections->polled);
    free(connections->polled_requests);
    pthread_cond_destroy(&connections->changed);
    pthread_cond_destroy(&connections->idle);
    pthread_mutex_destroy(&connections->lock);
}

/* ---- what libmicrohttpd's threads tell ---- */

static void name_peer(const struct sockaddr *peer, char ret[INET6_ADDRSTRLEN])
{
    ret[0] = '\0';
    if (peer && peer->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)peer;
        inet_ntop(AF_INET, &v4->sin_addr, ret, INET6_ADDRSTRLEN);
    } else if (peer && peer->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)peer;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
        inet_ntop(mapped ? AF_INET : AF_INET6, v6->sin6_addr.s6_addr + (mapped ? 12 : 0), ret, INET6_ADDRSTRLEN);
    }
}

struct connection *connections_add(struct connections *connections, int fd, const struct sockaddr *peer)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        return NULL;
    }
    connection->fd = fd;
    connection->phase = PHASE_HEADERS;
    connection->since_ns = clock_now_ns();
    name_peer(peer, connection->peer);
    pthread_mutex_lock(&connections->lock);
    connection->next = connections->list.next;
    connection->previous = &connections->list;
    connection->next->previous = connection;
    connections->list.next = connection;
    if (connections->count++ == 0) {
        pthread_cond_signal(&connections->changed);
    }
    pthread_mutex_unlock(&connections->lock);
    return connection;
}

/* Keep the socket open beside libmicrohttpd's descriptor, so that its close() does not reset the connection while the
 * client has bytes on the way: the reset would overtake the reply. */
static void linger(struct connections *connections, const struct connection *connection)
{
    int fd = connections->lingering_count < LINGERING_MAX ? fcntl(connection->fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (fd < 0) {
        return;
    }
    shutdown(fd, SHUT_WR);
    connections->lingering[connections->lingering_count++] = (struct lingering){fd, clock_now_ns() + LINGER_NS};
    pthread_cond_signal(&connections->changed);
}

void connections_remove(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    if (connection->lingers) {
        linger(connections, connection);
    }
    connection->next->previous = connection->previous;
    connection->previous->next = connection->next;
    connections->count--;
    pthread_mutex_unlock(&connections->lock);
    free(connection);
}

static void enter(struct connection *connection, enum connection_phase phase)
{
    if (connection->phase != PHASE_ENDING) {
        connection->phase = phase;
        connection->since_ns = clock_now_ns();
    }
}

void connections_request_line(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    if (connection->is_used) { /* the first request's time runs from the start of the connection */
        enter(connection, PHASE_HEADERS);
    }
    pthread_mutex_unlock(&connections->lock);
}

void connections_request_begin(struct connections *connections, struct connection *connection, struct request *request)
{
    pthread_mutex_lock(&connections->lock);
    atomic_store_explicit(&connection->body_bytes, 0, memory_order_relaxed);
    connection->request = request;
    connections->in_flight++;
    enter(connection, PHASE_BODY);
    pthread_mutex_unlock(&connections->lock);
}

bool connections_request_phase(struct connections *connections, struct connection *connection,
                               enum connection_phase phase)
{
    pthread_mutex_lock(&connections->lock);
    enter(connection, phase);
    bool alive = connection->phase != PHASE_ENDING;
    pthread_mutex_unlock(&connections->lock);
    return alive;
}

void connections_linger(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    connection->lingers = true;
    pthread_mutex_unlock(&connections->lock);
}

void connections_request_end(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    connection->is_used = true;
    if (connection->request) {
        connection->request = NULL;
        if (--connections->in_flight == 0) {
            pthread_cond_broadcast(&connections->idle);
        }
    }
    enter(connection, PHASE_IDLE);
    pthread_mutex_unlock(&connections->lock);
}

static struct timespec as_timespec(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

bool connections_wait_idle(struct connections *connections, uint64_t deadline_ns)
{
    struct timespec deadline = as_timespec(deadline_ns);
    int error = 0;
    pthread_mutex_lock(&connections->lock);
    while (connections->in_flight > 0 && error == 0) {
        error = pthread_cond_timedwait(&connections->idle, &connections->lock, &deadline);
    }
    bool idle = connections->in_flight == 0;
    pthread_mutex_unlock(&connections->lock);
    return idle;
}

/* ---- the watchdog ---- */

static bool is_late(const struct connections *connections, const struct connection *connection, uint64_t now_ns)
{
    uint64_t elapsed_ns = now_ns - connection->since_ns;
    uint64_t limit_ns = connections->limit_ns[connection->phase];
    if (limit_ns == 0 || connection->since_ns > now_ns) {
        return false;
    }
    if (connections->count * 100ull > connections->count_max * (uint64_t)CROWDED_PERCENT) {
        limit_ns /= 2;
    }
    if (connection->phase == PHASE_BODY && elapsed_ns > BODY_RATE_FROM_NS) {
        uint64_t received = atomic_load_explicit(&connection->body_bytes, memory_order_relaxed);
        if (received < BODY_RATE_BYTES_PER_S * (elapsed_ns / NS_PER_S)) {
            return true;
        }
    }
    return elapsed_ns > limit_ns;
}

/* In PHASE_BODY libmicrohttpd writes nothing, so the reply may be written past it; in other phases bytes of ours could
 * end up inside its own. */
static void give_up_on(struct connection *connection)
{
    if (connection->phase == PHASE_BODY) {
        reply_raw(connection->fd, STATUS_REQUEST_TIMEOUT, connection->request ? connection->request->id : NULL);
        if (connection->request) {
            connection->request->http_status = status_text(STATUS_REQUEST_TIMEOUT)->http_status;
        }
    }
    connection->phase = PHASE_ENDING;
    shutdown(connection->fd, SHUT_RDWR);
}

/* Cancel what departed clients had asked for. ret: how many of polled_requests[] the caller must resume. */
static uint32_t find_departed(struct connections *connections, uint32_t polled_count)
{
    uint32_t resume_count = 0;
    if (polled_count == 0 || poll(connections->polled, polled_count, 0) <= 0) {
        return 0;
    }
    for (uint32_t i = 0; i < polled_count; i++) {
        struct request *request = connections->polled_requests[i];
        if (connections->polled[i].revents & (POLLRDHUP | POLLHUP | POLLERR) && request_cancel(request)) {
            connections->polled_requests[resume_count++] = request;
        }
    }
    return resume_count;
}

static uint32_t check_all(struct connections *connections)
{
    uint64_t now_ns = clock_now_ns();
    uint32_t polled_count = 0;
    for (struct connection *c = connections->list.next; c != &connections->list; c = c->next) {
        if (is_late(connections, c, now_ns)) {
            give_up_on(c);
        } else if (c->phase == PHASE_WORKING && c->request && polled_count < connections->count_max) {
            connections->polled[polled_count] = (struct pollfd){.fd = c->fd, .events = POLLRDHUP};
            connections->polled_requests[polled_count++] = c->request;
        }
    }
    return find_departed(connections, polled_count);
}

/* ret: false when the client has closed, or sent more than anybody waits for. */
static bool discard_input(int fd)
{
    static _Thread_local char waste[64 << 10];
    for (int got = 0; got < DISCARD_BYTES_PER_TURN;) {
        ssize_t n = recv(fd, waste, sizeof waste, MSG_DONTWAIT);
        if (n <= 0) {
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
        got += (int)n;
    }
    return true;
}

static void discard_lingering(struct connections *connections)
{
    uint64_t now_ns = clock_now_ns();
    for (uint32_t i = 0; i < connections->lingering_count;) {
        struct lingering *lingering = &connections->lingering[i];
        if (now_ns < lingering->until_ns && discard_input(lingering->fd)) {
            i++;
            continue;
        }
        close(lingering->fd);
        *lingering = connections->lingering[--connections->lingering_count];
    }
}

static void resume(struct request *const *requests, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        MHD_resume_connection(requests[i]->mhd);
    }
}

static void *watch(void *argument)
{
    struct connections *connections = argument;
    pthread_mutex_lock(&connections->lock);
    while (!connections->stopping) {
        if (connections->count == 0 && connections->lingering_count == 0) {
            pthread_cond_wait(&connections->changed, &connections->lock);
            continue;
        }
        uint64_t tick_ns = connections->lingering_count > 0 ? TICK_LINGERING_NS : TICK_NS;
        struct timespec next = as_timespec(clock_now_ns() + tick_ns);
        pthread_cond_timedwait(&connections->changed, &connections->lock, &next);
        discard_lingering(connections);
        uint32_t resume_count = check_all(connections);
        /* Not under the lock: libmicrohttpd takes locks of its own. A suspended request that is in no queue stays alive
         * until here. */
        pthread_mutex_unlock(&connections->lock);
        resume(connections->polled_requests, resume_count);
        pthread_mutex_lock(&connections->lock);
    }
    pthread_mutex_unlock(&connections->lock);
    return NULL;
}

void connections_cancel_all(struct connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    for (struct connection *c = connections->list.next; c != &connections->list; c = c->next) {
        if (c->request) {
            atomic_store(&c->request->item.job.cancelled, 1);
        }
    }
    pthread_mutex_unlock(&connections->lock);
}
