/* [S] What is loaded, noted by the process itself, because the collector may not be allowed to read another process's
 * maps.
 *
 * Kept in private memory (a fork copies it for nothing) and published to the process's block from there. At start
 * module_scan.c fills it; later a pc that no known module holds is looked up by glibc's lock-free _dl_find_object.
 * Context: signal handler. */
#include "profiler/sampler/sampler.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/uio.h>

static struct module_row rows[SESSION_MODULES];
static char strings[SESSION_STRING_BYTES - 4096]; /* the block's first 4096 hold exe and command line */
static _Atomic uint32_t row_count;
static uint32_t strings_used;
static uint32_t published;
static bool written_anew;                       /* not published yet: rows that were published have moved */
static uint32_t rows_after_forgetting;
static _Atomic int published_to = NO_INDEX; /* block that `published` counts for */
static _Atomic uint64_t stale_index; /* a published module index that names a library which is gone */
static _Atomic bool kernel_copies = true;   /* until it is seen not to */
static _Atomic int busy;                    /* one thread at a time changes or publishes; the others go on without */

/* A library may be on its way out: ld.so unmaps it before _dl_find_object forgets it. The kernel copies, or says that nothing is
 * there. ret: how much could be copied. */
static size_t copy_mapped(void *to, const void *from, size_t bytes)
{
    struct iovec here = {.iov_base = to, .iov_len = bytes};
    struct iovec there = {.iov_base = (void *)(uintptr_t)from, .iov_len = bytes};
    long got = syscall(SYS_process_vm_readv, (int)syscall(SYS_getpid), &here, 1L, &there, 1L, 0L);
    if (got < 0 && errno != EFAULT) { /* a seccomp filter says no */
        atomic_store_explicit(&kernel_copies, false, memory_order_relaxed);
        memcpy(to, from, bytes);
        return bytes;
    }
    return got > 0 ? (size_t)got : 0;
}

/* The build-id in the note segments, which are mapped. */
static void read_build_id(uint64_t bias, const ElfW(Phdr) * headers, unsigned count, struct module_row *row)
{
    for (unsigned i = 0; i < count; i++) {
        if (headers[i].p_type != PT_NOTE) {
            continue;
        }
        char notes[256], *note = notes;
        uint64_t left = headers[i].p_memsz < sizeof notes ? headers[i].p_memsz : sizeof notes;
        left = copy_mapped(notes, (const char *)(uintptr_t)(bias + headers[i].p_vaddr), left);
        while (left >= sizeof(ElfW(Nhdr))) {
            ElfW(Nhdr) header;
            memcpy(&header, note, sizeof header);
            uint64_t name_bytes = (header.n_namesz + UINT64_C(3)) & ~UINT64_C(3);
            uint64_t text_bytes = (header.n_descsz + UINT64_C(3)) & ~UINT64_C(3);
            if (sizeof header + name_bytes + text_bytes > left) {
                break;
            }
            const char *text = note + sizeof header + name_bytes;
            if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
                memcmp(note + sizeof header, "GNU", 4) == 0 && header.n_descsz <= sizeof row->build_id) {
                memcpy(row->build_id, text, header.n_descsz);
                row->build_id_bytes = (uint8_t)header.n_descsz;
                return;
            }
            note += sizeof header + name_bytes + text_bytes;
            left -= sizeof header + name_bytes + text_bytes;
        }
    }
}

static bool has_room(const char *name, bool is_relative)
{
    return row_count < SESSION_MODULES && strings_used + strnlen(name, 4000) + 1 + (is_relative ? 4096 : 0) <= sizeof strings;
}

/* dlopen("./plugin.so"): the collector stands in another folder. */
static bool is_relative_library(uint8_t kind, const char *name)
{
    return kind == MODULE_LIBRARY && name[0] != '/';
}

