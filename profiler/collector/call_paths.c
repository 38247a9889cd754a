/* Chooses frames one after another, each time the heaviest whose caller is chosen already: only what is chosen has its
 * nodes' children gathered, so the cost is a few passes over the nodes, however many frames the whole tree would have.
 * See call_paths.h. */
#include "profiler/collector/call_paths.h"

#include <stdlib.h>

#include "profiler/collector/summarize_parts.h"

/* A frame: nodes of the same function (called, or inlined: `key` tells) below the same caller. */
struct candidate {
    struct call_path path;
    uint32_t key;
    uint32_t parent;                 /* among the chosen ones; PROFILE_NONE: called by nobody */
    uint32_t first_node, node_count; /* in chooser.nodes */
    bool chosen;
};

struct chooser {
    const struct profile *profile;
    struct summary_share *total, *self;   /* by node */
    uint32_t *first_child, *next_sibling; /* by node; 0: none */
    struct candidate *candidates;
    uint32_t candidate_count, candidate_capacity;
    uint32_t *nodes; /* members of the candidates */
    uint32_t node_count;
};

static void chooser_deinit(struct chooser *chooser)
{
    free(chooser->total);
    free(chooser->self);
    free(chooser->first_child);
    free(chooser->next_sibling);
    free(chooser->candidates);
    free(chooser->nodes);
}

static bool chooser_init(struct chooser *chooser, const struct profile *profile)
{
    uint32_t count = profile->node_count;
    *chooser = (struct chooser){.profile = profile,
                                .total = summary_zeroed(count, sizeof *chooser->total),
                                .self = summary_zeroed(count, sizeof *chooser->self),
                                .first_child = summary_zeroed(count, sizeof *chooser->first_child),
                                .next_sibling = summary_zeroed(count, sizeof *chooser->next_sibling),
                                .nodes = summary_zeroed(count, sizeof *chooser->nodes)};
    if (!chooser->total || !chooser->self || !chooser->first_child || !chooser->next_sibling || !chooser->nodes) {
        chooser_deinit(chooser);
        return false;
    }
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        struct summary_share *self = &chooser->self[profile->cells[i].node],
                             *total = &chooser->total[profile->cells[i].node];
        self->cpu_ns += profile->cells[i].cpu_ns;
        self->samples += profile->cells[i].samples;
        *total = *self;
    }
    for (uint32_t i = count; i-- > 1;) {
        uint32_t parent = profile->nodes[i].parent;
        chooser->total[parent].cpu_ns += chooser->total[i].cpu_ns;
        chooser->total[parent].samples += chooser->total[i].samples;
        chooser->next_sibling[i] = chooser->first_child[parent];
        chooser->first_child[parent] = i;
    }
    return true;
}

static uint32_t key_of(const struct profile *profile, uint32_t node)
{
    const struct profile_frame *frame = &profile->frames[profile->nodes[node].frame];
    return 2 * frame->function + frame->inlined;
}

static int compare_nodes(const void *left, const void *right, void *context)
{
    uint32_t i = *(const uint32_t *)left, j = *(const uint32_t *)right;
    uint32_t a = key_of(context, i), b = key_of(context, j);
    return a != b ? (a < b ? -1 : 1) : i < j ? -1 : i > j;
}

static int compare_candidates(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->path.total.cpu_ns != b->path.total.cpu_ns) {
        return a->path.total.cpu_ns > b->path.total.cpu_ns ? -1 : 1;
    }
    return a->key < b->key ? -1 : a->key > b->key;
}

/* Append the children of `node` that were sampled to the members. */
static void gather(struct chooser *chooser, uint32_t node)
{
    for (uint32_t child = chooser->first_child[node]; child != 0; child = chooser->next_sibling[child]) {
        if (chooser->total[child].samples > 0) {
            chooser->nodes[chooser->node_count++] = child;
        }
    }
}

static struct candidate *add_candidate(struct chooser *chooser)
{
    if (chooser->candidate_count == chooser->candidate_capacity) {
        uint32_t capacity = chooser->candidate_capacity > 0 ? 2 * chooser->candidate_capacity : 256;
        struct candidate *grown = realloc(chooser->candidates, capacity * sizeof *grown);
        if (!grown) {
            return NULL;
        }
        chooser->candidates = grown;
        chooser->candidate_capacity = capacity;
    }
    struct candidate *candidate = &chooser->candidates[chooser->candidate_count++];
    *candidate = (struct candidate){0};
    return candidate;
}

