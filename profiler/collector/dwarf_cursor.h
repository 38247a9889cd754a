/* Checked reads of little-endian DWARF data. A read behind the end gives 0 and sets `failed`, which stays: check once per record. */
#ifndef HOTLINE_DWARF_CURSOR_H
#define HOTLINE_DWARF_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct dwarf_cursor {
    const uint8_t *pos, *end;
    bool failed;
};

static inline struct dwarf_cursor dwarf_cursor_over(const uint8_t *bytes, size_t length)
{
    return (struct dwarf_cursor){bytes, bytes + length, false};
}

static inline size_t dwarf_cursor_left(const struct dwarf_cursor *cursor) { return (size_t)(cursor->end - cursor->pos); }

/* The next `count` bytes, and move behind them; NULL when there are fewer. */
static inline const uint8_t *dwarf_cursor_take(struct dwarf_cursor *cursor, uint64_t count)
{
    if (count > dwarf_cursor_left(cursor)) {
        cursor->failed = true;
        cursor->pos = cursor->end;
        return NULL;
    }
    const uint8_t *bytes = cursor->pos;
    cursor->pos += count;
    return bytes;
}

#define DWARF_CURSOR_READ(name, type)                                                                                                      \
    static inline type name(struct dwarf_cursor *cursor)                                                                                   \
    {                                                                                                                                      \
        type value = 0;                                                                                                                    \
        const uint8_t *bytes = dwarf_cursor_take(cursor, sizeof value);                                                                    \
        if (bytes)                                                                                                                         \
            memcpy(&value, bytes, sizeof value);                                                                                           \
        return value;                                                                                                                      \
    }
DWARF_CURSOR_READ(dwarf_read_u8, uint8_t)
DWARF_CURSOR_READ(dwarf_read_u16, uint16_t)
DWARF_CURSOR_READ(dwarf_read_u32, uint32_t)
DWARF_CURSOR_READ(dwarf_read_u64, uint64_t)
#undef DWARF_CURSOR_READ

/* LEB128: padding is allowed, bits above 64 are not. */
static inline uint64_t dwarf_read_uleb(struct dwarf_cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = dwarf_read_u8(cursor);
        uint64_t bits = byte & 0x7fu;
        if (cursor->failed || (shift >= 64 && bits != 0) || (shift == 63 && bits > 1)) {
            cursor->failed = true;
            return 0;
        }
        if (shift < 64)
            value |= bits << shift;
        if (!(byte & 0x80))
            return value;
    }
}

static inline int64_t dwarf_read_sleb(struct dwarf_cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = dwarf_read_u8(cursor);
        uint64_t bits = byte & 0x7fu, sign = value >> 63 ? 0x7f : 0;
        if (cursor->failed || (shift >= 64 && bits != sign) || (shift == 63 && bits != 0 && bits != 0x7f)) {
            cursor->failed = true;
            return 0;
        }
        if (shift < 64)
            value |= bits << shift;
        if (byte & 0x80)
            continue;
        if (shift + 7 < 64 && (byte & 0x40))
            value |= ~UINT64_C(0) << (shift + 7);
        return (int64_t)value;
    }
}

#endif
