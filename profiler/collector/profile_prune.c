/* See profile_prune.h. */
#include "profiler/collector/profile_prune.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/require_memory.h"

enum { FITTING_STEPS = 8 };

struct pruned_profile {
    struct profile profile;
    struct profile_module *modules;
    struct profile_function *functions;
    struct profile_frame *frames;
    struct profile_node *nodes;
    struct profile_cell *cells, *wait_cells;
    struct profile_lock *locks;
};

struct ranked_node {
    double weight; /* with all below it: parts of the CPU time and of the blocked time */
    uint32_t node;
};

struct pruning {
    const struct profile *profile;
    struct ranked_node *ranked; /* heaviest first, callers before what they call */
    uint32_t *rank;             /* of each node: where it is in `ranked` */
    uint64_t *own_ns, *own_wait_ns;
    uint32_t kept; /* the first of `ranked` */
};

static int compare_ranks(const void *left, const void *right)
{
    const struct ranked_node *a = left, *b = right;
    if (a->weight < b->weight || a->weight > b->weight) {
        return a->weight > b->weight ? -1 : 1;
    }
    return a->node < b->node ? -1 : a->node > b->node;
}

static void weigh(struct pruning *p)
{
    const struct profile *profile = p->profile;
    double cpu_ns = fmax((double)profile->cpu_ns_total, 1), wait_ns = fmax((double)profile->wait_ns_total, 1);
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        p->own_ns[profile->cells[i].node] += profile->cells[i].cpu_ns;
    }
    for (uint32_t i = 0; i < profile->wait_cell_count; i++) {
        p->own_wait_ns[profile->wait_cells[i].node] += profile->wait_cells[i].cpu_ns;
    }
    for (uint32_t i = 0; i < profile->node_count; i++) {
        p->ranked[i] = (struct ranked_node){(double)p->own_ns[i] / cpu_ns + (double)p->own_wait_ns[i] / wait_ns, i};
    }
    for (uint32_t i = 0; i < profile->lock_count; i++) {
        p->ranked[profile->locks[i].node].weight = HUGE_VAL; /* its leaf names the call */
    }
    for (uint32_t i = profile->node_count; i-- > 1;) {
        p->ranked[profile->nodes[i].parent].weight += p->ranked[i].weight;
    }
    p->ranked[0].weight = HUGE_VAL;
    qsort(p->ranked, profile->node_count, sizeof p->ranked[0], compare_ranks);
    for (uint32_t i = 0; i < profile->node_count; i++) {
        p->rank[p->ranked[i].node] = i;
    }
}

/* As many as must stay, whatever was asked for. */
static uint32_t least_kept(const struct pruning *p)
{
    const struct profile *profile = p->profile;
    double cpu_ns = 0, wait_ns = 0;
    uint32_t count = profile->node_count;
    while (count > 1) {
        uint32_t node = p->ranked[count - 1].node;
        cpu_ns += (double)p->own_ns[node];
        wait_ns += (double)p->own_wait_ns[node];
        if (cpu_ns > PRUNED_AT_MOST * (double)profile->cpu_ns_total || wait_ns > PRUNED_AT_MOST * (double)profile->wait_ns_total ||
            isinf(p->ranked[count - 1].weight)) {
            break;
        }
        count--;
    }
    return count;
}

/* How many of the first `kept` call something that goes: each gets a node "(pruned)". */
static uint32_t count_stumps(const struct pruning *p, uint32_t kept, uint8_t *marks)
{
    uint32_t count = 0;
    memset(marks, 0, p->profile->node_count);
    for (uint32_t i = kept; i < p->profile->node_count; i++) {
        uint32_t parent = p->profile->nodes[p->ranked[i].node].parent;
        if (p->rank[parent] < kept && !marks[parent]) {
            marks[parent] = 1;
            count++;
        }
    }
    return count;
}

/* As many nodes as together with their stumps are about `most`. */
static uint32_t fitting(const struct pruning *p, uint32_t most)
{
    uint8_t *marks = require_array(p->profile->node_count, sizeof marks[0]);
    uint32_t kept = most;
    for (unsigned i = 0; i < FITTING_STEPS && kept + count_stumps(p, kept, marks) > most; i++) {
        uint32_t all = kept + count_stumps(p, kept, marks);
        kept = (uint32_t)((uint64_t)kept * most / all);
    }
    free(marks);
    return kept;
}

/* `count` items and room for one more. */
static void *copy_and_one(const void *items, uint32_t count, size_t item_bytes)
{
    void *ret = require_array(count + (size_t)1, item_bytes);
    if (count > 0) {
        memcpy(ret, items, count * item_bytes);
    }
    return ret;
}

/* ret: the frame "(pruned)". */
static uint32_t add_code(struct pruned_profile *ret)
{
    struct profile *profile = &ret->profile;
    ret->modules = copy_and_one(profile->modules, profile->module_count, sizeof ret->modules[0]);
    ret->functions = copy_and_one(profile->functions, profile->function_count, sizeof ret->functions[0]);
    ret->frames = copy_and_one(profile->frames, profile->frame_count, sizeof ret->frames[0]);
    ret->modules[profile->module_count] = (struct profile_module){.path = "(pruned)"};
    ret->functions[profile->function_count] = (struct profile_function){.name = "(pruned)", .module = profile->module_count};
    ret->frames[profile->frame_count] =
        (struct profile_frame){.function = profile->function_count, .file = PROFILE_NONE, .module = profile->module_count};
    profile->modules = ret->modules;
    profile->functions = ret->functions;
    profile->frames = ret->frames;
    profile->module_count++;
    profile->function_count++;
    return profile->frame_count++;
}

