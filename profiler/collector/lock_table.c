/* See lock_table.h. Open addressing would be faster; samples of contended locks come a hundred times per second of waiting at most,
 * and the row wanted is mostly among the first. */
#include "profiler/collector/lock_table.h"

void lock_table_add(struct lock_table *table, const struct lock_row *key, uint64_t waited_ns)
{
    for (uint32_t i = 0; i < table->count; i++) {
        struct lock_row *row = &table->rows[i];
        if (row->address == key->address && row->node == key->node && row->pid == key->pid && row->joined_ns == key->joined_ns) {
            row->samples++;
            row->waited_ns += waited_ns;
            return;
        }
    }
    if (table->count == LOCK_TABLE_MAX) {
        table->left_out_ns += waited_ns;
        return;
    }
    struct lock_row row = *key;
    row.samples = 1;
    row.waited_ns = waited_ns;
    table->rows[table->count++] = row;
}
