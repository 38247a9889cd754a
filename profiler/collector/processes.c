/* See processes.h. */
#include "profiler/collector/processes.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "profiler/collector/aggregate.h"

void processes_init(struct processes *ret)
{
    memset(ret, 0, sizeof *ret);
    module_indexes_init(&ret->indexes);
}

static void forget(struct process_view *view)
{
    if (view->known && view->pidfd >= 0) {
        close(view->pidfd);
    }
    free(view->modules);
    free(view->code);
    free(view->module_ids);
    *view = (struct process_view){0};
}

void processes_deinit(struct processes *processes)
{
    for (uint32_t i = 0; i < processes->high; i++) {
        forget(&processes->views[i]);
    }
    module_indexes_deinit(&processes->indexes);
}

/* The CPU clock of another process: works until it is reaped. false: it is gone. */
static bool read_cpu_clock(pid_t pid, uint64_t *ret)
{
    struct timespec now;
    clockid_t clock = (clockid_t)(~(unsigned)pid << 3 | 2);
    if (clock_gettime(clock, &now) != 0) {
        return false;
    }
    *ret = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return true;
}

static void meet(struct processes *processes, struct process_view *view, const struct process_block *block)
{
    forget(view);
    view->known = true;
    view->pid = block->pid;
    view->joined_ns = block->joined_ns;
    view->cpu_ns = block->joined_cpu_ns;
    view->pidfd = view->pid > 0 ? (int)syscall(SYS_pidfd_open, view->pid, 0) : -1;
    /* It may have ended before it was ever seen here. */
    view->dead = view->pidfd < 0 && (view->pid <= 0 || (kill(view->pid, 0) != 0 && errno == ESRCH));
    processes->joined++;
    /* An exec replaced the image: the same pid, and the older block's threads are gone. */
    for (uint32_t i = 0; i < processes->high; i++) {
        struct process_view *other = &processes->views[i];
        if (other != view && other->known && other->pid == view->pid && other->joined_ns < view->joined_ns) {
            other->dead = true;
        }
    }
}

static bool make_room(struct process_view *view)
{
    if (view->module_count < view->module_capacity) {
        return true;
    }
    uint32_t capacity = view->module_capacity ? view->module_capacity * 2 : 64;
    struct unwind_module *modules = realloc(view->modules, capacity * sizeof modules[0]);
    view->modules = modules ? modules : view->modules;
    struct unwind_code *code = realloc(view->code, capacity * sizeof code[0]);
    view->code = code ? code : view->code;
    uint32_t *ids = realloc(view->module_ids, capacity * sizeof ids[0]);
    view->module_ids = ids ? ids : view->module_ids;
    if (!modules || !code || !ids) {
        return false;
    }
    view->module_capacity = capacity;
    return true;
}

static void remove_at(struct process_view *view, uint32_t at)
{
    uint32_t behind = view->module_count - at - 1;
    memmove(view->modules + at, view->modules + at + 1, behind * sizeof view->modules[0]);
    memmove(view->code + at, view->code + at + 1, behind * sizeof view->code[0]);
    memmove(view->module_ids + at, view->module_ids + at + 1, behind * sizeof view->module_ids[0]);
    view->module_count--;
}

/* Keep the list sorted and free of overlaps: a newer module took the place of what it covers. */
static void insert(struct process_view *view, const struct unwind_module *module, const struct unwind_code *code,
                   uint32_t id)
{
    for (uint32_t i = view->module_count; i-- > 0;) {
        if (view->modules[i].start < module->end && module->start < view->modules[i].end) {
            remove_at(view, i);
        }
    }
    if (!make_room(view)) {
        return;
    }
    uint32_t at = view->module_count;
    while (at > 0 && view->modules[at - 1].start > module->start) {
        at--;
    }
    uint32_t behind = view->module_count - at;
    memmove(view->modules + at + 1, view->modules + at, behind * sizeof view->modules[0]);
    memmove(view->code + at + 1, view->code + at, behind * sizeof view->code[0]);
    memmove(view->module_ids + at + 1, view->module_ids + at, behind * sizeof view->module_ids[0]);
    view->modules[at] = *module;
    view->code[at] = *code;
    view->module_ids[at] = id;
    view->module_count++;
}

