/* [S] A stack, packed for a deferred sample: only the words that unwinding can need, which are addresses of code and
 * of the stack itself. Stacks that are deep because of large buffers become small (ImageMagick's 100 KiB: 3 KiB), so
 * that they are kept whole and many fit into a ring.
 *
 *   64 words of the stack -> mask of the kept words, mask of the words that are zero, the kept words */
#ifndef HOTLINE_STACK_PACK_H
#define HOTLINE_STACK_PACK_H

#include <stddef.h>
#include <stdint.h>

enum {
    STACK_PACK_BLOCK_WORDS = 64,
    STACK_PACK_MAX_SPAN_BYTES = 256 * 1024,
    STACK_PACK_OTHER = 1, /* what a word that is neither kept nor zero becomes: no address of anything */
};

/* Which words are addresses: those in low <= word < high (the program itself), and those in the same TiB as `near`
 * (the stack) or as `code` (the libraries). */
struct stack_pack_rule {
    uint64_t low, high, near, code;
};

/* Pack as much of the `bytes` at `stack` as `room` bytes at `packed` hold; both sizes are multiples of 8, all is
 * aligned to 8. ret: how much of the stack was packed; *ret_packed_bytes: into how much. */
size_t stack_pack(const void *stack, size_t bytes, const struct stack_pack_rule *rule, void *packed, size_t room,
                  size_t *ret_packed_bytes);

/* The collector's: the other way round. `packed` is not trusted. ret: how much of the stack there is, at most
 * `bytes`. */
size_t stack_unpack(const void *packed, size_t packed_bytes, void *stack, size_t bytes);

#endif
