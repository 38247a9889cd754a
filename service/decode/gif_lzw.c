/* A code stands for a string of indices: that of another code, and one more. The table keeps each string's length, so a
 * string is written from its end to its start, right where it belongs, without recursion and without a stack. */
#include "service/decode/gif_lzw.h"

enum {
    MAX_CODE_BITS = 12,
    MAX_CODES = 1 << MAX_CODE_BITS,
    MIN_INDEX_BITS = 2,
    MAX_INDEX_BITS = 8,
    NO_CODE = MAX_CODES
};

struct code_reader {
    struct byte_cursor blocks;
    uint32_t block_left; /* bytes in the current sub-block */
    uint32_t bits;
    uint32_t bit_count;
};

struct code_table {
    uint16_t prefix[MAX_CODES];
    uint16_t length[MAX_CODES];
    uint8_t last[MAX_CODES];
    uint8_t first[MAX_CODES];
};

static bool read_code(struct code_reader *reader, uint32_t code_bits, uint32_t *ret)
{
    while (reader->bit_count < code_bits) {
        uint8_t byte;
        if (reader->block_left == 0) {
            if (!byte_cursor_u8(&reader->blocks, &byte) || byte == 0)
                return false;
            reader->block_left = byte;
        }
        if (!byte_cursor_u8(&reader->blocks, &byte))
            return false;
        reader->block_left--;
        reader->bits |= (uint32_t)byte << reader->bit_count;
        reader->bit_count += 8;
    }
    *ret = reader->bits & ((1U << code_bits) - 1);
    reader->bits >>= code_bits;
    reader->bit_count -= code_bits;
    return true;
}

/* The string of `code` to out[0 .. length), cut to `room`. */
static void write_string(const struct code_table *table, uint32_t code, uint8_t *out, size_t room)
{
    for (size_t i = table->length[code]; i-- > 0; code = table->prefix[code])
        if (i < room)
            out[i] = table->last[code];
}

bool gif_lzw_decode(struct byte_cursor blocks, uint8_t *indices, size_t count)
{
    struct code_reader reader = {.blocks = blocks};
    struct code_table table;
    uint8_t index_bits;
    if (!byte_cursor_u8(&reader.blocks, &index_bits) || index_bits < MIN_INDEX_BITS || index_bits > MAX_INDEX_BITS)
        return false;
    const uint32_t clear = 1U << index_bits, end = clear + 1;
    for (uint32_t i = 0; i < clear; i++) {
        table.prefix[i] = 0;
        table.length[i] = 1;
        table.first[i] = table.last[i] = (uint8_t)i;
    }

    uint32_t next = end + 1, code_bits = index_bits + 1U, before = NO_CODE;
    for (size_t done = 0; done < count;) {
        uint32_t code;
        if (!read_code(&reader, code_bits, &code) || code == end)
            return false;
        if (code == clear) {
            next = end + 1;
            code_bits = index_bits + 1U;
            before = NO_CODE;
            continue;
        }
        if (code > next || (code == next && (before == NO_CODE || next == MAX_CODES)) ||
            (before == NO_CODE && code > end))
            return false;
        if (before != NO_CODE && next < MAX_CODES) {
            /* the new string: the one before and the first index of this one, which may be the new one itself */
            table.prefix[next] = (uint16_t)before;
            table.length[next] = (uint16_t)(table.length[before] + 1);
            table.first[next] = table.first[before];
            table.last[next] = code == next ? table.first[before] : table.first[code];
            next++;
            if (next == 1U << code_bits && code_bits < MAX_CODE_BITS)
                code_bits++;
        }
        write_string(&table, code, indices + done, count - done);
        done += table.length[code] < count - done ? table.length[code] : count - done;
        before = code;
    }
    return true;
}
