/* See diff_rows.h. Every cell counts for its leaf's function and for the line that decides it, on its side, in its batch of time. */
#include "profiler/collector/diff_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/diff_judge.h"
#include "profiler/collector/require_memory.h"

/* Items are the functions, then the lines. */
struct counting {
    const struct profile *profile;
    const struct summary *summary;
    uint32_t item_count;
    uint8_t *side_of_set;
    uint32_t *deciding_line; /* node -> line, PROFILE_NONE: outside own code */
    uint64_t *cpu_ns[DIFF_SIDES], *samples[DIFF_SIDES]; /* by item */
    uint32_t bucket_count;
    uint64_t *bucket_ns[DIFF_SIDES];
    uint64_t total_ns[DIFF_SIDES], total_samples[DIFF_SIDES];
    uint32_t *candidates; /* item -> its number among those that are compared, PROFILE_NONE: too few samples */
    uint32_t candidate_count;
};

static void counting_deinit(struct counting *c)
{
    free(c->side_of_set);
    free(c->deciding_line);
    free(c->candidates);
    for (unsigned s = 0; s < DIFF_SIDES; s++) {
        free(c->cpu_ns[s]);
        free(c->samples[s]);
        free(c->bucket_ns[s]);
    }
}

static void find_sides(struct counting *c, const char *label_key)
{
    c->side_of_set = require_array(c->profile->tag_set_count, sizeof c->side_of_set[0]);
    for (uint32_t i = 0; i < c->profile->tag_set_count; i++) {
        const struct profile_tag_set *set = &c->profile->tag_sets[i];
        for (uint32_t k = 0; k < set->count; k++) {
            if (strcmp(set->tags[k].key, label_key) == 0) {
                c->side_of_set[i] = strcmp(set->tags[k].value, DIFF_SIDE_NAMES[DIFF_AFTER]) == 0 ? DIFF_AFTER : DIFF_BEFORE;
            }
        }
    }
}

static void find_deciding_lines(struct counting *c)
{
    const struct profile *profile = c->profile;
    c->deciding_line = require_array(profile->node_count, sizeof c->deciding_line[0]);
    c->deciding_line[0] = PROFILE_NONE;
    for (uint32_t i = 1; i < profile->node_count; i++) {
        const struct profile_node *node = &profile->nodes[i];
        c->deciding_line[i] = profile->frames[node->frame].own ? c->summary->frame_line[node->frame] : c->deciding_line[node->parent];
    }
}

/* The two items that a cell counts for; PROFILE_NONE: none. */
static void items_of(const struct counting *c, const struct profile_cell *cell, uint32_t ret[2])
{
    uint32_t line = c->deciding_line[cell->node];
    ret[0] = cell->node == 0 ? PROFILE_NONE : c->profile->frames[c->profile->nodes[cell->node].frame].function;
    ret[1] = line == PROFILE_NONE ? PROFILE_NONE : c->profile->function_count + line;
}

static void count_cells(struct counting *c)
{
    const struct profile *profile = c->profile;
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        c->bucket_count = profile->cells[i].bucket >= c->bucket_count ? profile->cells[i].bucket + 1 : c->bucket_count;
    }
    for (unsigned s = 0; s < DIFF_SIDES; s++) {
        c->cpu_ns[s] = require_array((size_t)c->item_count + 1, sizeof c->cpu_ns[s][0]);
        c->samples[s] = require_array((size_t)c->item_count + 1, sizeof c->samples[s][0]);
        c->bucket_ns[s] = require_array((size_t)c->bucket_count + 1, sizeof c->bucket_ns[s][0]);
    }
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        const struct profile_cell *cell = &profile->cells[i];
        unsigned side = c->side_of_set[cell->tag_set];
        uint32_t items[2];
        items_of(c, cell, items);
        for (unsigned k = 0; k < 2; k++) {
            if (items[k] != PROFILE_NONE) {
                c->cpu_ns[side][items[k]] += cell->cpu_ns;
                c->samples[side][items[k]] += cell->samples;
            }
        }
        c->bucket_ns[side][cell->bucket] += cell->cpu_ns;
        c->total_ns[side] += cell->cpu_ns;
        c->total_samples[side] += cell->samples;
    }
}

static void find_candidates(struct counting *c)
{
    c->candidates = require_array((size_t)c->item_count + 1, sizeof c->candidates[0]);
    for (uint32_t i = 0; i < c->item_count; i++) {
        bool enough = c->samples[DIFF_BEFORE][i] + c->samples[DIFF_AFTER][i] >= JUDGE_LEAST_SAMPLES;
        c->candidates[i] = enough ? c->candidate_count++ : PROFILE_NONE;
    }
}

