/* See exec_target.h. The loader complains about a library that it cannot preload, on the program's stderr, and a
 * library that was built for a newer C library ends the program: so only our own loader is trusted with it. Raw
 * system calls: the C library's may be points of cancellation, which an exec is not. */
#include "profiler/sampler/exec_target.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 1024, /* a usual program has 13 program headers: 792 bytes with the ELF header */
    PATH_BYTES = 256,
    MAX_INTERPRETERS = 5, /* of scripts; as many as the kernel follows */
    DYNAMIC_AT_ONCE = 16,
    MAX_DYNAMIC = 512,
};

union head {
    ElfW(Ehdr) elf;
    char bytes[HEAD_BYTES];
};

static struct stat loader; /* ours; st_ino 0: unknown */

static long read_at(int fd, void *to, size_t bytes, uint64_t offset)
{
    return offset <= INT64_MAX ? syscall(SYS_pread64, fd, to, bytes, (off_t)offset) : -1;
}

static int note_loader(struct dl_phdr_info *program, size_t bytes, void *unused)
{
    (void)bytes, (void)unused;
    for (unsigned i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *row = &program->dlpi_phdr[i];
        const char *path = (const char *)(uintptr_t)(program->dlpi_addr + row->p_vaddr);
        if (row->p_type == PT_INTERP && stat(path, &loader) != 0) {
            loader.st_ino = 0;
        }
    }
    return 1; /* the first one is the program */
}

void exec_target_start(void)
{
    dl_iterate_phdr(note_loader, NULL);
}

/* A string of the file, "" when there is none or it is too long. */
static void read_string(int fd, uint64_t offset, char *ret, size_t ret_bytes)
{
    long got = read_at(fd, ret, ret_bytes, offset);
    if (got <= 0 || strnlen(ret, (size_t)got) == (size_t)got) {
        ret[0] = '\0';
    }
}

static const ElfW(Phdr) *headers_of(const union head *head)
{
    return (const ElfW(Phdr) *)(const void *)(head->bytes + head->elf.e_phoff);
}

static bool find_offset(const union head *head, uint64_t address, uint64_t *ret)
{
    for (unsigned i = 0; i < head->elf.e_phnum; i++) {
        const ElfW(Phdr) *row = &headers_of(head)[i];
        if (row->p_type == PT_LOAD && address >= row->p_vaddr && address - row->p_vaddr < row->p_filesz) {
            *ret = address - row->p_vaddr + row->p_offset;
            return true;
        }
    }
    return false;
}

