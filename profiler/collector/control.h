/* The control socket: how `hotline --on|--off|--dump|--status` reaches a running session.
 *
 *   "\0hotline-<uid>-<pid>"  SOCK_SEQPACKET  "on", "on MS", "off", "dump", "status" -> "ok TEXT" | "error REASON"
 *   the same name            SOCK_DGRAM      "unjoined PID why", from a process of the tree that could not join
 *
 * Abstract sockets need no file system (a read-only root is fine) and vanish with their owner, but anybody may connect
 * to one and anybody may bind one: both ends ask the kernel who the other is, and believe nothing else. */
#ifndef HOTLINE_CONTROL_H
#define HOTLINE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CONTROL_NAME_PREFIX "hotline-"

enum { CONTROL_REQUEST_BYTES = 256, CONTROL_REPLY_BYTES = 4096 };

/* What the requests do. All are called by the server's thread, one at a time. */
struct control_actions {
    void *user;
    void (*turn)(void *user, bool on, unsigned for_ms); /* for_ms > 0: off again after that, and the files written */
    bool (*dump)(void *user, char *error, size_t error_bytes); /* returns when the files are written */
    void (*status)(void *user, char *ret, size_t ret_bytes);   /* one line */
    void (*unjoined)(void *user, pid_t pid, const char *why);
};

struct control_server;

/* Bind the socket and start the thread. `actions` is copied. NULL: the reason in `error`. */
struct control_server *control_server_start(const struct control_actions *actions, char *error, size_t error_bytes);
/* Ends the thread after the request it is working on. NULL is fine. */
void control_server_stop(struct control_server *server);

enum control_result { CONTROL_OK, CONTROL_NO_SESSION, CONTROL_NOT_PERMITTED, CONTROL_FAILED };

/* Send `verb` to the session of `pid`: of hotline, of its program, or of any process below them. `ret`: the reply's
 * text, or why not; one line either way. Waits as long as a dump takes, but not for ever. */
enum control_result control_ask(pid_t pid, const char *verb, char *ret, size_t ret_bytes);

/* Call `each` for every session that this user may talk to, with hotline's pid (0: in another pid namespace) and its
 * status line (or why it gives none). ret: how many. */
unsigned control_list(void (*each)(void *user, pid_t pid, const char *status), void *user);

#endif
