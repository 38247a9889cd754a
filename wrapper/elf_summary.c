/* An executable file -> struct elf_summary: its ELF header, program headers, and the DT_NEEDED names. Everything is
 * read with pread into fixed buffers, all counts are bounded: the file may be anything. */
#include "wrapper/elf_summary.h"

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_HEADERS = 64, MAX_DYNAMIC = 512, MAX_NAME = 64 };

#if defined(__x86_64__)
enum { NATIVE_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { NATIVE_MACHINE = EM_AARCH64 };
#else
#error "hotline knows x86-64 and aarch64"
#endif
enum {
    NATIVE_CLASS = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32,
    NATIVE_ORDER = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB,
};

struct headers {
    ElfW(Phdr) rows[MAX_HEADERS];
    unsigned count;
};

static bool read_exactly(int fd, void *to, size_t bytes, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, to, bytes, (off_t)offset) == (ssize_t)bytes;
}

/* A NUL-terminated string of at most `bytes` - 1; "" when there is none. */
static void read_string(int fd, char *to, size_t bytes, uint64_t offset)
{
    ssize_t got = offset <= INT64_MAX ? pread(fd, to, bytes, (off_t)offset) : -1;
    if (got <= 0 || memchr(to, '\0', (size_t)got) == NULL) {
        to[0] = '\0';
    }
}

static bool file_offset(const struct headers *headers, uint64_t address, uint64_t *ret)
{
    for (unsigned i = 0; i < headers->count; i++) {
        const ElfW(Phdr) *row = &headers->rows[i];
        if (row->p_type == PT_LOAD && address >= row->p_vaddr && address - row->p_vaddr < row->p_filesz) {
            *ret = address - row->p_vaddr + row->p_offset;
            return true;
        }
    }
    return false;
}

bool elf_summary_is_sanitizer(const char *name)
{
    static const char *const runtimes[] = {"libasan.so",       "libtsan.so",       "libhwasan.so",
                                           "libclang_rt.asan", "libclang_rt.tsan", "libclang_rt.hwasan"};
    const char *slash = strrchr(name, '/'), *file = slash != NULL ? slash + 1 : name;
    for (unsigned i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++) {
        if (strncmp(file, runtimes[i], strlen(runtimes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void read_dynamic(int fd, const struct headers *headers, const ElfW(Phdr) * dynamic, struct elf_summary *summary)
{
    ElfW(Dyn) rows[MAX_DYNAMIC];
    uint64_t names = 0;
    size_t count = dynamic->p_filesz / sizeof rows[0];
    if (count > MAX_DYNAMIC) {
        count = MAX_DYNAMIC;
    }
    if (!read_exactly(fd, rows, count * sizeof rows[0], dynamic->p_offset)) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].d_tag == DT_NULL) {
            count = i;
        } else if (rows[i].d_tag == DT_STRTAB && !file_offset(headers, rows[i].d_un.d_ptr, &names)) {
            return;
        }
    }
    for (size_t i = 0; i < count; i++) {
        char name[MAX_NAME];
        if (rows[i].d_tag != DT_NEEDED && rows[i].d_tag != DT_SONAME) {
            continue;
        }
        read_string(fd, name, sizeof name, names + rows[i].d_un.d_val);
        if (rows[i].d_tag == DT_SONAME && strncmp(name, "ld-", 3) == 0) {
            summary->is_loader = true;
        }
        if (rows[i].d_tag == DT_NEEDED && summary->sanitizer[0] == '\0' && elf_summary_is_sanitizer(name)) {
            snprintf(summary->sanitizer, sizeof summary->sanitizer, "%s", name);
        }
    }
}

bool elf_summary_read(int fd, struct elf_summary *ret)
{
    struct elf_summary summary = {.is_elf = false};
    ElfW(Ehdr) header;
    memset(&header, 0, sizeof header);
    ssize_t got = pread(fd, &header, sizeof header, 0);
    if (got < 0) {
        return false;
    }
    summary.is_elf = got > EI_DATA && memcmp(header.e_ident, ELFMAG, SELFMAG) == 0;
    summary.is_32_bit = summary.is_elf && header.e_ident[EI_CLASS] == ELFCLASS32;
    summary.is_native = summary.is_elf && header.e_ident[EI_CLASS] == NATIVE_CLASS &&
                        header.e_ident[EI_DATA] == NATIVE_ORDER && header.e_machine == NATIVE_MACHINE &&
                        header.e_phentsize == sizeof(ElfW(Phdr));
    struct headers headers = {.count = header.e_phnum < MAX_HEADERS ? header.e_phnum : MAX_HEADERS};
    if (summary.is_native && read_exactly(fd, headers.rows, headers.count * sizeof headers.rows[0], header.e_phoff)) {
        const ElfW(Phdr) *dynamic = NULL;
        for (unsigned i = 0; i < headers.count; i++) {
            if (headers.rows[i].p_type == PT_INTERP) {
                summary.has_interpreter = true;
                read_string(fd, summary.interpreter, sizeof summary.interpreter, headers.rows[i].p_offset);
            } else if (headers.rows[i].p_type == PT_DYNAMIC) {
                dynamic = &headers.rows[i];
            }
        }
        if (dynamic != NULL) {
            read_dynamic(fd, &headers, dynamic, &summary);
        }
    }
    *ret = summary;
    return true;
}