static bool is_sanitizer(const char *name)
{
    static const char runtimes[][20] = {"libasan.so",       "libtsan.so",       "libhwasan.so",
                                        "libclang_rt.asan", "libclang_rt.tsan", "libclang_rt.hwasan"};
    for (size_t i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++) {
        if (strncmp(name, runtimes[i], strlen(runtimes[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* The rows of one tag, in order. false: no more. */
static bool next_dynamic(int fd, const ElfW(Phdr) * dynamic, int64_t tag, unsigned *at, uint64_t *ret)
{
    ElfW(Dyn) rows[DYNAMIC_AT_ONCE];
    for (;; *at += DYNAMIC_AT_ONCE - *at % DYNAMIC_AT_ONCE) {
        unsigned first = *at - *at % DYNAMIC_AT_ONCE;
        if (first >= MAX_DYNAMIC || first >= dynamic->p_filesz / sizeof rows[0] ||
            read_at(fd, rows, sizeof rows, dynamic->p_offset + first * sizeof rows[0]) < (long)sizeof rows[0]) {
            return false;
        }
        for (unsigned i = *at - first; i < DYNAMIC_AT_ONCE; i++) {
            if (rows[i].d_tag == DT_NULL) {
                return false;
            }
            if (rows[i].d_tag == tag) {
                *at = first + i + 1;
                *ret = rows[i].d_un.d_val;
                return true;
            }
        }
    }
}

static void find_sanitizer(int fd, const union head *head, const ElfW(Phdr) * dynamic, char ret[64])
{
    uint64_t address, names, name;
    unsigned at = 0;
    if (!next_dynamic(fd, dynamic, DT_STRTAB, &at, &address) || !find_offset(head, address, &names)) {
        return;
    }
    for (at = 0; next_dynamic(fd, dynamic, DT_NEEDED, &at, &name);) {
        read_string(fd, names + name, ret, sizeof((struct exec_target *)0)->sanitizer);
        if (is_sanitizer(ret)) {
            return;
        }
    }
    ret[0] = '\0';
}

static bool is_our_loader(const char *path)
{
    struct stat file;
    return loader.st_ino == 0 || path[0] == '\0' || stat(path, &file) != 0 ||
           (file.st_ino == loader.st_ino && file.st_dev == loader.st_dev);
}

static void judge_elf(int fd, const union head *head, size_t bytes, struct exec_target *ret)
{
    static const unsigned char native[] = {sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32,
                                           __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB};
#if defined(__x86_64__)
    static const ElfW(Half) machine = EM_X86_64;
#elif defined(__aarch64__)
    static const ElfW(Half) machine = EM_AARCH64;
#endif
    if (memcmp(head->elf.e_ident + EI_CLASS, native, sizeof native) != 0 || head->elf.e_machine != machine) {
        ret->left_out = LEFT_OUT_MACHINE;
        return;
    }
    uint64_t at = head->elf.e_phoff;
    if (head->elf.e_phentsize != sizeof(ElfW(Phdr)) || at % sizeof(uint64_t) != 0 || at > bytes ||
        head->elf.e_phnum > (bytes - at) / sizeof(ElfW(Phdr))) {
        return;
    }
    char path[PATH_BYTES];
    for (unsigned i = 0; i < head->elf.e_phnum; i++) {
        const ElfW(Phdr) *row = &headers_of(head)[i];
        if (row->p_type == PT_INTERP) {
            read_string(fd, row->p_offset, path, sizeof path);
            ret->left_out = is_our_loader(path) ? LEFT_OUT_NOT : LEFT_OUT_LOADER;
        } else if (row->p_type == PT_DYNAMIC) {
            find_sanitizer(fd, head, row, ret->sanitizer);
        }
    }
}

/* "#! interpreter ..." -> path of the interpreter. */
static bool read_interpreter(const union head *head, size_t bytes, char ret[PATH_BYTES])
{
    size_t at = 2, length = 0;
    while (at < bytes && (head->bytes[at] == ' ' || head->bytes[at] == '\t')) {
        at++;
    }
    while (at < bytes && length < PATH_BYTES - 1 && !strchr(" \t\n", head->bytes[at])) {
        ret[length++] = head->bytes[at++];
    }
    ret[length] = '\0';
    return length > 0;
}

/* One file. true: it is a script, `ret_interpreter` is to be judged in its place. */
static bool judge_file(int fd, struct exec_target *ret, char ret_interpreter[PATH_BYTES])
{
    union head head;
    long bytes = read_at(fd, &head, sizeof head, 0);
    if (bytes >= (long)sizeof head.elf && memcmp(head.bytes, ELFMAG, SELFMAG) == 0) {
        judge_elf(fd, &head, (size_t)bytes, ret);
    }
    bool is_script = bytes > 2 && head.bytes[0] == '#' && head.bytes[1] == '!';
    return is_script && read_interpreter(&head, (size_t)bytes, ret_interpreter);
}

void exec_target_judge(int folder, const char *path, struct exec_target *ret)
{
    char interpreter[PATH_BYTES];
    *ret = (struct exec_target){.left_out = LEFT_OUT_NOT};
    if (path[0] == '\0' && !judge_file(folder, ret, interpreter)) {
        return;
    }
    for (int level = 0; level <= MAX_INTERPRETERS; level++) {
        int fd = (int)syscall(SYS_openat, folder, path[0] == '\0' ? interpreter : path,
                              O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        bool is_script = fd >= 0 && judge_file(fd, ret, interpreter);
        if (fd >= 0) {
            syscall(SYS_close, fd);
        }
        if (!is_script) {
            return;
        }
        folder = AT_FDCWD;
        path = "";
    }
}
