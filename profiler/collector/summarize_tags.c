/* Tag sets -> what each key=value cost, its hottest line, and for each line the tag that nearly all of it was under.
 *
 * Cells are first grouped by the line they are decided by (a counting sort), so that one array of weights, indexed by tag and emptied
 * after each line, serves both questions: a cell is looked at once per tag it carries. */
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/summarize_parts.h"

enum { DOMINATING_PERCENT = 80 };

struct tag_work {
    uint32_t *set_first; /* tag set -> its first entry in set_tags; one more at the end */
    uint32_t *set_tags;  /* indexes in summary->tags */
    uint32_t *line_first;
    uint32_t *line_cells;         /* cells by line */
    struct summary_share *weight; /* tag -> in the line at hand */
    uint32_t *touched;            /* tags with a weight */
    uint64_t *whole;              /* tag -> its CPU time in the whole profile */
};

static void tag_work_deinit(struct tag_work *work)
{
    free(work->set_first);
    free(work->set_tags);
    free(work->line_first);
    free(work->line_cells);
    free(work->weight);
    free(work->touched);
    free(work->whole);
}

static int compare_names(const struct summary_tag *a, const struct summary_tag *b)
{
    int order = strcmp(a->key, b->key);
    return order != 0 ? order : strcmp(a->value, b->value);
}

static int compare_by_name(const void *left, const void *right)
{
    return compare_names(left, right);
}

/* Keys by name, the values of a key hottest first. */
static int compare_hot_tags(const void *left, const void *right, void *context)
{
    const struct summary_tag *tags = context;
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    int order = strcmp(tags[i].key, tags[j].key);
    if (order == 0 && tags[i].share.cpu_ns != tags[j].share.cpu_ns) {
        return tags[i].share.cpu_ns > tags[j].share.cpu_ns ? -1 : 1;
    }
    return order != 0 ? order : i < j ? -1 : i > j;
}

/* All distinct key=value pairs, sorted by name. */
static bool collect_tags(struct summary *summary)
{
    const struct profile *profile = summary->profile;
    size_t count = 0;
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        count += profile->tag_sets[i].count;
    }
    summary->tags = summary_zeroed(count, sizeof *summary->tags);
    summary->hot_tags = summary_zeroed(count, sizeof *summary->hot_tags);
    if (!summary->tags || !summary->hot_tags) {
        return false;
    }
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        for (uint32_t j = 0; j < profile->tag_sets[i].count; j++) {
            const struct profile_tag *tag = &profile->tag_sets[i].tags[j];
            summary->tags[summary->tag_count++] = (struct summary_tag){.key = tag->key, .value = tag->value, .line = PROFILE_NONE};
        }
    }
    qsort(summary->tags, summary->tag_count, sizeof *summary->tags, compare_by_name);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < summary->tag_count; i++) {
        if (kept == 0 || compare_names(&summary->tags[kept - 1], &summary->tags[i]) != 0) {
            summary->hot_tags[kept] = kept;
            summary->tags[kept++] = summary->tags[i];
        }
    }
    summary->tag_count = kept;
    return true;
}

static uint32_t find_tag(const struct summary *summary, const struct profile_tag *tag)
{
    struct summary_tag key = {.key = tag->key, .value = tag->value};
    const struct summary_tag *found = bsearch(&key, summary->tags, summary->tag_count, sizeof key, compare_by_name);
    return (uint32_t)(found - summary->tags);
}

static void weigh_tags(struct summary *summary)
{
    for (uint32_t i = 0; i < summary->profile->tag_set_count; i++) {
        for (uint32_t j = 0; j < summary->profile->tag_sets[i].count; j++) {
            struct summary_tag *tag = &summary->tags[find_tag(summary, &summary->profile->tag_sets[i].tags[j])];
            tag->share.cpu_ns += summary->tag_sets[i].cpu_ns;
            tag->share.samples += summary->tag_sets[i].samples;
        }
    }
}

/* Tag sets -> indexes in summary->tags. */
static bool link_sets(const struct summary *summary, struct tag_work *work)
{
    const struct profile *profile = summary->profile;
    size_t count = 0;
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        count += profile->tag_sets[i].count;
    }
    work->set_first = summary_zeroed((size_t)profile->tag_set_count + 1, sizeof *work->set_first);
    work->set_tags = summary_zeroed(count, sizeof *work->set_tags);
    if (!work->set_first || !work->set_tags) {
        return false;
    }
    uint32_t filled = 0;
    for (uint32_t i = 0; i < profile->tag_set_count; i++) {
        work->set_first[i] = filled;
        for (uint32_t j = 0; j < profile->tag_sets[i].count; j++) {
            work->set_tags[filled++] = find_tag(summary, &profile->tag_sets[i].tags[j]);
        }
    }
    work->set_first[profile->tag_set_count] = filled;
    return true;
}

