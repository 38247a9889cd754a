/* Tables over everything that is loaded in this process, built from the files as the collector does: for tests that unwind themselves. */
#ifndef HOTLINE_TESTS_OWN_SPACE_H
#define HOTLINE_TESTS_OWN_SPACE_H

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#include "profiler/collector/table_builder.h"

enum { OWN_MODULES_MAX = 128 };

struct own_space {
    struct unwind_space live, with_images; /* the same modules; code read in place, or from the files */
    struct unwind_module modules[OWN_MODULES_MAX];
    struct unwind_code code[OWN_MODULES_MAX];
    char names[OWN_MODULES_MAX][64];
    uint8_t *arena;
    size_t arena_bytes;
    uint32_t count;
};

static inline struct module_image own_map_file(const char *path)
{
    struct module_image image = {NULL, 0};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED)
            image = (struct module_image){bytes, (size_t)status.st_size};
    }
    if (fd >= 0)
        close(fd);
    return image;
}

static inline struct module_image own_vdso_image(void)
{
    const uint8_t *bytes = (const uint8_t *)getauxval(AT_SYSINFO_EHDR); // NOLINT(performance-no-int-to-ptr)
    Elf64_Ehdr header;
    if (!bytes)
        return (struct module_image){NULL, 0};
    memcpy(&header, bytes, sizeof header);
    size_t end = header.e_shoff + (size_t)header.e_shnum * header.e_shentsize;
    return (struct module_image){bytes, end};
}

static inline void own_add_table(struct own_space *own, struct unwind_module *module, const struct module_image *image)
{
    void *blob;
    size_t bytes;
    const char *why;
    if (!table_builder_build(image, &blob, &bytes, NULL, &why))
        return;
    size_t offset = (own->arena_bytes / UNWIND_TABLE_ALIGNMENT + 1) * UNWIND_TABLE_ALIGNMENT; /* never 0 */
    size_t length = (offset + bytes + UNWIND_TABLE_ALIGNMENT - 1) / UNWIND_TABLE_ALIGNMENT * UNWIND_TABLE_ALIGNMENT;
    uint8_t *arena = aligned_alloc(UNWIND_TABLE_ALIGNMENT, length);
    if (own->arena)
        memcpy(arena, own->arena, own->arena_bytes);
    memcpy(arena + offset, blob, bytes);
    free(own->arena);
    own->arena = arena;
    own->arena_bytes = offset + bytes;
    module->table = offset;
    free(blob);
}

static inline int own_add_module(struct dl_phdr_info *info, size_t size, void *context)
{
    struct own_space *own = context;
    (void)size;
    if (own->count == OWN_MODULES_MAX)
        return 0;
    uint64_t first = UINT64_MAX, last = 0;
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD)
            continue;
        first = segment->p_vaddr < first ? segment->p_vaddr : first;
        last = segment->p_vaddr + segment->p_memsz > last ? segment->p_vaddr + segment->p_memsz : last;
    }
    uint64_t vdso = getauxval(AT_SYSINFO_EHDR);
    bool is_vdso = vdso && info->dlpi_addr + first == vdso;
    struct module_image image = is_vdso ? own_vdso_image() : own_map_file(info->dlpi_name[0] ? info->dlpi_name : "/proc/self/exe");
    if (last <= first || !image.bytes)
        return 0;
    uint32_t at = own->count++;
    while (at > 0 && own->modules[at - 1].start > info->dlpi_addr + first) { /* sorted by address */
        own->modules[at] = own->modules[at - 1];
        own->code[at] = own->code[at - 1];
        memcpy(own->names[at], own->names[at - 1], sizeof own->names[at]);
        at--;
    }
    const char *slash = strrchr(info->dlpi_name, '/');
    snprintf(own->names[at], sizeof own->names[at], "%.63s", is_vdso ? "vdso" : slash ? slash + 1 : info->dlpi_name[0] ? info->dlpi_name : "main");
    own->modules[at] = (struct unwind_module){info->dlpi_addr + first, info->dlpi_addr + last, info->dlpi_addr, 0};
    own->code[at] = (struct unwind_code){0, 0, NULL};
    table_builder_code(&image, &own->code[at]);
    own_add_table(own, &own->modules[at], &image);
    return 0;
}

static inline struct own_space *own_space_create(void)
{
    struct own_space *own = calloc(1, sizeof *own);
    dl_iterate_phdr(own_add_module, own);
    own->live = (struct unwind_space){.modules = own->modules, .module_count = own->count, .arena = own->arena,
                                      .arena_bytes = own->arena_bytes};
    own->with_images = own->live;
    own->with_images.code = own->code;
    return own;
}

static inline void own_space_destroy(struct own_space *own)
{
    if (!own)
        return;
    free(own->arena);
    free(own);
}

/* "libc.so.6+0x1234", in a static buffer. */
static inline const char *own_describe(const struct own_space *own, uint64_t pc)
{
    static char text[128];
    snprintf(text, sizeof text, "0x%llx", (unsigned long long)pc);
    for (uint32_t i = 0; i < own->count; i++)
        if (pc >= own->modules[i].start && pc < own->modules[i].end)
            snprintf(text, sizeof text, "%s+0x%llx", own->names[i], (unsigned long long)(pc - own->modules[i].bias));
    return text;
}

static inline void own_registers(const ucontext_t *context, struct unwind_registers *ret)
{
    static const int order[UNWIND_REGISTERS] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
                                                REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (unsigned i = 0; i < UNWIND_REGISTERS; i++)
        ret->value[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
}

static inline struct unwind_stack own_stack(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t bytes;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &low, &bytes);
    pthread_attr_destroy(&attributes);
    return (struct unwind_stack){.low = (uint64_t)low, .high = (uint64_t)low + bytes, .bytes = low};
}

#endif