void module_list_add(uint64_t bias, const ElfW(Phdr) * headers, unsigned count, const char *name, uint8_t kind)
{
    bool is_relative = is_relative_library(kind, name);
    size_t name_bytes = strnlen(name, 4000) + 1;
    if (!has_room(name, is_relative)) {
        return;
    }
    struct module_row row = {.state = MODULE_READY, .bias = bias, .start = UINT64_MAX, .kind = kind};
    for (unsigned i = 0; i < count; i++) {
        if (headers[i].p_type == PT_LOAD) {
            uint64_t start = bias + headers[i].p_vaddr;
            uint64_t end = start + headers[i].p_memsz;
            row.start = start < row.start ? start : row.start;
            row.end = end > row.end ? end : row.end;
        }
    }
    if (row.start >= row.end) {
        return;
    }
    read_build_id(bias, headers, count, &row);
    row.path = strings_used;
    if (is_relative && atomic_load_explicit(&sampler.may_look, memory_order_relaxed)) {
        long folder_bytes = syscall(SYS_getcwd, strings + strings_used, 4096); /* with its NUL */
        if (folder_bytes > 1) {
            strings_used += (uint32_t)folder_bytes;
            strings[strings_used - 1] = '/';
        }
    }
    memcpy(strings + strings_used, name, name_bytes - 1);
    strings[strings_used + name_bytes - 1] = '\0';
    strings_used += (uint32_t)name_bytes;
    uint32_t at = row_count;
    memcpy(&rows[at], &row, sizeof row);
    atomic_store_explicit(&row_count, at + 1, memory_order_release);
}

void module_list_publish(struct process_block *block)
{
    if (atomic_exchange(&busy, 1)) {
        return;
    }
    int index = (int)(block - sampler.session->processes);
    if (atomic_load(&published_to) != index || atomic_load(&block->module_count) == 0 || written_anew) {
        published = 0;
        atomic_store(&published_to, index);
    }
    if (written_anew) { /* odd: the collector waits, or throws away what it is reading */
        atomic_fetch_add(&block->module_generation, 1);
        atomic_thread_fence(memory_order_release);
    }
    memcpy(block->strings + sizeof block->strings - sizeof strings, strings, strings_used);
    for (; published < row_count; published++) {
        struct module_row *row = &block->modules[published];
        memcpy((char *)row + sizeof row->state, (const char *)&rows[published] + sizeof row->state,
               sizeof *row - sizeof row->state);
        row->path = rows[published].path + (uint32_t)(sizeof block->strings - sizeof strings);
        atomic_store_explicit(&row->state, MODULE_READY, memory_order_release);
    }
    atomic_store_explicit(&block->module_count, row_count, memory_order_release);
    if (written_anew) {
        atomic_fetch_add(&block->module_generation, 1);
        written_anew = false;
    }
    atomic_store(&busy, 0);
}

void module_list_forked(void)
{
    atomic_store(&busy, 0); /* a thread that held it may not have come along */
}

void module_list_program(uint64_t *ret_start, uint64_t *ret_end)
{
    *ret_start = rows[0].start; /* noted first */
    *ret_end = rows[0].end;
}

