/* Candidate paths, one after the other, each opened and checked. */
#include "profiler/collector/debug_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <elfutils/libdwelf.h>
#include <zlib.h>

enum { PATH_BYTES = PATH_MAX + 256 };

struct search {
    const struct symbol_file *stripped;
    const char *link; /* NULL: no .gnu_debuglink */
    uint32_t link_crc;
    const char *root; /* prefix of the program's mount namespace, "" when it is ours */
    struct symbol_file *ret;
};

const char *debug_file_link(const struct symbol_file *file, uint32_t *ret_crc)
{
    GElf_Word crc = 0;
    const char *name = dwelf_elf_gnu_debuglink(file->elf, &crc);
    if (!name || !*name || strchr(name, '/') || strcmp(name, "..") == 0)
        return NULL; /* a name, never a path: the file is not trusted to point elsewhere */
    if (ret_crc)
        *ret_crc = crc;
    return name;
}

static bool crc_equals(int fd, uint32_t expected)
{
    unsigned char buffer[64 * 1024];
    uLong crc = crc32(0, NULL, 0);
    off_t offset = 0;
    for (ssize_t got; (got = pread(fd, buffer, sizeof buffer, offset)) > 0; offset += got)
        crc = crc32(crc, buffer, (uInt)got);
    return (uint32_t)crc == expected;
}

static bool belongs(const struct search *search, const struct symbol_file *candidate)
{
    const struct symbol_file *stripped = search->stripped;
    if (candidate->device == stripped->device && candidate->inode == stripped->inode)
        return false;
    if (stripped->build_id_bytes && candidate->build_id_bytes)
        return stripped->build_id_bytes == candidate->build_id_bytes &&
               memcmp(stripped->build_id, candidate->build_id, stripped->build_id_bytes) == 0;
    return search->link && crc_equals(candidate->fd, search->link_crc);
}

static bool try_file(const struct search *search, const char *path)
{
    const char *why;
    struct symbol_file candidate;
    if (!symbol_file_open(&candidate, path, &why))
        return false;
    if (!belongs(search, &candidate)) {
        symbol_file_close(&candidate);
        return false;
    }
    *search->ret = candidate;
    return true;
}

static bool try_build_id(const struct search *search)
{
    const struct symbol_file *stripped = search->stripped;
    if (stripped->build_id_bytes < 2)
        return false;
    char hex[2 * BUILD_ID_MAX_BYTES + 1], path[PATH_BYTES];
    for (unsigned i = 0; i < stripped->build_id_bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", stripped->build_id[i]);
    for (int ours = *search->root ? 0 : 1; ours < 2; ours++) {
        const char *root = ours ? "" : search->root;
        snprintf(path, sizeof path, "%s/usr/lib/debug/.build-id/%.2s/%s.debug", root, hex, hex + 2);
        if (try_file(search, path))
            return true;
    }
    const char *cache = getenv("DEBUGINFOD_CACHE_PATH"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache)
        snprintf(path, sizeof path, "%s/%s/debuginfo", cache, hex);
    else if (xdg)
        snprintf(path, sizeof path, "%s/debuginfod_client/%s/debuginfo", xdg, hex);
    else
        snprintf(path, sizeof path, "%s/.cache/debuginfod_client/%s/debuginfo", home ? home : "", hex);
    return try_file(search, path);
}

static bool try_link(const struct search *search, const char *path)
{
    if (!search->link)
        return false;
    char actual[PATH_MAX], candidate[PATH_BYTES];
    /* Debian's merged /usr: /lib/x is a link to /usr/lib/x, and debug files are filed under either. */
    const char *directories[2] = {path, *search->root ? NULL : realpath(path, actual)};
    for (unsigned i = 0; i < 2; i++) {
        const char *slash = directories[i] ? strrchr(directories[i], '/') : NULL;
        if (!slash)
            continue;
        int length = (int)(slash - directories[i]);
        static const char *const places[] = {"%s%.*s/%s", "%s%.*s/.debug/%s", "%s/usr/lib/debug%.*s/%s"};
        for (unsigned place = 0; place < sizeof places / sizeof *places; place++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(candidate, sizeof candidate, places[place], search->root, length, directories[i], search->link);
#pragma GCC diagnostic pop
            if (try_file(search, candidate))
                return true;
        }
    }
    return false;
}

bool debug_file_open(struct symbol_file *ret, const struct symbol_file *stripped, const char *path, const char *open_path)
{
    char root[PATH_MAX] = "";
    size_t path_length = strlen(path), open_length = strlen(open_path);
    if (open_length > path_length && open_length - path_length < sizeof root &&
        strcmp(open_path + open_length - path_length, path) == 0)
        memcpy(root, open_path, open_length - path_length);
    struct search search = {.stripped = stripped, .root = root, .ret = ret};
    search.link = debug_file_link(stripped, &search.link_crc);
    return try_build_id(&search) || try_link(&search, path);
}
