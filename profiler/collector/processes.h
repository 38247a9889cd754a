/* The processes of the session as the collector sees them: who joined, what they have loaded, what CPU time they used,
 * whether they live. Publishes each process's module index. Everything read from a process block is copied and checked.
 * Drain thread only. */
#ifndef HOTLINE_PROCESSES_H
#define HOTLINE_PROCESSES_H

#include "profiler/collector/module_indexes.h"
#include "profiler/collector/modules.h"

struct process_view {
    bool known;
    bool dead; /* drained once more, then freed */
    int32_t pid;
    int pidfd; /* -1: none */
    uint64_t joined_ns;
    uint64_t cpu_ns;     /* last reading of its CPU clock */
    uint64_t sampled_ns; /* weight of its samples while `on` */
    uint64_t counted_ns; /* its part of cpu_on_ns */
    uint32_t rows_seen, rows_generation;
    struct unwind_module *modules; /* sorted, not overlapping: the private original of what is published */
    struct unwind_code *code;
    uint32_t *module_ids;
    uint32_t module_count, module_capacity;
    uint64_t published; /* its list in the arena, 0: none */
    uint32_t unknown_pcs; /* addresses outside every module that were met */
    uint32_t jit;         /* id + 1 of the module that stands for them; 0: none */
};

struct processes {
    struct process_view views[SESSION_PROCESSES];
    uint32_t high;
    uint32_t joined;
    uint64_t cpu_on_ns;  /* used by all processes while sampling was on */
    struct module_indexes indexes;
    /* Called between two modules whose tables are built, which takes a while: rings are not to run full. */
    void (*meanwhile)(void *user);
    void *user;
};

void processes_init(struct processes *ret);
void processes_deinit(struct processes *processes);

/* Look for new processes, new modules, deaths; read the CPU clocks (counted in cpu_on_ns when `on`). */
void processes_update(struct processes *processes, struct session_owner *owner, struct modules *modules, bool on);

/* Modules that a process noted after the last update. false: none. */
bool processes_read_new(struct processes *processes, uint32_t index, struct session_owner *owner,
                        struct modules *modules);

/* Where the code of a process lies, for unwind_walk(). */
struct unwind_space processes_space(const struct processes *processes, uint32_t index,
                                    const struct session_owner *owner);

/* The module that holds `pc` and the address in it. ret: module id; NO_MODULE and *ret_address = pc when there is none.
 */
uint32_t processes_resolve(const struct processes *processes, uint32_t index, uint64_t pc, uint64_t *ret_address);

/* Give back the blocks of dead processes, whose rings are drained. */
void processes_free_dead(struct processes *processes, struct session_owner *owner);

/* Whether the process says names for code outside every module: asked now and then, when such code is met. */
uint32_t processes_find_jit(struct processes *processes, uint32_t index, struct session_owner *owner,
                            struct modules *modules);

uint32_t processes_live(const struct processes *processes);

#endif