/* The newest module that was seen at `pc`: a library may have taken the place of one that was closed. */
static const struct module_row *newest_at(uint64_t pc)
{
    for (uint32_t i = atomic_load_explicit(&row_count, memory_order_acquire); i-- > 0;) {
        if (pc >= rows[i].start && pc < rows[i].end) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Whether `name` (as ld.so has it) is the noted path, which was made absolute. */
static bool is_name_of(const struct module_row *row, const char *name)
{
    const char *path = strings + row->path;
    size_t path_bytes = strnlen(path, sizeof strings - row->path), name_bytes = strnlen(name, sizeof strings);
    return name_bytes <= path_bytes && memcmp(path + path_bytes - name_bytes, name, name_bytes) == 0 &&
           (name[0] != '/' || name_bytes == path_bytes);
}

static bool is_current(const struct module_row *row, const struct dl_find_object *found)
{
    return row->kind != MODULE_LIBRARY ||
           (row->bias == found->dlfo_link_map->l_addr && is_name_of(row, found->dlfo_link_map->l_name));
}

static bool is_kept(uint32_t row, uint32_t kept)
{
    struct dl_find_object found;
    if (rows[row].kind != MODULE_LIBRARY) {
        return true;
    }
    for (uint32_t i = 0; i < kept; i++) {
        if (rows[i].kind == MODULE_LIBRARY && rows[i].start == rows[row].start) {
            return false; /* it came, went and came again */
        }
    }
    return _dl_find_object((void *)(uintptr_t)rows[row].start, &found) == 0 && is_current(&rows[row], &found);
}

/* Write the list anew without the libraries that are gone: a program that loads and unloads for ever would fill it. With `busy` held.
 * Others who search meanwhile may see a row half moved, and find no module, or one that the next check refuses. */
static void forget_gone(void)
{
    enum { WORTHWHILE = 32 };
    uint32_t count = row_count, kept = 0, used = 0;
    if (count < rows_after_forgetting + WORTHWHILE) {
        return; /* nearly all of them were there the last time */
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!is_kept(i, kept)) {
            continue;
        }
        uint32_t path = rows[i].path, bytes = (uint32_t)strnlen(strings + path, sizeof strings - path - 1) + 1;
        memmove(strings + used, strings + path, bytes);
        if (kept != i) {
            memcpy(&rows[kept], &rows[i], sizeof rows[i]);
        }
        rows[kept++].path = used;
        used += bytes;
    }
    strings_used = used;
    rows_after_forgetting = kept;
    written_anew = true;
    atomic_store_explicit(&row_count, kept, memory_order_release);
}

/* With `busy` held. */
static void note(const struct dl_find_object *found)
{
    static union {
        ElfW(Ehdr) header;
        char bytes[4096];
    } start; /* the ELF header is the start of the first mapping of every module that ld.so loads */
    static char name[4096];
    struct link_map map;
    size_t bytes = copy_mapped(&start, found->dlfo_map_start, sizeof start);
    if (bytes < sizeof start.header || memcmp(start.header.e_ident, ELFMAG, SELFMAG) != 0 ||
        start.header.e_phentsize != sizeof(ElfW(Phdr)) || start.header.e_phoff % sizeof(uint64_t) != 0 ||
        start.header.e_phoff > bytes ||
        start.header.e_phnum > (bytes - start.header.e_phoff) / sizeof(ElfW(Phdr)) ||
        copy_mapped(&map, found->dlfo_link_map, sizeof map) < sizeof map) {
        return;
    }
    size_t name_bytes = copy_mapped(name, map.l_name, sizeof name);
    if (strnlen(name, name_bytes) < name_bytes) {
        if (!has_room(name, is_relative_library(MODULE_LIBRARY, name))) {
            forget_gone();
        }
        module_list_add(map.l_addr, (const ElfW(Phdr) *)(const void *)(start.bytes + start.header.e_phoff),
                        start.header.e_phnum, name, MODULE_LIBRARY);
    }
}

bool module_list_note(uint64_t pc)
{
    struct dl_find_object found;
    const struct module_row *row = newest_at(pc);
    if (row && row->kind != MODULE_LIBRARY) {
        return true;
    }
    if (_dl_find_object((void *)(uintptr_t)pc, &found) != 0) {
        return row != NULL;
    }
    if ((row && is_current(row, &found)) || atomic_exchange(&busy, 1)) {
        return true; /* known, or another thread is noting it */
    }
    note(&found);
    atomic_store(&busy, 0);
    int index = atomic_load(&sampler.process);
    if (index != NO_INDEX) {
        struct process_block *block = &sampler.session->processes[index];
        if (row) { /* the published index still has the old one there */
            atomic_store(&stale_index, atomic_load(&block->module_index));
        }
        module_list_publish(block);
    }
    return newest_at(pc) != NULL;
}

void module_list_note_if_code(uint64_t word)
{
    struct dl_find_object found;
    if (!atomic_load_explicit(&kernel_copies, memory_order_relaxed) || newest_at(word) ||
        _dl_find_object((void *)(uintptr_t)word, &found) != 0 || atomic_exchange(&busy, 1)) {
        return;
    }
    note(&found);
    atomic_store(&busy, 0);
    int index = atomic_load(&sampler.process);
    if (index != NO_INDEX) {
        module_list_publish(&sampler.session->processes[index]);
    }
}

void module_list_check(uint64_t pc)
{
    struct dl_find_object found;
    const struct module_row *row = newest_at(pc);
    if (row && row->kind == MODULE_LIBRARY && _dl_find_object((void *)(uintptr_t)pc, &found) == 0 &&
        !is_current(row, &found)) {
        module_list_note(pc);
    }
}

bool module_list_is_stale(uint64_t module_index)
{
    return module_index == atomic_load_explicit(&stale_index, memory_order_relaxed);
}