/* The batches of one length: [side][candidate * batch_count + batch] CPU time. */
struct batches {
    struct judge_side sides[DIFF_SIDES];
    uint32_t *of_bucket[DIFF_SIDES];
    double *all_ns[DIFF_SIDES];
    double *item_ns[DIFF_SIDES];
};

static void batches_init(struct batches *ret, const struct counting *c, uint32_t most)
{
    for (unsigned s = 0; s < DIFF_SIDES; s++) {
        ret->of_bucket[s] = require_array((size_t)c->bucket_count + 1, sizeof ret->of_bucket[s][0]);
        ret->all_ns[s] = require_array((size_t)most + 1, sizeof ret->all_ns[s][0]);
        uint32_t count = judge_make_batches(c->bucket_ns[s], c->bucket_count, most, ret->of_bucket[s], ret->all_ns[s]);
        ret->sides[s] = (struct judge_side){(double)c->total_samples[s], (double)c->total_ns[s], count, ret->all_ns[s]};
        ret->item_ns[s] = require_array((size_t)c->candidate_count * count + 1, sizeof ret->item_ns[s][0]);
    }
    for (uint32_t i = 0; i < c->profile->cell_count; i++) {
        const struct profile_cell *cell = &c->profile->cells[i];
        unsigned side = c->side_of_set[cell->tag_set];
        uint32_t items[2], batch = ret->of_bucket[side][cell->bucket];
        items_of(c, cell, items);
        for (unsigned k = 0; k < 2; k++) {
            uint32_t candidate = items[k] != PROFILE_NONE ? c->candidates[items[k]] : PROFILE_NONE;
            if (candidate != PROFILE_NONE) {
                ret->item_ns[side][(size_t)candidate * ret->sides[side].batch_count + batch] += (double)cell->cpu_ns;
            }
        }
    }
}

static void batches_deinit(struct batches *batches)
{
    for (unsigned s = 0; s < DIFF_SIDES; s++) {
        free(batches->of_bucket[s]);
        free(batches->all_ns[s]);
        free(batches->item_ns[s]);
    }
}

/* Raise every candidate's K to what these batches say. false: too few of them. */
static bool raise_factors(const struct counting *c, uint32_t most, double *factors)
{
    struct batches batches;
    batches_init(&batches, c, most);
    uint32_t before = batches.sides[DIFF_BEFORE].batch_count, after = batches.sides[DIFF_AFTER].batch_count;
    bool enough = before >= JUDGE_LEAST_BATCHES && after >= JUDGE_LEAST_BATCHES;
    double quantile = enough ? judge_quantile(c->candidate_count, before + after - 2) : 0;
    for (uint32_t i = 0; enough && i < c->item_count; i++) {
        size_t number = c->candidates[i];
        if (number == PROFILE_NONE) {
            continue;
        }
        struct judge_item items[DIFF_SIDES] = {{(double)c->cpu_ns[DIFF_BEFORE][i], &batches.item_ns[DIFF_BEFORE][number * before]},
                                               {(double)c->cpu_ns[DIFF_AFTER][i], &batches.item_ns[DIFF_AFTER][number * after]}};
        factors[number] = fmax(factors[number], judge_over_dispersion(batches.sides, items) * quantile * quantile);
    }
    batches_deinit(&batches);
    return enough;
}

/* ret: every candidate's K. NULL, with *ret_why: no verdicts. */
static double *find_factors(const struct counting *c, const char **ret_why)
{
    uint64_t fewer = c->total_samples[DIFF_BEFORE] < c->total_samples[DIFF_AFTER] ? c->total_samples[DIFF_BEFORE] : c->total_samples[DIFF_AFTER];
    uint64_t most = fewer / JUDGE_SAMPLES_PER_BATCH;
    if (most < JUDGE_LEAST_BATCHES || c->total_ns[DIFF_BEFORE] == 0 || c->total_ns[DIFF_AFTER] == 0) {
        *ret_why = "too few samples for a verdict on any difference";
        return NULL;
    }
    double *factors = require_array((size_t)c->candidate_count + 1, sizeof factors[0]);
    if (!raise_factors(c, most < JUDGE_BATCHES ? (uint32_t)most : JUDGE_BATCHES, factors) ||
        !raise_factors(c, most < JUDGE_LONG_BATCHES ? (uint32_t)most : JUDGE_LONG_BATCHES, factors)) {
        *ret_why = "too short for a verdict on any difference: its samples lie in too few time buckets";
        free(factors);
        return NULL;
    }
    return factors;
}

