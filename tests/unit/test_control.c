/* The control socket: requests reach the collector, strangers and rude clients reach nothing and hold nobody up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profiler/collector/control.h"
#include "profiler/collector/process_tree.h"

#define TEST(name) static void name(void **state)

enum { NOBODY = 65534, SOMEBODY = 65533, MANY_CLIENTS = 20, MANY_DATAGRAMS = 50 };

/* What the requests did; the server's thread writes, the test reads. */
struct calls {
    pthread_mutex_t lock;
    int on, off, windows, dumps, statuses, unjoined;
    pid_t unjoined_pid;
    char unjoined_why[CONTROL_REQUEST_BYTES + 1];
    bool dump_fails;
};

static struct calls calls = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void count(int *counter)
{
    pthread_mutex_lock(&calls.lock);
    ++*counter;
    pthread_mutex_unlock(&calls.lock);
}

static int counted(const int *counter)
{
    pthread_mutex_lock(&calls.lock);
    int ret = *counter;
    pthread_mutex_unlock(&calls.lock);
    return ret;
}

static void turn(void *user, bool on, unsigned for_ms)
{
    assert_ptr_equal(user, &calls);
    count(for_ms == 30000 ? &calls.windows : on ? &calls.on : &calls.off);
}

static bool dump(void *user, char *error, size_t error_bytes)
{
    assert_ptr_equal(user, &calls);
    count(&calls.dumps);
    snprintf(error, error_bytes, "the disk is full");
    pthread_mutex_lock(&calls.lock);
    bool fails = calls.dump_fails;
    pthread_mutex_unlock(&calls.lock);
    return !fails;
}

static void status(void *user, char *ret, size_t ret_bytes)
{
    assert_ptr_equal(user, &calls);
    count(&calls.statuses);
    snprintf(ret, ret_bytes, "all is well");
}

static void unjoined(void *user, pid_t pid, const char *why)
{
    assert_ptr_equal(user, &calls);
    pthread_mutex_lock(&calls.lock);
    calls.unjoined_pid = pid;
    snprintf(calls.unjoined_why, sizeof calls.unjoined_why, "%s", why);
    pthread_mutex_unlock(&calls.lock);
    count(&calls.unjoined);
}

static int set_up(void **state)
{
    static const struct control_actions actions = {
        .user = &calls, .turn = turn, .dump = dump, .status = status, .unjoined = unjoined};
    char error[256] = "";
    calls.on = calls.off = calls.dumps = calls.statuses = calls.unjoined = 0;
    calls.dump_fails = false;
    *state = control_server_start(&actions, error, sizeof error);
    return *state == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    control_server_stop(*state);
    return 0;
}

/* Run `body` in a child of uid `uid` (0: ours). ret: its exit status. */
static int in_child(uid_t uid, int (*body)(pid_t server))
{
    pid_t server = getpid(), child = fork();
    int result;
    assert_true(child >= 0);
    if (child == 0) {
        _exit(uid != 0 && setresuid(uid, uid, uid) != 0 ? 99 : body(server));
    }
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    return WEXITSTATUS(result);
}

