/* struct summary -> what own code calls, by what it costs: memory allocation, copying memory, the kernel, a library; and the own line
 * that calls most of it. The report's script has the same rules (assets/called_code.js).
 *
 * A sample counts once. Allocation and copying go before the kernel (pages that malloc() needs are the allocation's), these before
 * libraries (memcpy() under libjpeg is copying). A library has what runs below the call from own code, whatever it calls. */
#ifndef HOTLINE_CALLED_CODE_H
#define HOTLINE_CALLED_CODE_H

#include "profiler/collector/summarize.h"

enum called_kind { CALLED_ALLOCATION, CALLED_COPY, CALLED_KERNEL, CALLED_LIBRARY, CALLED_KINDS };

struct called {
    struct summary_share share; /* LIBRARY: of the one that takes most; no samples: there is none of it */
    uint32_t module;            /* LIBRARY: that one; else PROFILE_NONE */
    uint32_t line;              /* in summary.lines: the own line that calls most of it */
    struct summary_share line_share;
};

void called_code_find(const struct summary *summary, struct called ret[CALLED_KINDS]);

/* Whether a function outside own code allocates (CALLED_ALLOCATION) or copies (CALLED_COPY), by its name; CALLED_KINDS: neither. */
enum called_kind called_code_kind(const char *function);

#endif
