/* Interposed mlockall(): a program that locks its memory means its own, not 196 MiB of addresses that hotline has
 * mapped and of which a few are used. What comes later is locked by the kernel as asked. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "profiler/sampler/sampler.h"

#define EXPORT __attribute__((visibility("default")))

enum { LINES_BYTES = 4096 };

static int (*real_mlockall)(int);

void hooks_resolve_memory(void);
void hooks_resolve_memory(void)
{
    real_mlockall = (int (*)(int))dlsym(RTLD_NEXT, "mlockall");
}

/* "START-END ..." in hexadecimal. */
static bool read_range(const char *line, uint64_t *ret_start, uint64_t *ret_end)
{
    char *end;
    *ret_start = strtoull(line, &end, 16);
    if (*end != '-') {
        return false;
    }
    *ret_end = strtoull(end + 1, &end, 16);
    return *ret_start < *ret_end;
}

static bool overlaps(uint64_t start, uint64_t end, const void *memory, size_t bytes)
{
    uint64_t first = (uint64_t)(uintptr_t)memory;
    return start < first + bytes && end > first;
}

/* Pages of the program; what cannot be had (guard pages) is passed over, as mlockall() does. */
static void fetch_range(uint64_t start, uint64_t end)
{
    if (!overlaps(start, end, sampler.session, sizeof *sampler.session) &&
        !overlaps(start, end, sampler.caches, sampler.caches_bytes)) {
        syscall(SYS_mlock, start, end - start);
    }
}

static void fetch_current(void)
{
    char text[LINES_BYTES];
    size_t filled = 0;
    ssize_t got;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (got = read(fd, text + filled, sizeof text - 1 - filled)) > 0) {
        filled += (size_t)got;
        text[filled] = '\0';
        char *line = text, *line_end;
        for (; (line_end = strchr(line, '\n')) != NULL; line = line_end + 1) {
            uint64_t start, end;
            if (read_range(line, &start, &end)) {
                fetch_range(start, end);
            }
        }
        filled = (size_t)(text + filled - line);
        filled = filled < sizeof text - 1 ? filled : 0; /* no line is that long */
        memmove(text, line, filled);
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* The kernel says whether it may be, and locks the pages that are there; ours go back; then the program's are
 * fetched. */
EXPORT int mlockall(int flags)
{
    hooks_resolve();
    if (!sampler.session || !(flags & MCL_CURRENT) || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))) {
        return real_mlockall(flags);
    }
    int result = real_mlockall(flags | MCL_ONFAULT), saved = errno;
    if (result == 0) {
        munlock(sampler.session, sizeof *sampler.session);
        munlock(sampler.caches, sampler.caches_bytes);
        if (!(flags & MCL_ONFAULT)) {
            fetch_current();
            result = flags & MCL_FUTURE ? real_mlockall(MCL_FUTURE) : 0;
        }
    }
    errno = saved;
    return result;
}
