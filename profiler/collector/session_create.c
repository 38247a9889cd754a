/* See session_create.h. */
#include "profiler/collector/session_create.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/session/session_join.h"

enum { IDLE_PERIOD_NS = 100000000, ARENA_START = 64, ARENA_ALIGNMENT = 64 };

/* A high number, out of the way of programs that expect low ones, but below the usual limit of 1024. */
static int move_high(int fd)
{
    static const int wanted[] = {1000, 240, 120, 50};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        int high = fcntl(fd, F_DUPFD, wanted[i]);
        if (high >= 0) {
            close(fd);
            return high;
        }
    }
    fcntl(fd, F_SETFD, 0);
    return fd;
}

/* The kernel marks the lock when this thread ends, however it ends. Not a pthread mutex: that keeps the pointers of its list inside itself,
 * here in memory that the program can write, and unlocking it would store wherever they lead. In the shared memory is the word alone. */
static bool take_lock(struct session_owner *owner)
{
    struct session_lock *lock = &owner->lock;
    char *word = (char *)owner->session->header.collector_lock;
    lock->entry.next = &lock->head.list;
    lock->head.list.next = &lock->entry;
    lock->head.futex_offset = word - (char *)&lock->entry;
    size_t bytes;
    if (syscall(SYS_get_robust_list, 0, &lock->before, &bytes) != 0) {
        lock->before = NULL;
    }
    uint32_t holder = (uint32_t)syscall(SYS_gettid);
    memcpy(word, &holder, sizeof holder);
    /* qemu-user has none of it: there, the end of a killed collector goes unnoticed. */
    return syscall(SYS_set_robust_list, &lock->head, sizeof lock->head) == 0 || errno == ENOSYS;
}

static void drop_lock(struct session_lock *lock)
{
    struct robust_list_head *now;
    size_t bytes;
    if (syscall(SYS_get_robust_list, 0, &now, &bytes) == 0 && now == &lock->head) {
        syscall(SYS_set_robust_list, lock->before, sizeof *lock->before);
    }
}

/* A limit on the size of files (ulimit -f) is meant for the program's files. */
static bool set_size(int fd)
{
    struct rlimit limit, wide;
    bool limited = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < sizeof(struct session);
    if (limited) {
        wide = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
        setrlimit(RLIMIT_FSIZE, &wide);
    }
    bool good = ftruncate(fd, sizeof(struct session)) == 0;
    if (limited) {
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    return good;
}

bool session_create(struct session_owner *ret, enum session_engine engine, uint64_t sample_period_ns, bool on)
{
    int fd = memfd_create("hotline-session", MFD_ALLOW_SEALING);
    if (fd < 0) {
        return false;
    }
    if (!set_size(fd) ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        close(fd);
        return false;
    }
    /* Processes that changed their uid may still open it through /proc. */
    fchmod(fd, 0666);
    fd = move_high(fd);
    struct stat status;
    void *memory = mmap(NULL, sizeof(struct session), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (memory == MAP_FAILED || fstat(fd, &status) != 0) {
        close(fd);
        return false;
    }
    *ret = (struct session_owner){.session = memory, .fd = fd, .arena_used = ARENA_START};
    struct session_header *header = &ret->session->header;
    header->version = SESSION_VERSION;
    header->collector_pid = (uint32_t)getpid();
    header->total_bytes = sizeof(struct session);
    header->pid_namespace = session_pid_namespace();
    header->engine = engine;
    header->sample_period_ns = sample_period_ns;
    header->idle_period_ns = IDLE_PERIOD_NS;
    atomic_store(&header->on, on ? SESSION_ON : SESSION_OFF);
    if (!take_lock(ret)) {
        session_destroy(ret);
        errno = EINVAL;
        return false;
    }
    header->magic = SESSION_MAGIC;
    snprintf(ret->environment, sizeof ret->environment, "%d:%d:%d:%llu", SESSION_VERSION, (int)getpid(), fd,
             (unsigned long long)status.st_ino);
    return true;
}

void session_destroy(struct session_owner *owner)
{
    if (owner->session) {
        atomic_store(&owner->session->header.on, SESSION_CLOSED);
        drop_lock(&owner->lock);
        munmap(owner->session, sizeof(struct session));
        close(owner->fd);
    }
    owner->session = NULL;
}

uint64_t session_arena_add(struct session_owner *owner, const void *bytes, uint64_t length)
{
    uint64_t at = (owner->arena_used + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
    if (length > SESSION_ARENA_BYTES || at > SESSION_ARENA_BYTES - length) {
        return 0;
    }
    memcpy(owner->session->arena + at, bytes, length);
    owner->arena_used = at + length;
    return at;
}
