/* [S] See stack_pack.h. Context: signal handler (stack_pack), collector (stack_unpack). 1 ns per word. */
#include "profiler/session/stack_pack.h"

#include <string.h>

enum { MASK_WORDS = 2, REGION_SHIFT = 40 };

size_t stack_pack(const void *stack, size_t bytes, const struct stack_pack_rule *rule, void *packed, size_t room,
                  size_t *ret_packed_bytes)
{
    const uint64_t *from = stack;
    uint64_t *to = packed;
    size_t words = bytes / sizeof *from, room_words = room / sizeof *to, at = 0, used = 0;
    uint64_t near = rule->near >> REGION_SHIFT, code = rule->code >> REGION_SHIFT, program_bytes = rule->high - rule->low;
    while (at < words && used + MASK_WORDS + STACK_PACK_BLOCK_WORDS <= room_words) {
        uint64_t kept = 0, zero = 0;
        size_t count = words - at < STACK_PACK_BLOCK_WORDS ? words - at : STACK_PACK_BLOCK_WORDS, next = used + MASK_WORDS;
        for (size_t i = 0; i < count; i++) {
            uint64_t word = from[at + i], region = word >> REGION_SHIFT;
            if (region == near || region == code || word - rule->low < program_bytes) {
                kept |= UINT64_C(1) << i;
                to[next++] = word;
            }
            zero |= (uint64_t)(word == 0) << i;
        }
        to[used] = kept;
        to[used + 1] = zero;
        used = next;
        at += count;
    }
    *ret_packed_bytes = used * sizeof *to;
    return at * sizeof *from;
}

size_t stack_unpack(const void *packed, size_t packed_bytes, void *stack, size_t bytes)
{
    const uint64_t *from = packed;
    uint64_t *to = stack;
    size_t used_words = packed_bytes / sizeof *from, words = bytes / sizeof *to, at = 0, used = 0;
    while (at < words && used + MASK_WORDS <= used_words) {
        uint64_t kept = from[used], zero = from[used + 1];
        used += MASK_WORDS;
        size_t count = words - at < STACK_PACK_BLOCK_WORDS ? words - at : STACK_PACK_BLOCK_WORDS;
        for (size_t i = 0; i < count; i++) {
            if ((kept >> i & 1) == 0) {
                to[at + i] = (zero >> i & 1) != 0 ? 0 : STACK_PACK_OTHER;
            } else if (used < used_words) {
                to[at + i] = from[used++];
            } else {
                return (at + i) * sizeof *to;
            }
        }
        at += count;
    }
    return at * sizeof *to;
}
