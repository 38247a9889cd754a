/* See called_code.h. One pass from the root gives each node its group; cells are added up by group, then, for the groups that won, by
 * line. */
#include "profiler/collector/called_code.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/require_memory.h"

/* Groups: the kinds before CALLED_LIBRARY, then one for each module. */
struct called_groups {
    const struct summary *summary;
    uint32_t *own;   /* node -> the innermost node in own code from it upwards; PROFILE_NONE */
    uint32_t *group; /* node -> group of what runs there outside the kernel; PROFILE_NONE: own code, or none above it */
    struct summary_share *shares;
};

enum called_kind called_code_kind(const char *function)
{
    static const char *const allocation[] = {"malloc",     "calloc",     "realloc",      "reallocarray", "free",     "cfree",       "memalign",
                                             "posix_memalign", "aligned_alloc", "valloc", "int_malloc",   "int_free", "int_realloc", "int_memalign",
                                             "sysmalloc",  "systrim",    "unlink_chunk", "tcache",       "operator new", "operator delete"};
    static const char *const copy[] = {"memcpy", "mempcpy", "memmove", "memset", "memccpy", "wmemcpy", "wmemmove", "wmemset",
                                       "bcopy",  "bzero",   "strcpy",  "strncpy", "stpcpy"};
    function += strspn(function, "_");
    function += strncmp(function, "libc_", 5) == 0 ? 5 : 0;
    for (unsigned i = 0; i < sizeof allocation / sizeof *allocation + sizeof copy / sizeof *copy; i++) {
        bool allocates = i < sizeof allocation / sizeof *allocation;
        const char *word = allocates ? allocation[i] : copy[i - sizeof allocation / sizeof *allocation];
        size_t bytes = strlen(word);
        /* "memcpy_avx_unaligned_erms", "operator new(unsigned long)"; not "freeaddrinfo" */
        if (strncmp(function, word, bytes) == 0 && !isalnum((unsigned char)function[bytes])) {
            return allocates ? CALLED_ALLOCATION : CALLED_COPY;
        }
    }
    return CALLED_KINDS;
}

static uint32_t group_of_node(const struct called_groups *groups, const uint8_t *kinds, uint32_t node)
{
    const struct profile *profile = groups->summary->profile;
    uint32_t parent = profile->nodes[node].parent, function = profile->frames[profile->nodes[node].frame].function;
    if (groups->own[node] == node || groups->own[node] == PROFILE_NONE) {
        return PROFILE_NONE;
    }
    bool entered = groups->own[parent] == parent;
    if (!entered && groups->group[parent] < CALLED_KERNEL) {
        return groups->group[parent];
    }
    if (kinds[function] != CALLED_KINDS) {
        return kinds[function];
    }
    return entered ? CALLED_LIBRARY + profile->functions[function].module : groups->group[parent];
}

static void group_nodes(struct called_groups *groups)
{
    const struct profile *profile = groups->summary->profile;
    uint8_t *kinds = require_array(profile->function_count + (size_t)1, sizeof *kinds);
    for (uint32_t i = 0; i < profile->function_count; i++) {
        kinds[i] = (uint8_t)called_code_kind(profile->functions[i].name);
    }
    groups->own[0] = groups->group[0] = PROFILE_NONE;
    for (uint32_t i = 1; i < profile->node_count; i++) {
        groups->own[i] = profile->frames[profile->nodes[i].frame].own ? i : groups->own[profile->nodes[i].parent];
        groups->group[i] = group_of_node(groups, kinds, i);
    }
    free(kinds);
}

/* ret: PROFILE_NONE: it called nothing, or is not own code's. */
static uint32_t group_of_cell(const struct called_groups *groups, const struct profile_cell *cell)
{
    uint32_t group = groups->group[cell->node];
    return groups->own[cell->node] == PROFILE_NONE ? PROFILE_NONE : cell->in_kernel && group >= CALLED_KERNEL ? CALLED_KERNEL : group;
}

static void add(struct summary_share *to, const struct profile_cell *cell)
{
    to->cpu_ns += cell->cpu_ns;
    to->samples += cell->samples;
}

/* The line that calls most of a group. */
static void find_line(const struct called_groups *groups, uint32_t group, struct summary_share *lines, struct called *ret)
{
    const struct summary *summary = groups->summary;
    const struct profile *profile = summary->profile;
    memset(lines, 0, summary->line_count * sizeof *lines);
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        if (group_of_cell(groups, &profile->cells[i]) == group) {
            add(&lines[summary->frame_line[profile->nodes[groups->own[profile->cells[i].node]].frame]], &profile->cells[i]);
        }
    }
    for (uint32_t i = 0; i < summary->line_count; i++) {
        if (lines[i].samples > 0 && (ret->line == PROFILE_NONE || lines[i].cpu_ns > ret->line_share.cpu_ns)) {
            ret->line = i;
            ret->line_share = lines[i];
        }
    }
}

static void choose(const struct called_groups *groups, struct called ret[CALLED_KINDS])
{
    const struct profile *profile = groups->summary->profile;
    struct summary_share *lines = require_array(groups->summary->line_count + (size_t)1, sizeof *lines);
    for (uint32_t i = 0; i < CALLED_LIBRARY + profile->module_count; i++) {
        struct called *called = &ret[i < CALLED_LIBRARY ? i : CALLED_LIBRARY];
        if (groups->shares[i].cpu_ns > called->share.cpu_ns) {
            called->share = groups->shares[i];
            called->module = i < CALLED_LIBRARY ? PROFILE_NONE : i - CALLED_LIBRARY;
        }
    }
    for (uint32_t kind = 0; kind < CALLED_KINDS; kind++) {
        if (ret[kind].share.samples > 0) {
            find_line(groups, kind < CALLED_LIBRARY ? kind : CALLED_LIBRARY + ret[kind].module, lines, &ret[kind]);
        }
    }
    free(lines);
}

void called_code_find(const struct summary *summary, struct called ret[CALLED_KINDS])
{
    const struct profile *profile = summary->profile;
    struct called_groups groups = {
        .summary = summary,
        .own = require_array(profile->node_count + (size_t)1, sizeof *groups.own),
        .group = require_array(profile->node_count + (size_t)1, sizeof *groups.group),
        .shares = require_array(CALLED_LIBRARY + (size_t)profile->module_count, sizeof *groups.shares),
    };
    for (unsigned i = 0; i < CALLED_KINDS; i++) {
        ret[i] = (struct called){.module = PROFILE_NONE, .line = PROFILE_NONE};
    }
    group_nodes(&groups);
    for (uint32_t i = 0; i < profile->cell_count; i++) {
        uint32_t group = group_of_cell(&groups, &profile->cells[i]);
        if (group != PROFILE_NONE) {
            add(&groups.shares[group], &profile->cells[i]);
        }
    }
    choose(&groups, ret);
    free(groups.own);
    free(groups.group);
    free(groups.shares);
}