/* A string of the block, copied: the program may change it while we look. */
static void copy_string(const struct process_block *block, uint32_t at, char *ret, size_t ret_bytes)
{
    size_t length = 0;
    if (at < sizeof block->strings) {
        size_t most = sizeof block->strings - at;
        length = strnlen(block->strings + at, most < ret_bytes ? most : ret_bytes - 1);
        memcpy(ret, block->strings + at, length);
    }
    ret[length] = '\0';
}

static bool read_new_modules(const struct processes *processes, struct process_view *view,
                             const struct process_block *block, struct session_owner *owner, struct modules *modules)
{
    uint32_t generation = atomic_load_explicit(&block->module_generation, memory_order_acquire);
    if (generation & 1) {
        return false; /* the rows are being written anew */
    }
    if (generation != view->rows_generation) {
        view->rows_generation = generation;
        view->rows_seen = 0;
    }
    uint32_t count = atomic_load_explicit(&block->module_count, memory_order_acquire);
    count = count < SESSION_MODULES ? count : SESSION_MODULES;
    bool changed = false;
    for (; view->rows_seen < count; view->rows_seen++) {
        if (atomic_load_explicit(&block->modules[view->rows_seen].state, memory_order_acquire) != MODULE_READY) {
            break;
        }
        struct module_row row;
        memcpy(&row, &block->modules[view->rows_seen], sizeof row);
        char path[4096];
        copy_string(block, row.kind == MODULE_MAIN ? block->exe : row.path, path, sizeof path);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&block->module_generation, memory_order_relaxed) != generation) {
            break;
        }
        if (row.start >= row.end || row.end - row.start > UINT32_MAX || path[0] == '\0') {
            continue;
        }
        uint32_t id = modules_find(modules, owner, path, row.build_id, row.build_id_bytes,
                                   row.kind <= MODULE_VDSO ? row.kind : MODULE_LIBRARY, view->pid);
        struct unwind_module module = {.start = row.start, .end = row.end, .bias = row.bias};
        struct unwind_code code = {0};
        if (id != NO_MODULE) {
            module.table = modules->all[id].table;
            code = modules->all[id].code;
        }
        insert(view, &module, &code, id);
        changed = true;
        if (processes->meanwhile) {
            processes->meanwhile(processes->user);
        }
    }
    return changed;
}

/* The sampler's copy. */
static void publish(struct processes *processes, struct process_view *view, struct process_block *block,
                    struct session_owner *owner)
{
    uint64_t published = module_indexes_publish(&processes->indexes, owner, view->modules, view->module_count);
    if (published) {
        atomic_store(&block->module_index, published);
        module_indexes_withdraw(&processes->indexes, owner, view->published);
        view->published = published;
    }
}

static void notice_deaths(struct processes *processes)
{
    struct pollfd polled[SESSION_PROCESSES];
    uint32_t owners[SESSION_PROCESSES], count = 0;
    for (uint32_t i = 0; i < processes->high; i++) {
        if (processes->views[i].known && !processes->views[i].dead) {
            polled[count] = (struct pollfd){.fd = processes->views[i].pidfd, .events = POLLIN};
            owners[count++] = i;
        }
    }
    if (count && poll(polled, count, 0) > 0) {
        for (uint32_t i = 0; i < count; i++) {
            processes->views[owners[i]].dead |= (polled[i].revents & POLLIN) != 0;
        }
    }
    for (uint32_t i = 0; i < count; i++) { /* without a descriptor for it: ask */
        struct process_view *view = &processes->views[owners[i]];
        view->dead |= view->pidfd < 0 && kill(view->pid, 0) != 0 && errno == ESRCH;
    }
}

static void count_cpu(struct processes *processes, struct process_view *view, uint64_t ns)
{
    processes->cpu_on_ns += ns;
    view->counted_ns += ns;
}

static void read_cpu(struct processes *processes, struct process_view *view, bool on)
{
    uint64_t now;
    if (view->pid > 0 && read_cpu_clock(view->pid, &now) && now > view->cpu_ns) {
        count_cpu(processes, view, on ? now - view->cpu_ns : 0);
        view->cpu_ns = now;
    }
}

/* A process taken while its claim of a block was not finished. */
static void free_dead_claim(struct process_block *block, uint32_t state)
{
    pid_t pid = (pid_t)(state >> CLAIM_OWNER_SHIFT);
    if ((state & CLAIM_STATE_MASK) == PROCESS_CLAIMED && (pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH))) {
        atomic_compare_exchange_strong(&block->state, &state, PROCESS_FREE);
    }
}

