/* The modules of the session: each file once, with its unwind table in the arena, its code for the collector's own
 * unwinding, and an id that the call tree uses. Drain thread only, except modules_list(). */
#ifndef HOTLINE_MODULES_H
#define HOTLINE_MODULES_H

#include <sys/types.h>

#include "profiler/collector/session_create.h"
#include "profiler/collector/table_builder.h"

enum { MODULES_MAX = 8192, MODULES_SLOTS = 2 * MODULES_MAX };
enum { MODULE_JIT = 64 }; /* no file, but the code that a process made while it ran: one more enum module_kind */

struct module {
    char *path;      /* as the program sees it; "[vdso]" */
    char *open_path; /* where this process can open it; NULL: path */
    uint8_t build_id[20];
    uint8_t build_id_bytes;
    uint8_t kind;    /* enum module_kind of its first sighting */
    pid_t pid;       /* MODULE_JIT: whose code */
    uid_t owner;     /* and who runs it */
    uint64_t table;  /* arena offset; 0: no call frame information */
    const char *why; /* why there is no table; NULL when there is one (static) */
    struct unwind_code code;
    struct module_image image; /* mapped for `code` */
};

struct modules {
    struct module *all;
    uint32_t count, capacity;
    uint32_t slots[MODULES_SLOTS]; /* open addressing by path and build-id: index + 1 */
};

void modules_init(struct modules *ret);
void modules_deinit(struct modules *modules);

/* The id of the module at `path` with that build-id, loaded and compiled when it is new. `pid` helps to open files of
 * another mount namespace. NO_MODULE when there are too many. */
uint32_t modules_find(struct modules *modules, struct session_owner *owner, const char *path, const uint8_t *build_id,
                      unsigned build_id_bytes, uint8_t kind, int pid);

/* The module that stands for the code which process `pid` makes, if it says its names (jit_names.h). NO_MODULE otherwise. */
uint32_t modules_find_jit(struct modules *modules, struct session_owner *owner, int pid);

#endif
