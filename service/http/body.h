/* The body of a request in one growing buffer, paid for from a budget as it arrives. */
#ifndef SERVICE_BODY_H
#define SERVICE_BODY_H

#include <stddef.h>
#include <stdint.h>

#include "service/status.h"
#include "service/work/memory_budget.h"

struct body {
    uint8_t *bytes;
    size_t length;
    size_t capacity;
    struct memory_budget *budget;
    uint64_t taken_bytes;
};

/* declared_bytes: Content-Length, 0 when unknown. Memory is taken at the first append; pages that nothing was written
 * to cost nothing. */
void body_init(struct body *body, struct memory_budget *budget, uint64_t declared_bytes);
void body_deinit(struct body *body);

/* STATUS_OVERLOADED when the budget is used up, STATUS_NO_MEMORY. */
enum status body_append(struct body *body, const void *bytes, size_t length);

#endif
