/* The module lists in the arena that handlers search: shared by processes with equal ones, withdrawn when nobody uses them any more, and
 * their room used again, so that neither a shell pipeline's hundred thousand execs nor a program that loads and unloads fills the arena.
 *
 *   used --(last user gone: serial 0)--> withdrawn --(no handler at work)--> free --> used, with another serial
 *
 * A handler marks its slot busy before it looks at a list's serial, so one that found the list in use is seen at work until it is done. A
 * forked child may still know a withdrawn list: it finds another serial and defers its samples until it has its own. Drain thread only. */
#ifndef HOTLINE_MODULE_INDEXES_H
#define HOTLINE_MODULE_INDEXES_H

#include "profiler/collector/session_create.h"
#include "profiler/unwind/unwind_walk.h"

enum index_state { INDEX_USED, INDEX_WITHDRAWN, INDEX_FREE };

struct published_index {
    uint64_t at; /* arena offset */
    uint64_t hash;
    uint32_t count; /* modules */
    uint32_t room_bytes;
    uint32_t users; /* processes */
    uint32_t serial;
    enum index_state state;
};

struct module_indexes {
    struct published_index *all;
    uint32_t count, capacity;
    uint32_t last_serial;
};

void module_indexes_init(struct module_indexes *ret);
void module_indexes_deinit(struct module_indexes *indexes);

/* The list for one more process, which calls module_indexes_withdraw() later. ret: what goes into process_block.module_index; 0 when
 * there is no room. */
uint64_t module_indexes_publish(struct module_indexes *indexes, struct session_owner *owner, const struct unwind_module *modules,
                                uint32_t count);

/* One process less uses `published`, which module_indexes_publish() returned. 0: nothing happens. */
void module_indexes_withdraw(struct module_indexes *indexes, const struct session_owner *owner, uint64_t published);

/* Free the room of withdrawn lists if no handler is at work. */
void module_indexes_reclaim(struct module_indexes *indexes, const struct session_owner *owner);

#endif
