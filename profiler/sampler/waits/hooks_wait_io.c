/* Waiting for files and sockets. */
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "profiler/sampler/waits/wait_hook.h"

/* What -D_FORTIFY_SOURCE makes of them. */
ssize_t __read_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes);
ssize_t __pread_chk(int fd, void *buffer, size_t bytes, off_t at, size_t buffer_bytes);
ssize_t __pread64_chk(int fd, void *buffer, size_t bytes, off64_t at, size_t buffer_bytes);
ssize_t __recv_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes, int flags);
ssize_t __recvfrom_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes, int flags, struct sockaddr *from, socklen_t *from_bytes);

EXPORT ssize_t read(int fd, void *buffer, size_t bytes)
{
    REAL(read, NULL);
    TIMED(ssize_t, (fd, buffer, bytes), NULL);
}

EXPORT ssize_t __read_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes)
{
    REAL(__read_chk, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, buffer_bytes), NULL);
}

EXPORT ssize_t write(int fd, const void *buffer, size_t bytes)
{
    REAL(write, NULL);
    TIMED(ssize_t, (fd, buffer, bytes), NULL);
}

EXPORT ssize_t readv(int fd, const struct iovec *parts, int count)
{
    REAL(readv, NULL);
    TIMED(ssize_t, (fd, parts, count), NULL);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev, NULL);
    TIMED(ssize_t, (fd, parts, count), NULL);
}

EXPORT ssize_t pread(int fd, void *buffer, size_t bytes, off_t at)
{
    REAL(pread, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, at), NULL);
}

EXPORT ssize_t pread64(int fd, void *buffer, size_t bytes, off64_t at)
{
    REAL(pread64, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, at), NULL);
}

EXPORT ssize_t __pread_chk(int fd, void *buffer, size_t bytes, off_t at, size_t buffer_bytes)
{
    REAL(__pread_chk, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, at, buffer_bytes), NULL);
}

EXPORT ssize_t __pread64_chk(int fd, void *buffer, size_t bytes, off64_t at, size_t buffer_bytes)
{
    REAL(__pread64_chk, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, at, buffer_bytes), NULL);
}

EXPORT ssize_t pwrite(int fd, const void *buffer, size_t bytes, off_t at)
{
    REAL(pwrite, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, at), NULL);
}

EXPORT ssize_t pwrite64(int fd, const void *buffer, size_t bytes, off64_t at)
{
    REAL(pwrite64, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, at), NULL);
}

EXPORT ssize_t preadv(int fd, const struct iovec *parts, int count, off_t at)
{
    REAL(preadv, NULL);
    TIMED(ssize_t, (fd, parts, count, at), NULL);
}

EXPORT ssize_t preadv64(int fd, const struct iovec *parts, int count, off64_t at)
{
    REAL(preadv64, NULL);
    TIMED(ssize_t, (fd, parts, count, at), NULL);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    REAL(pwritev, NULL);
    TIMED(ssize_t, (fd, parts, count, at), NULL);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
    REAL(pwritev64, NULL);
    TIMED(ssize_t, (fd, parts, count, at), NULL);
}

EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    REAL(recvmmsg, NULL);
    TIMED(int, (fd, messages, count, flags, timeout), NULL);
}

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    REAL(sendmmsg, NULL);
    TIMED(int, (fd, messages, count, flags), NULL);
}

EXPORT int fsync(int fd)
{
    REAL(fsync, NULL);
    TIMED(int, (fd), NULL);
}

EXPORT int fdatasync(int fd)
{
    REAL(fdatasync, NULL);
    TIMED(int, (fd), NULL);
}

EXPORT ssize_t recv(int fd, void *buffer, size_t bytes, int flags)
{
    REAL(recv, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, flags), NULL);
}

EXPORT ssize_t __recv_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes, int flags)
{
    REAL(__recv_chk, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, buffer_bytes, flags), NULL);
}

EXPORT ssize_t recvfrom(int fd, void *restrict buffer, size_t bytes, int flags, struct sockaddr *restrict from,
                        socklen_t *restrict from_bytes)
{
    REAL(recvfrom, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, flags, from, from_bytes), NULL);
}

EXPORT ssize_t __recvfrom_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes, int flags, struct sockaddr *from,
                              socklen_t *from_bytes)
{
    REAL(__recvfrom_chk, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, buffer_bytes, flags, from, from_bytes), NULL);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    REAL(recvmsg, NULL);
    TIMED(ssize_t, (fd, message, flags), NULL);
}

EXPORT ssize_t send(int fd, const void *buffer, size_t bytes, int flags)
{
    REAL(send, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, flags), NULL);
}

EXPORT ssize_t sendto(int fd, const void *buffer, size_t bytes, int flags, const struct sockaddr *to, socklen_t to_bytes)
{
    REAL(sendto, NULL);
    TIMED(ssize_t, (fd, buffer, bytes, flags, to, to_bytes), NULL);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg, NULL);
    TIMED(ssize_t, (fd, message, flags), NULL);
}

EXPORT ssize_t sendfile(int to, int from, off_t *at, size_t bytes)
{
    REAL(sendfile, NULL);
    TIMED(ssize_t, (to, from, at, bytes), NULL);
}

EXPORT int accept(int fd, struct sockaddr *restrict from, socklen_t *restrict from_bytes)
{
    REAL(accept, NULL);
    TIMED(int, (fd, from, from_bytes), NULL);
}

EXPORT int accept4(int fd, struct sockaddr *restrict from, socklen_t *restrict from_bytes, int flags)
{
    REAL(accept4, NULL);
    TIMED(int, (fd, from, from_bytes, flags), NULL);
}

EXPORT int connect(int fd, const struct sockaddr *to, socklen_t to_bytes)
{
    REAL(connect, NULL);
    TIMED(int, (fd, to, to_bytes), NULL);
}