static struct diff_cost cost_of(uint64_t cpu_ns, uint64_t samples, uint64_t total_ns)
{
    return (struct diff_cost){samples, (double)cpu_ns * 1e-9, total_ns > 0 ? 100 * (double)cpu_ns / (double)total_ns : 0};
}

static struct diff_row make_row(const struct counting *c, uint32_t item, const double *factors, bool normalize)
{
    struct diff_row row = {.function = item, .line = PROFILE_NONE};
    if (item >= c->profile->function_count) {
        row.line = item - c->profile->function_count;
        row.function = c->summary->lines[row.line].function;
    }
    for (unsigned s = 0; s < DIFF_SIDES; s++) {
        row.cost[s] = cost_of(c->cpu_ns[s][item], c->samples[s][item], c->total_ns[s]);
    }
    row.change = normalize ? row.cost[DIFF_AFTER].percent - row.cost[DIFF_BEFORE].percent : row.cost[DIFF_AFTER].seconds - row.cost[DIFF_BEFORE].seconds;
    row.judged = factors && c->candidates[item] != PROFILE_NONE;
    if (row.judged) {
        struct judge_side sides[DIFF_SIDES] = {{.samples = (double)c->total_samples[DIFF_BEFORE], .cpu_ns = (double)c->total_ns[DIFF_BEFORE]},
                                               {.samples = (double)c->total_samples[DIFF_AFTER], .cpu_ns = (double)c->total_ns[DIFF_AFTER]}};
        double cpu_ns[DIFF_SIDES] = {(double)c->cpu_ns[DIFF_BEFORE][item], (double)c->cpu_ns[DIFF_AFTER][item]};
        double half = judge_half_width(sides, cpu_ns, factors[c->candidates[item]], normalize) * (normalize ? 100 : 1e-9);
        row.low = row.change - half;
        row.high = row.change + half;
        row.significant = fabs(row.change) > half;
    }
    return row;
}

/* The most certain and largest first; then as the tables are ordered. */
static int compare_rows(const void *left, const void *right)
{
    const struct diff_row *a = left, *b = right;
    if (a->significant != b->significant) {
        return a->significant ? -1 : 1;
    }
    double x = fabs(a->change), y = fabs(b->change);
    if (x < y || x > y) {
        return x > y ? -1 : 1;
    }
    return a->function != b->function ? (a->function < b->function ? -1 : 1) : a->line < b->line ? -1 : a->line > b->line;
}

/* ret: the rows of the items [from, to) that have samples, in order. */
static struct diff_row *make_rows(const struct counting *c, uint32_t from, uint32_t to, const double *factors, bool normalize, uint32_t *ret_count,
                                  uint32_t *ret_significant)
{
    struct diff_row *rows = require_array((size_t)(to - from) + 1, sizeof rows[0]);
    *ret_count = *ret_significant = 0;
    for (uint32_t i = from; i < to; i++) {
        if (c->samples[DIFF_BEFORE][i] + c->samples[DIFF_AFTER][i] > 0) {
            rows[*ret_count] = make_row(c, i, factors, normalize);
            *ret_significant += rows[(*ret_count)++].significant;
        }
    }
    qsort(rows, *ret_count, sizeof rows[0], compare_rows);
    return rows;
}

void diff_rows_fill(struct profile_diff *diff)
{
    struct counting c = {.profile = diff->merged, .summary = diff->summary};
    uint32_t functions = diff->merged->function_count;
    c.item_count = functions + diff->summary->line_count;
    find_sides(&c, diff->label_key);
    find_deciding_lines(&c);
    count_cells(&c);
    find_candidates(&c);
    double *factors = find_factors(&c, &diff->unjudged);
    diff->compared = factors ? c.candidate_count : 0;
    for (unsigned s = 0; s < DIFF_SIDES; s++) {
        diff->total[s] = cost_of(c.total_ns[s], c.total_samples[s], c.total_ns[s]);
    }
    diff->functions = make_rows(&c, 0, functions, factors, diff->normalized, &diff->function_count, &diff->significant_functions);
    diff->lines = make_rows(&c, functions, c.item_count, factors, diff->normalized, &diff->line_count, &diff->significant_lines);
    free(factors);
    counting_deinit(&c);
}
