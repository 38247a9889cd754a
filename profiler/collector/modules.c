/* See modules.h. */
#include "profiler/collector/modules.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/collector/aggregate.h"
#include "profiler/collector/build_id.h"
#include "profiler/collector/fault_guard.h"
#include "profiler/collector/open_regular.h"

static const char WHY_NOT_OPENED[] = "the file cannot be opened";
static const char WHY_CUT[] = "the file became shorter while it was read";
static const char WHY_OTHER_BUILD[] = "the file on disk is another build";

void modules_init(struct modules *ret)
{
    memset(ret, 0, sizeof *ret);
}

static void unmap(struct module_image *image)
{
    if (image->bytes) {
        munmap((void *)(uintptr_t)image->bytes, image->length);
    }
    *image = (struct module_image){0};
}

void modules_deinit(struct modules *modules)
{
    for (uint32_t i = 0; i < modules->count; i++) {
        struct module *module = &modules->all[i];
        if (module->kind != MODULE_VDSO) {
            unmap(&module->image);
        }
        free(module->path);
        free(module->open_path);
    }
    free(modules->all);
    modules_init(modules);
}

static bool map_file(const char *path, struct module_image *ret)
{
    struct stat status;
    int fd = open_regular(path, &status);
    if (fd < 0) {
        return false;
    }
    if (status.st_size < (off_t)sizeof(Elf64_Ehdr)) {
        close(fd);
        return false;
    }
    void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) {
        return false;
    }
    *ret = (struct module_image){.bytes = bytes, .length = (size_t)status.st_size};
    return true;
}

static bool is_build(const struct module_image *image, const struct module *module)
{
    uint8_t found[20];
    unsigned bytes = build_id_of_image(image, found);
    return module->build_id_bytes == 0 ||
           (bytes == module->build_id_bytes && memcmp(found, module->build_id, bytes) == 0);
}

/* The file as this process sees it, or, when the program lives in another mount namespace, as that process sees it. */
static bool open_image(struct module *module, int pid)
{
    bool seen = map_file(module->path, &module->image);
    if (seen && is_build(&module->image, module)) {
        return true;
    }
    unmap(&module->image);
    char *other = NULL;
    if (asprintf(&other, "/proc/%d/root%s", pid, module->path) < 0) {
        return false;
    }
    if (map_file(other, &module->image) && is_build(&module->image, module)) {
        module->open_path = other;
        return true;
    }
    free(other);
    unmap(&module->image);
    module->why = seen ? WHY_OTHER_BUILD : WHY_NOT_OPENED;
    return false;
}

/* The vDSO is the same in every process: this one's own. Its size: up to the end of its section headers. */
static bool open_vdso(struct module *module)
{
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)getauxval(AT_SYSINFO_EHDR);
    if (!header) {
        module->why = WHY_NOT_OPENED;
        return false;
    }
    size_t length = header->e_shoff + (size_t)header->e_shentsize * header->e_shnum;
    module->image = (struct module_image){.bytes = (const uint8_t *)header, .length = length};
    return true;
}

static void compile(struct module *module, struct session_owner *owner)
{
    void *blob = NULL;
    size_t bytes = 0;
    if (table_builder_build(&module->image, &blob, &bytes, NULL, &module->why) && blob) {
        module->table = session_arena_add(owner, blob, bytes);
        module->why = module->table ? NULL : "the session's memory for unwind tables is full";
    }
    free(blob);
    if (!table_builder_code(&module->image, &module->code)) {
        module->code = (struct unwind_code){0};
    }
}

struct loading {
    struct module *module;
    struct session_owner *owner;
    int pid;
};

static void load(void *argument)
{
    const struct loading *loading = argument;
    struct module *module = loading->module;
    if (module->kind == MODULE_JIT) {
        return;
    }
    if (module->kind == MODULE_VDSO ? open_vdso(module) : open_image(module, loading->pid)) {
        compile(module, loading->owner);
    }
}

/* Where the module is, or belongs: 655,360 rows of a session may be asked for in one pass. */
static uint32_t *slot_of(struct modules *modules, const char *path, const uint8_t *build_id, unsigned build_id_bytes)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *byte = path; *byte; byte++) {
        hash = (hash ^ (uint8_t)*byte) * 16777619u;
    }
    for (unsigned i = 0; i < build_id_bytes; i++) {
        hash = (hash ^ build_id[i]) * 16777619u;
    }
    for (uint32_t at = hash ^ hash >> 15;; at++) {
        uint32_t *slot = &modules->slots[at % MODULES_SLOTS];
        const struct module *known = *slot ? &modules->all[*slot - 1] : NULL;
        if (!known || (known->build_id_bytes == build_id_bytes && memcmp(known->build_id, build_id, build_id_bytes) == 0 &&
                       strcmp(known->path, path) == 0)) {
            return slot;
        }
    }
}

uint32_t modules_find(struct modules *modules, struct session_owner *owner, const char *path, const uint8_t *build_id,
                      unsigned build_id_bytes, uint8_t kind, int pid)
{
    build_id_bytes = build_id_bytes <= 20 ? build_id_bytes : 20;
    uint32_t *slot = slot_of(modules, path, build_id, build_id_bytes);
    if (*slot) {
        return *slot - 1;
    }
    if (modules->count == modules->capacity) {
        uint32_t capacity = modules->capacity ? modules->capacity * 2 : 64;
        struct module *all = capacity <= MODULES_MAX ? realloc(modules->all, capacity * sizeof all[0]) : NULL;
        if (!all) {
            return NO_MODULE;
        }
        modules->all = all;
        modules->capacity = capacity;
    }
    struct module module = {.path = strdup(path), .build_id_bytes = (uint8_t)build_id_bytes, .kind = kind};
    if (!module.path) {
        return NO_MODULE;
    }
    memcpy(module.build_id, build_id, build_id_bytes);
    struct loading loading = {.module = &module, .owner = owner, .pid = pid};
    if (!fault_guard_run(load, &loading)) {
        module.table = 0;
        module.code = (struct unwind_code){0};
        module.why = WHY_CUT;
    }
    modules->all[modules->count] = module;
    *slot = ++modules->count;
    return *slot - 1;
}

uint32_t modules_find_jit(struct modules *modules, struct session_owner *owner, int pid)
{
    char map[64], process[32];
    struct stat status;
    snprintf(process, sizeof process, "/proc/%d", pid);
    snprintf(map, sizeof map, "%s/root/tmp/perf-%d.map", process, pid);
    uint32_t id = NO_MODULE;
    if (lstat(map, &status) == 0 && stat(process, &status) == 0) {
        id = modules_find(modules, owner, map + strlen(process) + strlen("/root"), (const uint8_t *)"", 0,
                          MODULE_JIT, pid);
    }
    if (id != NO_MODULE) {
        modules->all[id].pid = pid;
        modules->all[id].owner = status.st_uid;
    }
    return id;
}
