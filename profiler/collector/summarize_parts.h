/* What summarize.c and summarize_tags.c share. */
#ifndef HOTLINE_SUMMARIZE_PARTS_H
#define HOTLINE_SUMMARIZE_PARTS_H

#include "profiler/collector/summarize.h"

/* calloc() that never asks for nothing: NULL always means out of memory. */
void *summary_zeroed(size_t count, size_t item_bytes);

static inline bool summary_selects(const struct summary_selection *selection, const struct profile_cell *cell)
{
    return cell->samples > 0 && (!selection || !selection->tag_sets || selection->tag_sets[cell->tag_set]);
}

/* Fill summary->tags and every line's tag. own_node: node -> innermost own node. The rest of `summary` is complete.
 * false: out of memory. */
bool summary_make_tags(struct summary *summary, const struct summary_selection *selection, const uint32_t *own_node);

#endif
