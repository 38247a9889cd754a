/* Bytes that may be in flight at once. Taken before they are allocated, so that a full house is a 503 and not the OOM
 * killer. */
#ifndef SERVICE_MEMORY_BUDGET_H
#define SERVICE_MEMORY_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct memory_budget {
    uint64_t limit_bytes;
    _Atomic uint64_t taken_bytes;
};

/* ret: false when `bytes` more would go over the limit; nothing is taken then. Any thread. */
static inline bool memory_budget_take(struct memory_budget *budget, uint64_t bytes)
{
    uint64_t taken = atomic_load_explicit(&budget->taken_bytes, memory_order_relaxed);
    do {
        if (bytes > budget->limit_bytes || taken > budget->limit_bytes - bytes) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&budget->taken_bytes, &taken, taken + bytes, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

static inline void memory_budget_give(struct memory_budget *budget, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&budget->taken_bytes, bytes, memory_order_relaxed);
}

#endif