/* ret: each node's new number. */
static uint32_t *make_nodes(struct pruned_profile *ret, const struct pruning *p, uint32_t frame)
{
    const struct profile *whole = p->profile;
    uint32_t *moved = require_array(whole->node_count, sizeof moved[0]), *stumps = require_array(whole->node_count, sizeof stumps[0]);
    uint32_t count = 0;
    ret->nodes = require_array(2 * (size_t)p->kept + 1, sizeof ret->nodes[0]);
    for (uint32_t i = 0; i < whole->node_count; i++) {
        if (p->rank[i] < p->kept) {
            ret->nodes[count] = (struct profile_node){i > 0 ? moved[whole->nodes[i].parent] : 0, whole->nodes[i].frame};
            moved[i] = count++;
        }
    }
    for (uint32_t i = 1; i < whole->node_count; i++) {
        uint32_t parent = whole->nodes[i].parent;
        if (p->rank[i] < p->kept) {
            continue;
        }
        if (p->rank[parent] >= p->kept) {
            moved[i] = moved[parent];
            continue;
        }
        if (stumps[parent] == 0) {
            ret->nodes[count] = (struct profile_node){moved[parent], frame};
            stumps[parent] = count++;
        }
        moved[i] = stumps[parent];
    }
    free(stumps);
    ret->profile.nodes = ret->nodes;
    ret->profile.node_count = count;
    return moved;
}

static int compare_cells(const void *left, const void *right)
{
    const struct profile_cell *a = left, *b = right;
    const uint32_t x[] = {a->node, a->tag_set, a->span, a->thread, a->bucket, a->in_kernel};
    const uint32_t y[] = {b->node, b->tag_set, b->span, b->thread, b->bucket, b->in_kernel};
    for (unsigned i = 0; i < sizeof x / sizeof x[0]; i++) {
        if (x[i] != y[i]) {
            return x[i] < y[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Cells that have become alike are one. */
static struct profile_cell *make_cells(const struct profile_cell *cells, uint32_t *count, const uint32_t *moved)
{
    struct profile_cell *ret = copy_and_one(cells, *count, sizeof ret[0]);
    uint32_t filled = 0;
    for (uint32_t i = 0; i < *count; i++) {
        ret[i].node = moved[ret[i].node];
    }
    qsort(ret, *count, sizeof ret[0], compare_cells);
    for (uint32_t i = 0; i < *count; i++) {
        if (filled > 0 && compare_cells(&ret[filled - 1], &ret[i]) == 0) {
            ret[filled - 1].samples += ret[i].samples;
            ret[filled - 1].cpu_ns += ret[i].cpu_ns;
        } else {
            ret[filled++] = ret[i];
        }
    }
    *count = filled;
    return ret;
}

static struct profile *make(const struct pruning *p)
{
    struct pruned_profile *ret = require_array(1, sizeof *ret);
    struct profile *profile = &ret->profile;
    *profile = *p->profile;
    uint32_t *moved = make_nodes(ret, p, add_code(ret));
    profile->report_pruned_nodes = p->profile->node_count - p->kept;
    for (uint32_t i = p->kept; i < p->profile->node_count; i++) {
        profile->report_pruned_ns += p->own_ns[p->ranked[i].node];
    }
    profile->cells = ret->cells = make_cells(profile->cells, &profile->cell_count, moved);
    profile->wait_cells = ret->wait_cells = make_cells(profile->wait_cells, &profile->wait_cell_count, moved);
    profile->locks = ret->locks = copy_and_one(profile->locks, profile->lock_count, sizeof ret->locks[0]);
    for (uint32_t i = 0; i < profile->lock_count; i++) {
        ret->locks[i].node = moved[ret->locks[i].node];
    }
    free(moved);
    return profile;
}

struct profile *profile_prune(const struct profile *profile)
{
    uint32_t most = profile->scope.max_nodes > 0 ? profile->scope.max_nodes : PRUNE_MOST_NODES, count = profile->node_count;
    if (count <= most + 1) { /* the root is none */
        return NULL;
    }
    struct pruning p = {.profile = profile,
                        .ranked = require_array(count, sizeof p.ranked[0]),
                        .rank = require_array(count, sizeof p.rank[0]),
                        .own_ns = require_array(count, sizeof p.own_ns[0]),
                        .own_wait_ns = require_array(count, sizeof p.own_wait_ns[0])};
    weigh(&p);
    uint32_t least = least_kept(&p), fit = fitting(&p, most);
    p.kept = fit > least ? fit : least;
    struct profile *ret = p.kept < count ? make(&p) : NULL;
    free(p.ranked);
    free(p.rank);
    free(p.own_ns);
    free(p.own_wait_ns);
    return ret;
}

void profile_prune_release(struct profile *pruned)
{
    struct pruned_profile *built = (struct pruned_profile *)(void *)pruned; /* its first member */
    if (!built) {
        return;
    }
    free(built->modules);
    free(built->functions);
    free(built->frames);
    free(built->nodes);
    free(built->cells);
    free(built->wait_cells);
    free(built->locks);
    free(built);
}