void processes_update(struct processes *processes, struct session_owner *owner, struct modules *modules, bool on)
{
    uint32_t high = atomic_load_explicit(&owner->session->header.process_high, memory_order_acquire);
    high = high < SESSION_PROCESSES ? high : SESSION_PROCESSES;
    processes->high = high > processes->high ? high : processes->high; /* what is known must not fall out of sight */
    notice_deaths(processes);
    for (uint32_t i = 0; i < processes->high; i++) {
        struct process_block *block = &owner->session->processes[i];
        struct process_view *view = &processes->views[i];
        uint32_t state = atomic_load_explicit(&block->state, memory_order_acquire);
        if (state != PROCESS_LIVE) {
            free_dead_claim(block, state);
            continue;
        }
        if (!view->known || view->joined_ns != block->joined_ns) {
            module_indexes_withdraw(&processes->indexes, owner, view->published);
            meet(processes, view, block);
        }
        if (read_new_modules(processes, view, block, owner, modules) && !view->dead) {
            publish(processes, view, block, owner);
        }
        read_cpu(processes, view, on);
    }
    module_indexes_reclaim(&processes->indexes, owner);
}

bool processes_read_new(struct processes *processes, uint32_t index, struct session_owner *owner,
                        struct modules *modules)
{
    struct process_block *block = &owner->session->processes[index];
    struct process_view *view = &processes->views[index];
    if (!view->known || view->joined_ns != block->joined_ns || !read_new_modules(processes, view, block, owner, modules)) {
        return false;
    }
    publish(processes, view, block, owner);
    return true;
}

struct unwind_space processes_space(const struct processes *processes, uint32_t index,
                                    const struct session_owner *owner)
{
    const struct process_view *view = &processes->views[index];
    return (struct unwind_space){.modules = view->modules,
                                 .module_count = view->module_count,
                                 .arena = owner->session->arena,
                                 .arena_bytes = SESSION_ARENA_BYTES,
                                 .code = view->code};
}

uint32_t processes_resolve(const struct processes *processes, uint32_t index, uint64_t pc, uint64_t *ret_address)
{
    const struct process_view *view = &processes->views[index];
    uint32_t low = 0, high = view->module_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (view->modules[middle].end <= pc) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == view->module_count || pc < view->modules[low].start) {
        *ret_address = pc;
        return NO_MODULE;
    }
    *ret_address = pc - view->modules[low].bias;
    return view->module_ids[low];
}

void processes_free_dead(struct processes *processes, struct session_owner *owner)
{
    for (uint32_t i = 0; i < processes->high; i++) {
        struct process_view *view = &processes->views[i];
        if (view->known && view->dead) {
            /* Reaped before its clock was read for the last time: it used at least what was sampled. */
            count_cpu(processes, view, view->sampled_ns > view->counted_ns ? view->sampled_ns - view->counted_ns : 0);
            module_indexes_withdraw(&processes->indexes, owner, view->published);
            forget(view);
            struct process_block *block = &owner->session->processes[i];
            atomic_store(&block->module_count, 0);
            for (uint32_t row = 0; row < SESSION_MODULES; row++) {
                if (atomic_load_explicit(&block->modules[row].state, memory_order_relaxed) == MODULE_EMPTY) {
                    break;
                }
                atomic_store_explicit(&block->modules[row].state, MODULE_EMPTY, memory_order_relaxed);
            }
            atomic_store_explicit(&block->state, PROCESS_FREE, memory_order_release);
            atomic_store_explicit(&owner->session->header.process_hint, i, memory_order_relaxed);
        }
    }
}

uint32_t processes_find_jit(struct processes *processes, uint32_t index, struct session_owner *owner,
                            struct modules *modules)
{
    struct process_view *view = &processes->views[index];
    uint32_t met = view->jit ? 0 : ++view->unknown_pcs;
    if (met && (met & (met - 1)) == 0) { /* the 1st, 2nd, 4th, 8th, ... */
        view->jit = modules_find_jit(modules, owner, view->pid) + 1; /* NO_MODULE + 1 is 0 */
    }
    return view->jit - 1;
}

uint32_t processes_live(const struct processes *processes)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < processes->high; i++) {
        live += processes->views[i].known && !processes->views[i].dead;
    }
    return live;
}