/* nodes[first..node_count): the callees' nodes of `parent` -> candidates, heaviest first. false: out of memory. */
static bool offer(struct chooser *chooser, uint32_t first, uint32_t parent, uint32_t depth)
{
    const struct profile *profile = chooser->profile;
    uint32_t first_candidate = chooser->candidate_count;
    /* The comparison only reads the profile. */
    qsort_r(chooser->nodes + first, chooser->node_count - first, sizeof *chooser->nodes, compare_nodes,
            (void *)(uintptr_t)profile);
    for (uint32_t i = first; i < chooser->node_count; i++) {
        uint32_t node = chooser->nodes[i], key = key_of(profile, node);
        bool same =
            chooser->candidate_count > first_candidate && chooser->candidates[chooser->candidate_count - 1].key == key;
        struct candidate *candidate =
            same ? &chooser->candidates[chooser->candidate_count - 1] : add_candidate(chooser);
        if (!candidate) {
            return false;
        }
        if (!same) {
            *candidate = (struct candidate){
                .path = {.function = key / 2, .depth = depth}, .key = key, .parent = parent, .first_node = i};
        }
        candidate->node_count++;
        candidate->path.total.cpu_ns += chooser->total[node].cpu_ns;
        candidate->path.total.samples += chooser->total[node].samples;
        candidate->path.self.cpu_ns += chooser->self[node].cpu_ns;
        candidate->path.self.samples += chooser->self[node].samples;
    }
    uint32_t count = chooser->candidate_count - first_candidate;
    if (count > 1) {
        qsort(&chooser->candidates[first_candidate], count, sizeof *chooser->candidates, compare_candidates);
    }
    return true;
}

/* false: out of memory */
static bool choose(struct chooser *chooser, uint32_t most)
{
    gather(chooser, 0);
    bool fine = offer(chooser, 0, PROFILE_NONE, 1);
    for (uint32_t chosen = 0; fine && chosen < most; chosen++) {
        uint32_t best = PROFILE_NONE;
        for (uint32_t i = 0; i < chooser->candidate_count; i++) {
            const struct candidate *candidate = &chooser->candidates[i];
            if (!candidate->chosen &&
                (best == PROFILE_NONE || candidate->path.total.cpu_ns > chooser->candidates[best].path.total.cpu_ns)) {
                best = i;
            }
        }
        if (best == PROFILE_NONE) {
            break;
        }
        struct candidate *candidate = &chooser->candidates[best];
        candidate->chosen = true;
        uint32_t first = chooser->node_count, depth = candidate->path.depth + 1;
        for (uint32_t i = 0; i < candidate->node_count; i++) {
            gather(chooser, chooser->nodes[candidate->first_node + i]);
        }
        fine = offer(chooser, first, best, depth);
    }
    return fine;
}

/* Callees stand together and heaviest first among the candidates, so a walk finds them in order. The depth is bounded
 * by `most`. */
static void walk(const struct chooser *chooser, uint32_t parent, struct call_paths *ret)
{
    for (uint32_t i = 0; i < chooser->candidate_count; i++) {
        if (chooser->candidates[i].chosen && chooser->candidates[i].parent == parent) {
            ret->paths[ret->count++] = chooser->candidates[i].path;
            walk(chooser, i, ret);
        }
    }
}

bool call_paths_init(struct call_paths *paths, const struct summary *summary, uint32_t most)
{
    *paths = (struct call_paths){0};
    struct chooser chooser;
    if (summary->profile->node_count == 0) {
        return true;
    }
    if (!chooser_init(&chooser, summary->profile)) {
        return false;
    }
    paths->paths = summary_zeroed(most, sizeof *paths->paths);
    bool fine = paths->paths && choose(&chooser, most);
    if (fine) {
        walk(&chooser, PROFILE_NONE, paths);
    } else {
        call_paths_deinit(paths);
    }
    chooser_deinit(&chooser);
    return fine;
}

void call_paths_deinit(struct call_paths *paths)
{
    free(paths->paths);
    *paths = (struct call_paths){0};
}
