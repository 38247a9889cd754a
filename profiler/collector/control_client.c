/* A verb and a pid -> the session's answer. Sessions are found by climbing from the pid to its ancestors (a worker's
 * pid is as good as hotline's) and matching them against the sockets that /proc/net/unix lists; whose socket it is, the
 * kernel says (SO_PEERCRED), since anybody may bind any name. */
#include "profiler/collector/control.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "profiler/collector/process_tree.h"

enum {
    CONNECT_S = 5,      /* also: for an answer that needs no work */
    DUMP_S = 300,       /* a large report on a slow disk */
    MAX_SOCKETS = 4096, /* of which names are tried */
    NAME_BYTES = 64,
};

struct socket_list {
    char (*names)[NAME_BYTES];
    unsigned count;
};

static void add_name(struct socket_list *list, const char *name)
{
    if (list->count == MAX_SOCKETS || strlen(name) >= NAME_BYTES) {
        return;
    }
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0) {
            return;
        }
    }
    void *grown = realloc(list->names, (list->count + 1) * sizeof list->names[0]);
    if (grown == NULL) {
        return;
    }
    list->names = grown;
    strcpy(list->names[list->count++], name);
}

/* Every listening socket of that kind. A line: "Num: RefCount Protocol Flags Type St Inode Path", where a NUL in the
 * path is an '@'. */
static void list_sockets(struct socket_list *list)
{
    enum { ACCEPTS = 0x10000 };
    FILE *table = fopen("/proc/net/unix", "re");
    char *line = NULL;
    size_t room = 0;
    while (table != NULL && getline(&line, &room, table) > 0) {
        unsigned flags, type;
        char path[128];
        if (sscanf(line, "%*s %*s %*s %x %x %*s %*s %127s", &flags, &type, path) == 3 && (flags & ACCEPTS) != 0 &&
            type == SOCK_SEQPACKET && strncmp(path, "@" CONTROL_NAME_PREFIX, sizeof CONTROL_NAME_PREFIX) == 0) {
            add_name(list, path + 1);
        }
    }
    free(line);
    if (table != NULL) {
        fclose(table);
    }
}

/* ret: a connected socket, or -1. *ret_peer: who listens there. */
static int connect_to(const char *name, struct ucred *ret_peer)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = CONNECT_S};
    socklen_t bytes = sizeof *ret_peer;
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    memcpy(address.sun_path + 1, name, strlen(name));
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        connect(fd, (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &bytes) == 0) {
        return fd;
    }
    close(fd);
    return -1;
}

static enum control_result exchange(int fd, const char *verb, char *ret, size_t ret_bytes)
{
    char text[CONTROL_REPLY_BYTES + 1];
    struct timeval patience = {.tv_sec = strcmp(verb, "dump") == 0 ? DUMP_S : CONNECT_S};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t bytes = send(fd, verb, strlen(verb), MSG_NOSIGNAL);
    /* A refusal is sent before we ask, and the connection closed: it can still be read, behind one ECONNRESET if our
     * request was not. */
    if (bytes >= 0 || errno == EPIPE) {
        bytes = recv(fd, text, sizeof text - 1, 0);
    }
    if (bytes < 0 && errno == ECONNRESET) {
        bytes = recv(fd, text, sizeof text - 1, 0);
    }
    if (bytes <= 0) {
        snprintf(ret, ret_bytes, "%s",
                 bytes < 0 && errno == EAGAIN ? "the session does not answer (is hotline stopped?)"
                                              : "the session ended without an answer");
        return CONTROL_FAILED;
    }
    text[bytes] = '\0';
    bool fine = strncmp(text, "ok", 2) == 0 && (text[2] == ' ' || text[2] == '\0');
    const char *rest = strchr(text, ' ');
    snprintf(ret, ret_bytes, "%s", rest != NULL ? rest + 1 : "");
    if (fine) {
        return CONTROL_OK;
    }
    return strncmp(ret, "not permitted", 13) == 0 ? CONTROL_NOT_PERMITTED : CONTROL_FAILED;
}

/* A server of a third user could tell us anything. */
static bool is_trusted(const struct ucred *peer)
{
    return peer->uid == geteuid() || peer->uid == 0 || geteuid() == 0;
}

enum control_result control_ask(pid_t pid, const char *verb, char *ret, size_t ret_bytes)
{
    struct socket_list list = {.count = 0};
    char name[NAME_BYTES];
    /* Where /proc/net/unix cannot be read, our own session's usual name can be guessed. */
    for (pid_t at = pid; at > 0; at = process_tree_parent(at)) {
        snprintf(name, sizeof name, CONTROL_NAME_PREFIX "%u-%d", geteuid(), (int)at);
        add_name(&list, name);
    }
    list_sockets(&list);
    int chosen = -1;
    struct ucred owner = {.pid = 0};
    for (pid_t at = pid; at > 0 && chosen < 0;
         at = process_tree_parent(at)) { /* the nearest session: hotline may run in hotline */
        for (unsigned i = 0; i < list.count && chosen < 0; i++) {
            chosen = connect_to(list.names[i], &owner);
            if (chosen >= 0 && owner.pid != at) {
                close(chosen);
                chosen = -1;
            }
        }
    }
    free(list.names);
    enum control_result result = CONTROL_NO_SESSION;
    if (chosen < 0) {
        bool exists = kill(pid, 0) == 0 || errno == EPERM;
        snprintf(ret, ret_bytes, exists ? "process %d does not run under hotline" : "there is no process %d", (int)pid);
    } else if (!is_trusted(&owner)) {
        snprintf(ret, ret_bytes, "not permitted: the session belongs to uid %u", owner.uid);
        result = CONTROL_NOT_PERMITTED;
    } else {
        result = exchange(chosen, verb, ret, ret_bytes);
    }
    if (chosen >= 0) {
        close(chosen);
    }
    return result;
}

unsigned control_list(void (*each)(void *user, pid_t pid, const char *status), void *user)
{
    struct socket_list list = {.count = 0};
    unsigned found = 0;
    list_sockets(&list);
    for (unsigned i = 0; i < list.count; i++) {
        struct ucred owner;
        char status[CONTROL_REPLY_BYTES];
        int fd = connect_to(list.names[i], &owner);
        if (fd >= 0 && is_trusted(&owner) && exchange(fd, "status", status, sizeof status) != CONTROL_NOT_PERMITTED) {
            each(user, owner.pid, status);
            found++;
        }
        if (fd >= 0) {
            close(fd);
        }
    }
    free(list.names);
    return found;
}
