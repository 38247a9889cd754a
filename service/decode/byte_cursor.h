/* Reading a file that a stranger sent: a position that cannot pass the end. A read that does not fit returns false and
 * changes nothing. */
#ifndef SERVICE_BYTE_CURSOR_H
#define SERVICE_BYTE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_cursor {
    const uint8_t *pos;
    const uint8_t *end;
};

static inline struct byte_cursor byte_cursor_over(const uint8_t *bytes, size_t length)
{
    return (struct byte_cursor){bytes, bytes + length};
}

static inline size_t byte_cursor_left(const struct byte_cursor *cursor)
{
    return (size_t)(cursor->end - cursor->pos);
}

static inline bool byte_cursor_skip(struct byte_cursor *cursor, uint64_t bytes)
{
    if (bytes > byte_cursor_left(cursor))
        return false;
    cursor->pos += bytes;
    return true;
}

static inline bool byte_cursor_u8(struct byte_cursor *cursor, uint8_t *ret)
{
    if (byte_cursor_left(cursor) < 1)
        return false;
    *ret = *cursor->pos++;
    return true;
}

static inline bool byte_cursor_u16(struct byte_cursor *cursor, bool big_endian, uint16_t *ret)
{
    if (byte_cursor_left(cursor) < 2)
        return false;
    const uint8_t *p = cursor->pos;
    *ret = (uint16_t)(big_endian ? p[0] << 8 | p[1] : p[1] << 8 | p[0]);
    cursor->pos += 2;
    return true;
}

static inline bool byte_cursor_u32(struct byte_cursor *cursor, bool big_endian, uint32_t *ret)
{
    if (byte_cursor_left(cursor) < 4)
        return false;
    const uint8_t *p = cursor->pos;
    *ret = big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
                      : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
    cursor->pos += 4;
    return true;
}

#endif
