/* See session_join.h. The environment variable is "VERSION:PID:FD:INODE"; the inode tells the right descriptor from one
 * that the program opened under the same number. */
#include "profiler/session/session_join.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/session/session_state.h"

struct place {
    uint64_t version, pid, fd, inode;
};

static bool parse_number(const char **text, char end, uint64_t *ret)
{
    uint64_t value = 0;
    const char *at = *text;
    if (*at < '0' || *at > '9') {
        return false;
    }
    while (*at >= '0' && *at <= '9' && value < UINT64_MAX / 16) {
        value = value * 10 + (uint64_t)(*at++ - '0');
    }
    if (*at != end) {
        return false;
    }
    *text = end ? at + 1 : at;
    *ret = value;
    return true;
}

static bool parse_place(const char *where, struct place *ret)
{
    return parse_number(&where, ':', &ret->version) && parse_number(&where, ':', &ret->pid) &&
           parse_number(&where, ':', &ret->fd) && parse_number(&where, '\0', &ret->inode);
}

static char *append_text(char *at, const char *text)
{
    while (*text) {
        *at++ = *text++;
    }
    *at = '\0';
    return at;
}

static char *append_number(char *at, uint64_t value)
{
    char digits[24];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (count) {
        *at++ = digits[--count];
    }
    *at = '\0';
    return at;
}

static bool is_session(int fd, const struct place *place)
{
    struct stat status;
    return fstat(fd, &status) == 0 && status.st_ino == place->inode && status.st_size == (off_t)sizeof(struct session);
}

/* ret: a descriptor; *ret_opened whether it must be closed again. -1: not there. */
static int open_session(const struct place *place, bool *ret_opened)
{
    *ret_opened = false;
    if (place->fd < 1u << 30 && is_session((int)place->fd, place)) {
        return (int)place->fd;
    }
    char path[64];
    append_number(append_text(append_number(append_text(path, "/proc/"), place->pid), "/fd/"), place->fd);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd >= 0 && is_session(fd, place)) {
        *ret_opened = true;
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

uint64_t session_pid_namespace(void)
{
    struct stat status;
    return stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

/* A program with little address space needs it for itself. */
static bool is_short_of_address_space(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
           limit.rlim_cur / 8 < sizeof(struct session);
}

struct session *session_join(const char *where, const char **ret_why)
{
    struct place place;
    if (!parse_place(where, &place) || place.version != SESSION_VERSION) {
        *ret_why = "the session is of another version of hotline";
        return NULL;
    }
    if (is_short_of_address_space()) {
        *ret_why = "its address space is limited (ulimit -v)";
        return NULL;
    }
    bool opened;
    int fd = open_session(&place, &opened);
    if (fd < 0) {
        *ret_why = "the session's memory cannot be opened";
        return NULL;
    }
    void *memory = mmap(NULL, sizeof(struct session), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (opened) {
        close(fd);
    }
    if (memory == MAP_FAILED) {
        *ret_why = "the session's memory cannot be mapped";
        return NULL;
    }
    (void)madvise(memory, sizeof(struct session), MADV_DONTDUMP); /* no part of the program's core */
    struct session *session = memory;
    if (session->header.magic != SESSION_MAGIC || session->header.version != SESSION_VERSION ||
        session->header.total_bytes != sizeof(struct session) || session_is_over(session)) {
        munmap(memory, sizeof(struct session));
        *ret_why = "the session has ended";
        return NULL;
    }
    uint64_t namespace = session_pid_namespace();
    if (namespace && session->header.pid_namespace && namespace != session->header.pid_namespace) {
        munmap(memory, sizeof(struct session));
        *ret_why = "it runs in another pid namespace";
        return NULL;
    }
    return session;
}
