/* See withdraw.h. Whether a thread is in our handler is seen from outside: the kernel blocks our signal from the moment it sets the
 * handler up until the handler has returned, and no program can block it otherwise (hooks_signal.c).
 *
 *   no new calls -> the signal ignored: none pending any more -> wait for the others -> timers and events gone -> signal given back
 *
 * A perf event's trap that a thread was about to get when the event went may still come when that thread gets its turn: the trap stays
 * ignored, until an exec, whose program would inherit that. */
#include "profiler/sampler/withdraw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/sampler/trigger.h"

enum {
    LONGEST_NS = 2000000000, /* a stopped or very busy process: the filter is installed nevertheless */
    ENTRIES_BYTES = 2048,   /* on the stack of a thread that may have 16 KiB */
    STATUS_BYTES = 2048,
};

struct task_entry { /* as the kernel fills it in */
    uint64_t inode, offset;
    uint16_t bytes;
    uint8_t type;
    char name[];
} __attribute__((packed));

static bool is_time_over(uint64_t deadline_ns)
{
    return clock_now_ns(CLOCK_MONOTONIC) >= deadline_ns;
}

/* "SigBlk:\t0000000000010000" among other lines. */
static uint64_t blocked_signals(const char *status)
{
    const char *line = strstr(status, "\nSigBlk:\t");
    return line ? strtoull(line + 9, NULL, 16) : 0;
}

/* A thread that sleeps with our signal blocked is one of the C library's own, in no handler of ours. */
static bool is_in_handler(int tasks, const char *name)
{
    char path[64], text[STATUS_BYTES];
    size_t name_bytes = strnlen(name, sizeof path - sizeof "/status");
    memcpy(path, name, name_bytes);
    memcpy(path + name_bytes, "/status", sizeof "/status");
    int fd = (int)syscall(SYS_openat, tasks, path, O_RDONLY | O_CLOEXEC);
    long bytes = fd < 0 ? -1 : syscall(SYS_read, fd, text, sizeof text - 1);
    if (fd >= 0) {
        syscall(SYS_close, fd);
    }
    if (bytes <= 0) {
        return false; /* it has ended */
    }
    text[bytes] = '\0';
    return !strstr(text, "\nState:\tS") && (blocked_signals(text) >> (sampler.signal_number - 1) & 1);
}

static void wait_for_handler(int tasks, const char *name, uint64_t deadline_ns)
{
    if (name[0] != '.' && strtoul(name, NULL, 10) != current_tid()) {
        while (is_in_handler(tasks, name) && !is_time_over(deadline_ns)) {
            syscall(SYS_sched_yield);
        }
    }
}

/* A thread that is created meanwhile finds us withdrawn. */
static void wait_for_handlers(uint64_t deadline_ns)
{
    char entries[ENTRIES_BYTES] __attribute__((aligned(8)));
    int tasks = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long bytes;
    while (tasks >= 0 && (bytes = syscall(SYS_getdents64, tasks, entries, sizeof entries)) > 0) {
        for (long at = 0; at < bytes;) {
            const struct task_entry *entry = (const struct task_entry *)(const void *)(entries + at);
            wait_for_handler(tasks, entry->name, deadline_ns);
            at += entry->bytes;
        }
    }
    if (tasks >= 0) {
        syscall(SYS_close, tasks);
    }
}

void withdraw_for_good(void)
{
    int saved = errno;
    uint64_t deadline_ns = clock_now_ns(CLOCK_MONOTONIC) + LONGEST_NS;
    bool may_look = atomic_load(&sampler.may_look);
    atomic_store(&sampler.withdrawn, true);
    atomic_fetch_add_explicit(&sampler.session->header.processes_withdrawn, 1, memory_order_relaxed);
    if (may_look) {
        hooks_ignore_signal();
    }
    while (atomic_load(&sampler.calling) > 0 && !is_time_over(deadline_ns)) {
        if (may_look) {
            syscall(SYS_sched_yield);
        }
    }
    if (may_look) {
        wait_for_handlers(deadline_ns);
    }
    trigger_stop_all();
    if (may_look && !sampler.perf_may_trap && !is_time_over(deadline_ns)) {
        hooks_return_signal();
    }
    errno = saved;
}

void withdraw_before_exec(void)
{
    if (atomic_load(&sampler.withdrawn) && atomic_load(&sampler.may_look)) {
        hooks_return_signal();
    }
}
