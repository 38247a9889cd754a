/* [S] Registers + stack + tables -> the list of program counters. Context: signal handler (live stack), or the collector (a copy of
 * the stack taken by the handler): the same code for both, because only the base address of the stack bytes differs.
 * Never faults: every read is inside stack.low .. stack.high or inside a table. */
#ifndef HOTLINE_UNWIND_WALK_H
#define HOTLINE_UNWIND_WALK_H

#include "profiler/unwind/unwind_table.h"

/* One loaded module of a process, as the collector publishes it. */
struct unwind_module {
    uint64_t start, end; /* run-time addresses */
    uint64_t bias;
    uint64_t table; /* arena offset of its blob; 0: the module is known and has no call frame information */
};

/* Published in the arena as a whole. A newer one replaces it; the old one stays readable for those who saw its serial while they were
 * marked as busy. */
struct module_index {
    uint32_t count;
    uint32_t serial; /* 0: withdrawn */
    struct unwind_module modules[]; /* sorted by start, not overlapping */
};

/* The code of a module outside its process: module-relative addresses first <= a < last stand at bytes + (a - first). */
struct unwind_code {
    uint64_t first, last;
    const uint8_t *bytes;
};

/* Where code is: modules sorted by address, tables in an arena. */
struct unwind_space {
    const struct unwind_module *modules;
    uint32_t module_count;
    uint32_t serial; /* of the published list: another one may stand at the same place later */
    const uint8_t *arena;
    uint64_t arena_bytes;
    const struct unwind_code *code; /* per module; NULL: live, the code is mapped at its own addresses */
    /* Live: is address `a` in a module that is loaded now? Asked before code bytes are read there (a module may have been closed since
     * the index was published); NULL: all modules are. Signal-safe (_dl_find_object is). */
    bool (*is_loaded)(uint64_t a);
};

/* DWARF numbering. rax rdx rcx rbx rsi rdi rbp rsp r8..r15 rip */
enum { UNWIND_RBX_NUMBER = 3, UNWIND_RBP_NUMBER = 6, UNWIND_RSP_NUMBER = 7, UNWIND_RIP_NUMBER = 16, UNWIND_REGISTERS = 17 };
struct unwind_registers {
    uint64_t value[UNWIND_REGISTERS];
};

/* Addresses low <= a < high of the walked thread's stack can be read at bytes + (a - low). Live: bytes == (void *)low.
 * cut: a copy that ends below the end of the thread's stack (running out of it is no sign of a wrong walk).
 * own: the thread's own stack when low .. high is its alternate signal stack; the frame of the signal leads there. own_high 0: none. */
struct unwind_stack {
    uint64_t low, high;
    const uint8_t *bytes;
    bool cut;
    uint64_t own_low, own_high;
    const uint8_t *own_bytes;
};

/* Why a walk ended. COMPLETE: in _start, clone3, a zero return address or ld.so's start. */
enum unwind_stop {
    UNWIND_STOP_COMPLETE = 0,
    UNWIND_STOP_DEPTH = 1,          /* SAMPLE_MAX_DEPTH reached */
    UNWIND_STOP_UNKNOWN_MODULE = 2, /* a pc that no module of the space holds (a table may come: defer) */
    UNWIND_STOP_NO_INFORMATION = 3, /* code without call frame information and no caller found */
    UNWIND_STOP_BAD_INFORMATION = 4,
    UNWIND_STOP_STACK_RANGE = 5, /* a frame outside the readable stack, or one that does not move up */
    UNWIND_STOP_MISALIGNED = 6,
    UNWIND_STOP_NO_STACK = 7, /* the stack pointer was not on the thread's stack */
    UNWIND_STOP_COUNT
};

/* ret: a short text for the report ("stack ran out"), static storage. */
const char *unwind_stop_text(enum unwind_stop stop);

/* Direct-mapped cache pc -> row, one per thread, zero-initialised. A changed `space` (other modules or serial) empties it. */
enum { UNWIND_CACHE_ENTRIES = 512 };
struct unwind_cache_entry {
    uint64_t pc;
    struct unwind_row row; /* UNWIND_NONE: the entry is empty */
};
struct unwind_cache {
    const struct unwind_module *modules;
    uint32_t serial;
    struct unwind_cache_entry entries[UNWIND_CACHE_ENTRIES];
};

/* Walk. pcs[0] is the interrupted pc; every further one is the return address minus 1 (inside the call), except the frame interrupted
 * by a signal, which is exact again. At most `max_depth` pcs (1..512).
 * ret: number of pcs, at least 1; *ret_stop says why it ended there. cache may be NULL. About 50 ns per frame with all the processor's
 * caches swept, 20 warm, 10 with `cache`.
 * Code without call frame information: the rbp chain for up to 2 hops, then a scan of at most 160 stack words for a call-preceded
 * address, accepted only if unwinding from there reaches the end. */
unsigned unwind_walk(const struct unwind_space *space, const struct unwind_registers *registers, const struct unwind_stack *stack,
                     struct unwind_cache *cache, uint64_t *pcs, unsigned max_depth, enum unwind_stop *ret_stop);

#endif
