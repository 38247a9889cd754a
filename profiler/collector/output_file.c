/* Bytes -> a file that appears as a whole. See output_file.h. Threads: each file belongs to one. */
#include "profiler/collector/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/collector/text_out.h"

struct output_file {
    char *path;      /* the target */
    char *temporary; /* NULL: written in place */
    int fd;
    int error; /* errno of the first failed write */
};

enum { NAME_TRIES = 16 };

static bool complain(const char *path, int number, char *error, size_t error_bytes)
{
    snprintf(error, error_bytes, "cannot write %s: %s", path, strerror(number));
    return false;
}

static void destroy(struct output_file *file)
{
    free(file->path);
    free(file->temporary);
    free(file);
}

/* Below /dev and /proc (but for the tmpfs at /dev/shm) names are not files that one may replace, whatever they lead to. */
static bool is_in_place(const char *path)
{
    if (strncmp(path, "/proc/", 6) == 0 || (strncmp(path, "/dev/", 5) == 0 && strncmp(path, "/dev/shm/", 9) != 0)) {
        return true;
    }
    struct stat status;
    return stat(path, &status) == 0 && (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/* A pipe without a reader must fail, not hang, so it is opened without waiting; then writes may wait again. */
static int open_in_place(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd >= 0) {
        int flags = fcntl(fd, F_GETFL);
        (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    }
    return fd;
}

/* ".hotline-0123456789abcdef" beside the target: short, so that a target name of 255 bytes still works. */
static int open_temporary(struct output_file *file)
{
    struct stat status;
    if (lstat(file->path, &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    const char *slash = strrchr(file->path, '/');
    int folder_bytes = slash ? (int)(slash - file->path) + 1 : 0;
    if (file->path[folder_bytes] == '\0') {
        errno = EISDIR;
        return -1;
    }
    for (int i = 0; i < NAME_TRIES; i++) {
        unsigned long long number;
        if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
            return -1;
        }
        free(file->temporary);
        if (asprintf(&file->temporary, "%.*s.hotline-%016llx", folder_bytes, file->path, number) < 0) {
            file->temporary = NULL;
            errno = ENOMEM;
            return -1;
        }
        int fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST) {
            return fd;
        }
    }
    return -1;
}

static struct output_file *open_output(const char *path, char *error, size_t error_bytes)
{
    struct output_file *file = calloc(1, sizeof *file);
    if (file) {
        file->path = strdup(path);
    }
    if (!file || !file->path) {
        free(file);
        complain(path, ENOMEM, error, error_bytes);
        return NULL;
    }
    file->fd = is_in_place(path) ? open_in_place(path) : open_temporary(file);
    if (file->fd < 0) {
        complain(path, errno, error, error_bytes);
        destroy(file);
        return NULL;
    }
    return file;
}

static bool sink(void *context, const char *bytes, size_t count)
{
    struct output_file *file = context;
    while (count > 0 && file->error == 0) {
        ssize_t written = write(file->fd, bytes, count);
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            file->error = written == 0 ? EIO : errno;
        }
    }
    return file->error == 0;
}

/* keep: put the file in the target's place, unless something failed before. ret: 0, or the errno of the first failure. */
static int close_output(struct output_file *file, bool keep)
{
    int number = file->error;
    if (keep && number == 0 && file->temporary && fsync(file->fd) != 0) {
        number = errno;
    }
    if (close(file->fd) != 0 && number == 0 && errno != EINTR) {
        number = errno;
    }
    if (keep && number == 0 && file->temporary && rename(file->temporary, file->path) != 0) {
        number = errno;
    }
    if (file->temporary && (!keep || number != 0)) {
        unlink(file->temporary);
    }
    destroy(file);
    return number;
}

bool output_file_write(const char *path, void (*write)(struct text_out *out, const void *context), const void *context, char *error,
                       size_t error_bytes)
{
    struct output_file *file = open_output(path, error, error_bytes);
    if (!file) {
        return false;
    }
    struct text_out out;
    text_out_init(&out, sink, file);
    write(&out, context);
    bool whole = text_out_flush(&out);
    text_out_deinit(&out);
    int number = close_output(file, whole);
    if (!whole && number == 0) {
        number = ENOMEM; /* the text failed before it reached the file */
    }
    return number == 0 || complain(path, number, error, error_bytes);
}

bool output_file_probe(const char *path, char *error, size_t error_bytes)
{
    struct output_file *file = open_output(path, error, error_bytes);
    if (file) {
        close_output(file, false);
    }
    return file != NULL;
}
