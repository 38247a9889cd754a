/* Finds, checks, reads and keeps source files. */
#include "profiler/collector/source_text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/collector/key_table.h"
#include "profiler/collector/open_regular.h"
#include "profiler/collector/require_memory.h"
#include "profiler/collector/string_pool.h"

enum {
    MAX_FILE_BYTES = 12 << 20,  /* sqlite3.c, all of SQLite in one file, has 9 MB */
    MAX_TOTAL_BYTES = 24 << 20, /* of one session */
    MAX_COMPONENTS = 64,
    PATH_BYTES = PATH_MAX,
};

struct source_text {
    const char *path, *open_path; /* interned */
    char *text;
    size_t bytes;
    const char *missing; /* interned */
};

struct source_texts {
    struct string_pool *pool;
    const char *root;
    const struct source_map *maps;
    unsigned map_count;
    struct key_table paths;    /* const char *, interned */
    struct source_text *found; /* by number in `paths` */
    size_t found_capacity;
    size_t total_bytes;
};

struct source_texts *source_texts_create(const char *source_root, const struct source_map *maps, unsigned map_count)
{
    struct source_texts *texts = require_array(1, sizeof *texts);
    texts->pool = string_pool_create();
    texts->root = source_root && *source_root ? source_root : NULL;
    texts->maps = maps;
    texts->map_count = map_count;
    key_table_init(&texts->paths, sizeof(const char *));
    return texts;
}

void source_texts_destroy(struct source_texts *texts)
{
    if (!texts)
        return;
    for (size_t i = 0; i < texts->paths.count; i++)
        free(texts->found[i].text);
    free(texts->found);
    key_table_deinit(&texts->paths);
    string_pool_destroy(texts->pool);
    free(texts);
}

static bool is_source_name(const char *path)
{
    static const char *const suffixes[] = {
        "c",   "h",   "i",   "ii",  "cc",    "cp",       "cpp", "cxx",  "c++", "C",   "hh",    "hp",   "hpp",
        "hxx", "h++", "H",   "tcc", "tpp",   "ipp",      "inl", "inc",  "def", "m",   "mm",    "s",    "S",
        "sx",  "asm", "rs",  "go",  "d",     "f",        "for", "f77",  "f90", "f95", "f03",   "f08",  "F",
        "F90", "adb", "ads", "pas", "zig",   "nim",      "cu",  "cuh",  "y",   "yy",  "l",     "ll",   "lex",
        "rl",  "re",  "x",   "td",  "gperf", "template", "pyx", "vala", "hs",  "ml",  "swift", "java", "cl",
    };
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    if (!dot) /* <vector>: the standard C++ headers have no suffix */
        return strstr(path, "/include/") != NULL;
    for (unsigned i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        if (strcmp(dot + 1, suffixes[i]) == 0)
            return dot != name;
    }
    return false;
}

/* The file's own name, after all links. */
static bool is_really_source(int fd)
{
    char link[32], target[PATH_BYTES];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length <= 0)
        return false;
    target[length] = 0;
    return is_source_name(target);
}

/* NULL: read; else why not, "" when there simply is no such file. */
static const char *read_source(struct source_texts *texts, struct source_text *source, const char *path)
{
    if (!is_source_name(path))
        return "it is not called like a source file";
    struct stat status;
    int fd = open_regular(path, &status);
    if (fd < 0 && errno == EINVAL)
        return "it is not a source file";
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? "" : strerrordesc_np(errno);
    const char *why = NULL;
    if (!is_really_source(fd))
        why = "it is not a source file";
    else if (status.st_size > MAX_FILE_BYTES)
        why = "it has more than 12 MB";
    else if ((size_t)status.st_size > MAX_TOTAL_BYTES - texts->total_bytes)
        why = "the source files together have more than 24 MB";
    if (!why) {
        size_t size = (size_t)status.st_size, got = 0;
        char *text = require_array(size + 1, 1);
        for (ssize_t bytes; got < size && (bytes = read(fd, text + got, size - got)) > 0;)
            got += (size_t)bytes;
        if (memchr(text, 0, got)) {
            free(text);
            why = "it is not a text file";
        } else {
            source->text = text;
            source->bytes = got;
            source->open_path = string_pool_intern(texts->pool, path);
            texts->total_bytes += size;
        }
    }
    close(fd);
    return why;
}

/* Below the root, with the longest end of `path` first. ret as read_source. */
static const char *read_below_root(struct source_texts *texts, struct source_text *source, const char *path)
{
    const char *end = path;
    for (unsigned i = 0; i < MAX_COMPONENTS && end; i++) {
        while (*end == '/' || strncmp(end, "../", 3) == 0)
            end += *end == '/' ? 1 : 3;
        char candidate[PATH_BYTES];
        int length = snprintf(candidate, sizeof candidate, "%s/%s", texts->root, end);
        if (length > 0 && (size_t)length < sizeof candidate) {
            const char *why = read_source(texts, source, candidate);
            if (!why || *why)
                return why;
        }
        end = strchr(end, '/');
    }
    return "";
}

/* What follows `folder` in `path`, with its slash; NULL: it is not below it. */
static const char *below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/')
        length--;
    if (strncmp(path, folder, length) != 0)
        return NULL;
    if (folder[length - 1] == '/') /* "/" itself */
        return path + length - 1;
    return path[length] == '/' ? path + length : NULL;
}

/* Where a --source-map leads; the first that fits and has the file. ret as read_source. */
static const char *read_mapped(struct source_texts *texts, struct source_text *source)
{
    for (unsigned i = 0; i < texts->map_count; i++) {
        const char *rest = below(source->path, texts->maps[i].from);
        char candidate[PATH_BYTES];
        int length = rest ? snprintf(candidate, sizeof candidate, "%s%s", texts->maps[i].to, rest) : -1;
        if (length > 0 && (size_t)length < sizeof candidate) {
            const char *why = read_source(texts, source, candidate);
            if (!why || *why)
                return why;
        }
    }
    return "";
}

static void find_source(struct source_texts *texts, struct source_text *source)
{
    const char *why = read_mapped(texts, source);
    if (why && !*why)
        why = read_source(texts, source, source->path);
    if (why && texts->root) {
        const char *found = read_below_root(texts, source, source->path);
        if (!found || !*why)
            why = found;
    }
    if (!why)
        return;
    if (*why)
        source->missing = string_pool_format(texts->pool, "%s is not shown: %s", source->path, why);
    else if (texts->root)
        source->missing = string_pool_format(
            texts->pool, "%s was found neither there nor below --source-root=%s: name the directory that holds it",
            source->path, texts->root);
    else
        source->missing = string_pool_format(
            texts->pool,
            "%s was not found on this machine: pass --source-root=DIR, the directory that holds the sources",
            source->path);
}

void source_texts_find(struct source_texts *texts, struct profile_file *file)
{
    const char *path = string_pool_intern(texts->pool, file->path);
    bool is_new;
    uint32_t number = key_table_add(&texts->paths, &path, &is_new);
    if (is_new) {
        texts->found = require_room(texts->found, &texts->found_capacity, (size_t)number + 1, sizeof *texts->found);
        texts->found[number] = (struct source_text){.path = path};
        find_source(texts, &texts->found[number]);
    }
    const struct source_text *source = &texts->found[number];
    file->text = source->text;
    file->text_bytes = source->bytes;
    file->open_path = source->open_path;
    file->missing = source->missing;
}
