/* See request_id.h. */
#include "service/http/request_id.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "service/work/clock.h"

static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:~+/=@", HEX[] = "0123456789abcdef";

enum { VERSION_AT = 0, TRACE_AT = 3, PARENT_AT = 36, FLAGS_AT = 53, TRACEPARENT_BYTES = 55, TRACE_BYTES = 32, PARENT_BYTES = 16 };

bool request_id_is_sane(const char *value, size_t length)
{
    if (length < 1 || length >= REQUEST_ID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (value[i] == '\0' || !strchr(LETTERS, value[i])) {
            return false;
        }
    }
    return true;
}

/* Lower case only, as the standard has it. */
static bool is_hex(const char *value, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (value[i] == '\0' || !strchr(HEX, value[i])) {
            return false;
        }
    }
    return true;
}

static bool is_zero(const char *value, size_t length)
{
    size_t i = 0;
    while (i < length && value[i] == '0') {
        i++;
    }
    return i == length;
}

bool request_id_from_traceparent(const char *value, size_t length, char ret[REQUEST_ID_BYTES])
{
    if (length < TRACEPARENT_BYTES || !is_hex(value + VERSION_AT, 2) || strncmp(value, "ff", 2) == 0) {
        return false;
    }
    /* Later versions may have more behind what this one has. */
    bool ends_right = length == TRACEPARENT_BYTES || (strncmp(value, "00", 2) != 0 && value[TRACEPARENT_BYTES] == '-');
    if (!ends_right || value[TRACE_AT - 1] != '-' || value[PARENT_AT - 1] != '-' || value[FLAGS_AT - 1] != '-' ||
        !is_hex(value + TRACE_AT, TRACE_BYTES) || !is_hex(value + PARENT_AT, PARENT_BYTES) || !is_hex(value + FLAGS_AT, 2) ||
        is_zero(value + TRACE_AT, TRACE_BYTES) || is_zero(value + PARENT_AT, PARENT_BYTES)) {
        return false;
    }
    memcpy(ret, value + TRACE_AT, TRACE_BYTES);
    ret[TRACE_BYTES] = '\0';
    return true;
}

void request_id_make(char ret[REQUEST_ID_BYTES])
{
    static _Atomic uint64_t made;
    uint8_t bytes[TRACE_BYTES / 2];
    if (getrandom(bytes, sizeof bytes, GRND_NONBLOCK) != (ssize_t)sizeof bytes) { /* a kernel that is just starting */
        uint64_t words[2] = {clock_now_ns(), atomic_fetch_add(&made, 1)};
        memcpy(bytes, words, sizeof bytes);
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        ret[2 * i] = HEX[bytes[i] >> 4];
        ret[2 * i + 1] = HEX[bytes[i] & 15];
    }
    ret[TRACE_BYTES] = '\0';
}