static int connect_by_name(int type, const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    strcpy(address.sun_path + 1, name);
    if (connect(fd, (const struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_to_server(uid_t owner, pid_t server)
{
    char name[64];
    snprintf(name, sizeof name, CONTROL_NAME_PREFIX "%u-%d", owner, (int)server);
    return connect_by_name(SOCK_SEQPACKET, name);
}

TEST(requests_are_done_and_answered)
{
    char answer[256];
    (void)state;
    assert_int_equal(control_ask(getpid(), "status", answer, sizeof answer), CONTROL_OK);
    assert_string_equal(answer, "all is well");
    assert_int_equal(control_ask(getpid(), "on", answer, sizeof answer), CONTROL_OK);
    assert_int_equal(control_ask(getpid(), "on 30000", answer, sizeof answer), CONTROL_OK);
    assert_int_equal(counted(&calls.windows), 1);
    assert_int_equal(control_ask(getpid(), "on 30s", answer, sizeof answer), CONTROL_FAILED);
    assert_int_equal(control_ask(getpid(), "on 0", answer, sizeof answer), CONTROL_FAILED);
    assert_int_equal(control_ask(getpid(), "on 99999999999", answer, sizeof answer), CONTROL_FAILED);
    assert_int_equal(control_ask(getpid(), "off", answer, sizeof answer), CONTROL_OK);
    assert_int_equal(control_ask(getpid(), "off", answer, sizeof answer), CONTROL_OK);
    assert_int_equal(control_ask(getpid(), "dump", answer, sizeof answer), CONTROL_OK);
    assert_string_equal(answer, "all is well");
    assert_int_equal(counted(&calls.on), 1);
    assert_int_equal(counted(&calls.off), 2);
    assert_int_equal(counted(&calls.dumps), 1);
}

TEST(failures_are_told)
{
    char answer[256];
    (void)state;
    pthread_mutex_lock(&calls.lock);
    calls.dump_fails = true;
    pthread_mutex_unlock(&calls.lock);
    assert_int_equal(control_ask(getpid(), "dump", answer, sizeof answer), CONTROL_FAILED);
    assert_string_equal(answer, "the disk is full");
    assert_int_equal(control_ask(getpid(), "explode", answer, sizeof answer), CONTROL_FAILED);
    assert_string_equal(answer, "unknown request: on, off, dump or status");
}

static int ask_as_child(pid_t server)
{
    char answer[256];
    (void)server;
    return control_ask(getpid(), "on", answer, sizeof answer) == CONTROL_OK ? 0 : 1;
}

TEST(a_process_below_hotline_names_its_session)
{
    (void)state;
    assert_int_equal(in_child(0, ask_as_child), 0);
    assert_int_equal(counted(&calls.on), 1);
}

static int do_nothing(pid_t server)
{
    (void)server;
    return 0;
}

TEST(no_such_session)
{
    char answer[256], expected[256];
    pid_t gone = fork();
    (void)state;
    if (gone == 0) {
        _exit(do_nothing(0));
    }
    assert_int_equal(waitpid(gone, NULL, 0), gone);
    assert_int_equal(control_ask(gone, "on", answer, sizeof answer), CONTROL_NO_SESSION);
    snprintf(expected, sizeof expected, "there is no process %d", (int)gone);
    assert_string_equal(answer, expected);
    assert_int_equal(control_ask(process_tree_parent(getpid()), "on", answer, sizeof answer), CONTROL_NO_SESSION);
    assert_non_null(strstr(answer, "does not run under hotline"));
    assert_int_equal(counted(&calls.on), 0);
}

static int ask_as_stranger(pid_t server)
{
    char answer[256];
    if (control_ask(server, "off", answer, sizeof answer) != CONTROL_NOT_PERMITTED) {
        return 1;
    }
    return strcmp(answer, "not permitted: the session belongs to uid 0") == 0 ? 0 : 2;
}

/* Without the client's own checks. */
static int push_in_as_stranger(pid_t server)
{
    char answer[256];
    int fd = connect_to_server(0, server);
    if (fd < 0) {
        return 1;
    }
    (void)!send(fd, "off", 3, MSG_NOSIGNAL);
    ssize_t bytes = recv(fd, answer, sizeof answer, 0);
    if (bytes < 0 && errno == ECONNRESET) { /* it was closed before it read our request; its refusal is still there */
        bytes = recv(fd, answer, sizeof answer, 0);
    }
    return bytes > 0 && strncmp(answer, "error not permitted", 19) == 0 ? 0 : 2;
}

TEST(strangers_are_refused)
{
    (void)state;
    if (getuid() != 0) {
        skip();
    }
    assert_int_equal(in_child(NOBODY, ask_as_stranger), 0);
    assert_int_equal(in_child(NOBODY, push_in_as_stranger), 0);
    assert_int_equal(counted(&calls.off), 0);
}

/* A process of NOBODY listens under the name that a session of SOMEBODY would have; SOMEBODY must not believe it. */
static int squat(pid_t server)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int ready[2], fd = socket(AF_UNIX, SOCK_SEQPACKET, 0), status_of_asker;
    char byte = 0;
    (void)server;
    int bytes = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, CONTROL_NAME_PREFIX "%d-%d", SOMEBODY,
                         (int)getpid());
    pid_t squatter = getpid(), asker;
    if (pipe(ready) != 0 || (asker = fork()) < 0) {
        return 1;
    }
    if (asker == 0) {
        char answer[256];
        bool fine = read(ready[0], &byte, 1) == 1 && setresuid(SOMEBODY, SOMEBODY, SOMEBODY) == 0 &&
                    control_ask(squatter, "on", answer, sizeof answer) == CONTROL_NOT_PERMITTED;
        _exit(fine ? 0 : 2);
    }
    if (setresuid(NOBODY, NOBODY, NOBODY) != 0 ||
        bind(fd, (const struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)bytes)) != 0 ||
        listen(fd, 4) != 0 || write(ready[1], "!", 1) != 1 || waitpid(asker, &status_of_asker, 0) != asker) {
        return 3;
    }
    return WIFEXITED(status_of_asker) ? WEXITSTATUS(status_of_asker) : 4;
}

TEST(a_squatter_is_not_believed)
{
    (void)state;
    if (getuid() != 0) {
        skip();
    }
    assert_int_equal(in_child(0, squat), 0);
}

TEST(a_long_request_is_refused_and_the_connection_closed)
{
    char text[4096], answer[256];
    int fd = connect_to_server(geteuid(), getpid());
    (void)state;
    memset(text, 'o', sizeof text);
    assert_true(fd >= 0);
    assert_int_equal(send(fd, text, sizeof text, MSG_NOSIGNAL), sizeof text);
    ssize_t bytes = recv(fd, answer, sizeof answer - 1, 0);
    assert_true(bytes > 0);
    answer[bytes] = '\0';
    assert_string_equal(answer, "error the request is too long");
    assert_int_equal(recv(fd, answer, sizeof answer, 0), 0);
    close(fd);
}

/* More idle connections than the server keeps: they are dropped after a while, and a request behind them is answered.
 */
TEST(idle_clients_do_not_lock_others_out)
{
    int idle[MANY_CLIENTS];
    char answer[256];
    (void)state;
    for (int i = 0; i < MANY_CLIENTS; i++) {
        idle[i] = connect_to_server(geteuid(), getpid());
        assert_true(idle[i] >= 0);
    }
    assert_int_equal(control_ask(getpid(), "status", answer, sizeof answer), CONTROL_OK);
    assert_int_equal(recv(idle[0], answer, sizeof answer, 0), 0); /* closed by the server */
    for (int i = 0; i < MANY_CLIENTS; i++) {
        close(idle[i]);
    }
}

TEST(stopping_does_not_wait_for_clients)
{
    char answer[256];
    int fd = connect_to_server(geteuid(), getpid());
    assert_true(fd >= 0);
    assert_int_equal(control_ask(getpid(), "status", answer, sizeof answer), CONTROL_OK);
    control_server_stop(*state);
    *state = NULL;
    assert_int_equal(recv(fd, answer, sizeof answer, 0), 0);
    close(fd);
    assert_int_equal(control_ask(getpid(), "status", answer, sizeof answer), CONTROL_NO_SESSION);
}

static int send_datagram(pid_t server, const char *text)
{
    uid_t owner = geteuid() == NOBODY ? 0 : geteuid();
    char name[64];
    snprintf(name, sizeof name, CONTROL_NAME_PREFIX "%u-%d", owner, (int)server);
    int fd = connect_by_name(SOCK_DGRAM, name);
    bool sent = fd >= 0 && send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
    close(fd);
    return sent ? 0 : 1;
}

/* Sends, and lives until the server has looked at it: whoever cannot be found in /proc is not counted. */
static int cannot_join(pid_t server)
{
    char answer[256];
    int failed = send_datagram(server, "unjoined 1 no \033[31m session");
    if (geteuid() == 0 && !failed) {
        failed = control_ask(server, "status", answer, sizeof answer) != CONTROL_OK;
    } else {
        failed |= push_in_as_stranger(server);
    }
    return failed;
}

TEST(a_child_that_cannot_join_is_counted)
{
    (void)state;
    assert_int_equal(in_child(0, cannot_join), 0);
    assert_int_equal(counted(&calls.unjoined), 1);
    pthread_mutex_lock(&calls.lock);
    assert_true(calls.unjoined_pid > 1); /* the kernel's word, not the sender's */
    assert_string_equal(calls.unjoined_why, "no ?[31m session");
    pthread_mutex_unlock(&calls.lock);
    if (getuid() == 0) {
        assert_int_equal(in_child(NOBODY, cannot_join), 0);
        assert_int_equal(counted(&calls.unjoined), 2);
    }
}

/* A process that does not descend from the server: its parent died, so it belongs to somebody else. */
static int send_as_stranger(pid_t server)
{
    char answer[256];
    int fine[2];
    char byte = 1;
    if (pipe(fine) != 0) {
        return 1;
    }
    pid_t parent = fork();
    if (parent == 0) {
        pid_t parent_pid = getpid();
        if (fork() == 0) {
            while (getppid() == parent_pid) {
                usleep(1000);
            }
            for (int i = 0; i < MANY_DATAGRAMS && byte == 1; i++) {
                byte = send_datagram(server, "unjoined 5 lies") == 0 && send_datagram(server, "nonsense") == 0;
            }
            byte = byte == 1 && control_ask(server, "status", answer, sizeof answer) == CONTROL_OK;
            _exit(write(fine[1], &byte, 1) == 1 ? 0 : 1);
        }
        _exit(0);
    }
    waitpid(parent, NULL, 0);
    return read(fine[0], &byte, 1) == 1 && byte == 1 ? 0 : 2;
}

TEST(strangers_are_not_counted)
{
    (void)state;
    assert_int_equal(in_child(0, send_as_stranger), 0);
    assert_int_equal(counted(&calls.unjoined), 0);
}

static void find_own(void *user, pid_t pid, const char *text)
{
    *(bool *)user |= pid == getpid() && strcmp(text, "all is well") == 0;
}

TEST(sessions_are_listed)
{
    bool found = false;
    (void)state;
    assert_true(control_list(find_own, &found) >= 1);
    assert_true(found);
}

TEST(a_taken_name_is_not_the_end)
{
    static const struct control_actions actions = {
        .user = &calls, .turn = turn, .dump = dump, .status = status, .unjoined = unjoined};
    char error[256] = "", answer[256];
    (void)state;
    struct control_server *second = control_server_start(&actions, error, sizeof error);
    assert_non_null(second); /* the first has our pid in its name already */
    control_server_stop(second);
    assert_int_equal(control_ask(getpid(), "status", answer, sizeof answer), CONTROL_OK);
}

TEST(ancestry)
{
    (void)state;
    assert_int_equal(process_tree_parent(getpid()), getppid());
    assert_true(process_tree_descends(getpid(), getpid()));
    assert_true(process_tree_descends(getpid(), getppid()));
    assert_false(process_tree_descends(getppid(), getpid()));
    assert_false(process_tree_descends(0, getpid()));
}

int main(void)
{
#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_SERVER(requests_are_done_and_answered),
        WITH_SERVER(failures_are_told),
        WITH_SERVER(a_process_below_hotline_names_its_session),
        WITH_SERVER(no_such_session),
        WITH_SERVER(strangers_are_refused),
        WITH_SERVER(a_squatter_is_not_believed),
        WITH_SERVER(a_long_request_is_refused_and_the_connection_closed),
        WITH_SERVER(idle_clients_do_not_lock_others_out),
        WITH_SERVER(stopping_does_not_wait_for_clients),
        WITH_SERVER(a_child_that_cannot_join_is_counted),
        WITH_SERVER(strangers_are_not_counted),
        WITH_SERVER(sessions_are_listed),
        WITH_SERVER(a_taken_name_is_not_the_end),
        cmocka_unit_test(ancestry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
