/* Text -> stderr. A message is built whole and written in one write where the pipe takes it, so that lines of hotline
 * and of the program do not mix. When nobody reads (a full pipe), the rest of the message is given up after
 * MESSAGE_PATIENCE_MS: the program would wait for its reader, but hotline has signals to forward. */
#include "wrapper/message.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MESSAGE_PATIENCE_MS = 1000, MESSAGE_PIECE_BYTES = 4096 /* PIPE_BUF: what a writable pipe takes at once */ };

static void write_patiently(const char *text, size_t bytes)
{
    while (bytes > 0) {
        struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
        if (poll(&ready, 1, MESSAGE_PATIENCE_MS) != 1) {
            return;
        }
        ssize_t written = write(STDERR_FILENO, text, bytes < MESSAGE_PIECE_BYTES ? bytes : MESSAGE_PIECE_BYTES);
        if (written < 0 && errno != EINTR && errno != EAGAIN) {
            return;
        }
        if (written > 0) {
            text += written;
            bytes -= (size_t)written;
        }
    }
}

void message(const char *format, ...)
{
    char *line = NULL, *whole = NULL;
    va_list values;
    va_start(values, format);
    int bytes = vasprintf(&line, format, values);
    va_end(values);
    if (bytes < 0) {
        return;
    }
    bytes = asprintf(&whole, "hotline: %s\n", line);
    free(line);
    if (bytes < 0) {
        return;
    }
    write_patiently(whole, (size_t)bytes);
    free(whole);
}

void message_text(const char *text)
{
    char *whole = NULL;
    size_t length = strlen(text);
    int bytes = asprintf(&whole, "%s%s", text, length > 0 && text[length - 1] != '\n' ? "\n" : "");
    if (bytes < 0) {
        return;
    }
    write_patiently(whole, (size_t)bytes);
    free(whole);
}
