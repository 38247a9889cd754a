/* [S] Unwind tables: what a module's .eh_frame says, compiled into 64-byte lines, one for each 256 bytes of code: a look-up touches one
 * cache line, and a walk through cold memory waits for little else.
 * Made by collector/table_builder.c, published in the session's arena, searched by the sampler's handler and by the collector.
 * Context: signal handler. Position independent: offsets inside the blob, pcs relative to the module (run-time address - bias). */
#ifndef HOTLINE_UNWIND_TABLE_H
#define HOTLINE_UNWIND_TABLE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum unwind_kind {
    UNWIND_NONE = 0,   /* no call frame information here */
    UNWIND_RSP = 1,    /* CFA = rsp + 8 * cfa_words */
    UNWIND_RBP = 2,    /* CFA = rbp + 8 * cfa_words */
    UNWIND_PLT = 3,    /* CFA = rsp + 8 + ((pc & 15) >= cfa_words ? 8 : 0) */
    UNWIND_SIGNAL = 4, /* signal frame: registers are in the ucontext at rsp */
    UNWIND_END = 5,    /* undefined return address: _start, clone3 */
    UNWIND_EXTRA = 6,  /* extras[unwind_row_extra()] says */
    UNWIND_BAD = 7,    /* information that this version cannot evaluate */
};

/* One frame up. Valid from `pc` to the next row's pc. */
struct unwind_row {
    uint32_t pc;
    uint16_t cfa_words : 12;
    uint16_t kind : 4;
    uint8_t rbp_words; /* 0: rbp unchanged; n: saved at CFA - 8n (RSP, RBP) */
    uint8_t rbx_words; /* likewise */
};
static_assert(sizeof(struct unwind_row) == 8, "unwind_row");

/* Where the caller's value of a register is. */
enum unwind_rule {
    UNWIND_RULE_SAME = 0,        /* in the register itself */
    UNWIND_RULE_AT_CFA = 1,      /* in memory at CFA + offset */
    UNWIND_RULE_AT_REGISTER = 2, /* in memory at reg + offset */
    UNWIND_RULE_LOST = 3,
    UNWIND_RULE_IN_REGISTER = 4, /* in reg */
};
struct unwind_saved {
    uint8_t rule;
    uint8_t reg; /* DWARF number */
    uint16_t reserved;
    int32_t offset;
};

/* What does not fit a row. The address is reg + index_scale * index_reg + offset1; CFA = that, or *(that) + offset2 when `dereference`.
 * Registers other than rsp, rbp, rbx and rip are taken from the innermost frame ("same value"): nearly always right, because the
 * rows that need them stand in assembly without calls, or with calls to its own helpers only. */
struct unwind_extra {
    uint8_t reg; /* DWARF number */
    uint8_t dereference;
    uint8_t index_reg, index_scale; /* scale 0: no index */
    int32_t offset1, offset2;
    struct unwind_saved rbp, rbx, return_address;
    struct unwind_saved sp; /* SAME: the caller's rsp is the CFA; else IN_REGISTER (longjmp, about to jump) */
};
static_assert(sizeof(struct unwind_extra) == 44, "unwind_extra");

/* Of an UNWIND_EXTRA row: which extra holds. Rows have 20 bits for it (cfa_words, then rbp_words). */
enum { UNWIND_EXTRA_MAX = 1 << 20 };
static inline uint32_t unwind_row_extra(struct unwind_row row) { return row.cfa_words | (uint32_t)row.rbp_words << 12; }

/* What holds in 256 bytes of code: row i from their byte begins[i] on (begins[0] is 0), without its pc. Where the code changes its frame
 * more often than a line has room for, the rows are all in the list `more`. */
enum { UNWIND_LINE_BITS = 8, UNWIND_LINE_ROWS = 12 };
struct unwind_line {
    uint16_t count; /* at most UNWIND_LINE_ROWS: here; else so many from more[first_more] on */
    uint16_t reserved;
    uint8_t begins[UNWIND_LINE_ROWS];
    union {
        uint32_t rows[UNWIND_LINE_ROWS]; /* struct unwind_row behind its pc */
        uint32_t first_more;
    };
};
static_assert(sizeof(struct unwind_line) == 64, "unwind_line");

enum { UNWIND_TABLE_ALIGNMENT = 64 }; /* of a blob, so that lines are cache lines */
#define UNWIND_TABLE_MAGIC UINT32_C(0x33777568)

/* The blob: this header, then lines, more, extras. */
struct unwind_table_header {
    uint32_t magic;
    uint32_t total_bytes;
    uint32_t line_count, more_count, extra_count;
    uint32_t first_pc; /* of line 0, a multiple of 256 */
    uint32_t lines, more, extras; /* offsets from the start of this header */
    uint32_t code_first, code_last; /* code_first <= pc < code_last is mapped code without holes, of which the bytes may be read */
    uint32_t reserved[5];
};
static_assert(sizeof(struct unwind_table_header) == UNWIND_TABLE_ALIGNMENT, "lines follow");

struct unwind_table {
    const struct unwind_line *lines;
    const struct unwind_row *more;
    const struct unwind_extra *extras;
    uint32_t line_count, more_count, extra_count, first_pc;
    uint32_t code_first, code_last;
};

/* View the blob of at most `bytes` bytes at `blob`. false when it is no table or does not fit; all later look-ups stay inside. */
bool unwind_table_open(const void *blob, size_t bytes, struct unwind_table *ret);

/* The row that holds at `pc` (module relative). false where none does (UNWIND_NONE). Bounds are kept even when the blob is overwritten
 * while this runs. */
bool unwind_table_find(const struct unwind_table *table, uint32_t pc, struct unwind_row *ret);

#endif