static void weigh_whole(const struct summary *summary, struct tag_work *work)
{
    const struct profile *profile = summary->profile;
    const struct profile_cell *cells = profile->selection ? profile->unselected_cells : profile->cells;
    uint32_t count = profile->selection ? profile->unselected_cell_count : profile->cell_count;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = work->set_first[cells[i].tag_set]; j < work->set_first[cells[i].tag_set + 1]; j++) {
            work->whole[work->set_tags[j]] += cells[i].cpu_ns;
        }
    }
}

static uint32_t deciding_line(const struct summary *summary, const uint32_t *own_node, const struct profile_cell *cell)
{
    uint32_t node = own_node[cell->node];
    return node == PROFILE_NONE ? PROFILE_NONE : summary->frame_line[summary->profile->nodes[node].frame];
}

static bool group_cells(const struct summary *summary, const struct summary_selection *selection, const uint32_t *own_node,
                        struct tag_work *work)
{
    const struct profile *profile = summary->profile;
    work->line_first = summary_zeroed((size_t)summary->line_count + 2, sizeof *work->line_first);
    work->line_cells = summary_zeroed(profile->cell_count, sizeof *work->line_cells);
    if (!work->line_first || !work->line_cells) {
        return false;
    }
    /* Counts stand two places further up, starts one place: after the filling every start has moved to where it belongs. */
    for (int filling = 0; filling < 2; filling++) {
        for (uint32_t i = 0; i < profile->cell_count; i++) {
            const struct profile_cell *cell = &profile->cells[i];
            uint32_t line = deciding_line(summary, own_node, cell);
            if (line == PROFILE_NONE || !summary_selects(selection, cell)) {
                continue;
            }
            if (filling) {
                work->line_cells[work->line_first[line + 1]++] = i;
            } else {
                work->line_first[line + 2]++;
            }
        }
        for (uint32_t line = 0; !filling && line < summary->line_count; line++) {
            work->line_first[line + 2] += work->line_first[line + 1];
        }
    }
    return true;
}

/* Which of two tags says more about a line that both hold 80 % of: the rarer in the whole profile, whatever is selected; then the one
 * that holds more of the line; then the first by name. */
static bool says_more(const struct tag_work *work, uint32_t tag, uint32_t rival)
{
    if (work->whole[tag] != work->whole[rival]) {
        return work->whole[tag] < work->whole[rival];
    }
    if (work->weight[tag].cpu_ns != work->weight[rival].cpu_ns) {
        return work->weight[tag].cpu_ns > work->weight[rival].cpu_ns;
    }
    return tag < rival;
}

static void judge_line(struct summary *summary, uint32_t index, const struct tag_work *work, uint32_t touched)
{
    struct summary_line *line = &summary->lines[index];
    for (uint32_t i = 0; i < touched; i++) {
        uint32_t tag_index = work->touched[i];
        struct summary_tag *tag = &summary->tags[tag_index];
        struct summary_share weight = work->weight[tag_index];
        if (weight.cpu_ns > tag->line_share.cpu_ns || tag->line == PROFILE_NONE) {
            tag->line = index;
            tag->line_share = weight;
        }
        bool dominates = (double)weight.cpu_ns * 100 >= (double)line->cpu.cpu_ns * DOMINATING_PERCENT;
        if (dominates && (line->tag == PROFILE_NONE || says_more(work, tag_index, line->tag))) {
            line->tag = tag_index;
        }
    }
}

static void weigh_lines(struct summary *summary, const struct tag_work *work)
{
    for (uint32_t line = 0; line < summary->line_count; line++) {
        uint32_t touched = 0;
        for (uint32_t i = work->line_first[line]; i < work->line_first[line + 1]; i++) {
            const struct profile_cell *cell = &summary->profile->cells[work->line_cells[i]];
            for (uint32_t j = work->set_first[cell->tag_set]; j < work->set_first[cell->tag_set + 1]; j++) {
                struct summary_share *weight = &work->weight[work->set_tags[j]];
                if (weight->samples == 0) {
                    work->touched[touched++] = work->set_tags[j];
                }
                weight->cpu_ns += cell->cpu_ns;
                weight->samples += cell->samples;
            }
        }
        judge_line(summary, line, work, touched);
        for (uint32_t i = 0; i < touched; i++) {
            work->weight[work->touched[i]] = (struct summary_share){0};
        }
    }
}

bool summary_make_tags(struct summary *summary, const struct summary_selection *selection, const uint32_t *own_node)
{
    struct tag_work work = {0};
    if (!collect_tags(summary)) {
        return false;
    }
    weigh_tags(summary);
    bool fine = link_sets(summary, &work) && group_cells(summary, selection, own_node, &work);
    work.weight = summary_zeroed(summary->tag_count, sizeof *work.weight);
    work.touched = summary_zeroed(summary->tag_count, sizeof *work.touched);
    work.whole = summary_zeroed(summary->tag_count, sizeof *work.whole);
    fine = fine && work.weight && work.touched && work.whole;
    if (fine) {
        weigh_whole(summary, &work);
        weigh_lines(summary, &work);
        qsort_r(summary->hot_tags, summary->tag_count, sizeof *summary->hot_tags, compare_hot_tags, summary->tags);
    }
    tag_work_deinit(&work);
    return fine;
}
