/* [S] What the unwinder knows about the processor: x86-64 with tables; elsewhere frame pointers only (UNWIND_HAS_TABLES is 0 and
 * everything here that needs x86 code is dead). Context: signal handler. */
#ifndef HOTLINE_UNWIND_ARCH_H
#define HOTLINE_UNWIND_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "profiler/unwind/unwind_walk.h"

#if defined(__x86_64__)
enum { UNWIND_HAS_TABLES = 1 };
#else
enum { UNWIND_HAS_TABLES = 0 };
#endif

enum {
    UNWIND_RED_ZONE_BYTES = 128, /* below rsp, not overwritten by signal handlers: leaf functions keep registers there */
    UNWIND_CALL_BYTES = 7,       /* the longest call instruction without prefix bytes */
    UNWIND_UCONTEXT_GREGS = 40,  /* offset of uc_mcontext.gregs in the kernel's signal frame */
};

/* DWARF register number -> index in uc_mcontext.gregs. */
static const uint8_t unwind_greg_of[UNWIND_REGISTERS] = {13, 12, 14, 11, 9, 8, 10, 15, 0, 1, 2, 3, 4, 5, 6, 7, 16};

#if defined(__x86_64__)
static_assert(offsetof(ucontext_t, uc_mcontext.gregs) == UNWIND_UCONTEXT_GREGS, "signal frame");
static_assert(REG_RAX == 13 && REG_RBP == 10 && REG_RSP == 15 && REG_RIP == 16 && REG_R8 == 0, "signal frame");
#endif

/* The address in a saved return address: on aarch64 the processor may have signed it (-mbranch-protection), in the bits above those
 * that a program's addresses use. */
static inline uint64_t unwind_return_address(uint64_t saved)
{
#if defined(__aarch64__)
    enum { ADDRESS_BITS = 48 };
    return saved & ((UINT64_C(1) << ADDRESS_BITS) - 1);
#else
    return saved;
#endif
}

/* Does an indirect call instruction (ff /2, whatever its operand) end right behind before[UNWIND_CALL_BYTES - 1]? */
static inline bool unwind_call_is_indirect(const uint8_t before[UNWIND_CALL_BYTES])
{
    enum { OPCODE = 0xff, EXTENSION = 2, MODE_MEMORY = 0, MODE_BYTE = 1, MODE_WORD = 2, MODE_REGISTER = 3, SIB = 4, NO_BASE = 5 };
    for (unsigned bytes = 2; bytes <= UNWIND_CALL_BYTES; bytes++) {
        const uint8_t *code = before + UNWIND_CALL_BYTES - bytes;
        unsigned mode = code[1] >> 6, base = code[1] & 7, expected = 2;
        if (code[0] != OPCODE || (code[1] >> 3 & 7) != EXTENSION)
            continue;
        if (mode != MODE_REGISTER && base == SIB) {
            if (bytes <= expected)
                continue;
            base = code[expected++] & 7;
        }
        if (mode == MODE_BYTE)
            expected += 1;
        else if (mode == MODE_WORD || (mode == MODE_MEMORY && base == NO_BASE))
            expected += 4;
        if (expected == bytes)
            return true;
    }
    return false;
}

/* The target of the direct call whose five bytes end at `return_address`, given those bytes. */
static inline uint64_t unwind_call_target(const uint8_t call[5], uint64_t return_address)
{
    int32_t distance;
    memcpy(&distance, call + 1, sizeof distance);
    return return_address + (uint64_t)(int64_t)distance;
}

#endif
