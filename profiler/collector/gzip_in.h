/* gzip -> bytes, in bounded memory. */
#ifndef HOTLINE_GZIP_IN_H
#define HOTLINE_GZIP_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool gzip_in_is(const uint8_t *bytes, size_t count)
{
    return count >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/* What is packed in bytes[0..count), at most `most` bytes of it.   ret: malloc'ed; NULL: *ret_why says why not. */
uint8_t *gzip_in_read(const uint8_t *bytes, size_t count, size_t most, size_t *ret_count, const char **ret_why);

#endif
