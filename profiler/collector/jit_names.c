/* See jit_names.h. The file is hostile: its size, its lines and their number are bounded. */
#include "profiler/collector/jit_names.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/collector/require_memory.h"

enum {
    MAX_FILE_BYTES = 32 << 20,
    MAX_NAMES = 1 << 19,
    MAX_NAME_BYTES = 512,
    MAX_OVERLAPS = 64, /* functions that begin before the address, nearest first, among which the right one is looked for */
};

struct jit_name {
    uint64_t start, end;
    uint32_t order; /* of its line */
    uint32_t text;  /* offset in texts */
};

struct jit_names {
    pid_t pid;
    uid_t owner;
    struct stat file; /* as last read */
    struct jit_name *all;
    size_t count, capacity;
    char *texts;
    size_t text_bytes, text_capacity;
};

struct jit_names *jit_names_create(pid_t pid, uid_t owner)
{
    struct jit_names *names = require_array(1, sizeof *names);
    names->pid = pid;
    names->owner = owner;
    jit_names_refresh(names);
    return names;
}

void jit_names_destroy(struct jit_names *names)
{
    if (names) {
        free(names->all);
        free(names->texts);
        free(names);
    }
}

static bool read_hex(const char **at, const char *end, uint64_t *ret)
{
    const char *first;
    uint64_t value = 0;
    *at += (size_t)(end - *at) > 2 && (*at)[0] == '0' && ((*at)[1] == 'x' || (*at)[1] == 'X') ? 2 : 0;
    for (first = *at; *at < end && *at - first < 16; (*at)++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = **at != '\0' ? strchr(digits, **at | 0x20) : NULL;
        if (!digit) {
            break;
        }
        value = value << 4 | (uint64_t)(digit - digits);
    }
    *ret = value;
    return *at > first && *at < end && *(*at)++ == ' ';
}

static void take_line(struct jit_names *names, const char *line, const char *end)
{
    struct jit_name name = {.order = (uint32_t)names->count, .text = (uint32_t)names->text_bytes};
    uint64_t bytes;
    if (!read_hex(&line, end, &name.start) || !read_hex(&line, end, &bytes) || line == end || bytes == 0 ||
        __builtin_add_overflow(name.start, bytes, &name.end)) {
        return;
    }
    size_t length = (size_t)(end - line) < MAX_NAME_BYTES ? (size_t)(end - line) : MAX_NAME_BYTES;
    names->all = require_room(names->all, &names->capacity, names->count + 1, sizeof names->all[0]);
    names->all[names->count++] = name;
    names->texts = require_room(names->texts, &names->text_capacity, names->text_bytes + length + 1, 1);
    for (size_t i = 0; i < length; i++) {
        names->texts[names->text_bytes++] = (unsigned char)line[i] < ' ' ? '?' : line[i];
    }
    names->texts[names->text_bytes++] = '\0';
}

static int by_start(const void *one, const void *other)
{
    const struct jit_name *a = one, *b = other;
    return a->start != b->start ? (a->start > b->start) - (a->start < b->start) : (a->order > b->order) - (a->order < b->order);
}

void jit_names_parse(struct jit_names *names, const char *text, size_t bytes)
{
    const char *end = text + bytes;
    names->count = names->text_bytes = 0;
    while (text < end && names->count < MAX_NAMES) {
        const char *line_end = memchr(text, '\n', (size_t)(end - text));
        if (!line_end) {
            break; /* still being written */
        }
        take_line(names, text, line_end);
        text = line_end + 1;
    }
    if (names->count) {
        qsort(names->all, names->count, sizeof names->all[0], by_start);
    }
}

const char *jit_names_find(const struct jit_names *names, uint64_t address)
{
    size_t low = 0, high = names->count;
    while (low < high) { /* behind the last that begins at or before the address */
        size_t middle = (low + high) / 2;
        if (names->all[middle].start <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct jit_name *newest = NULL;
    for (size_t i = low; i-- > 0 && low - i <= MAX_OVERLAPS;) {
        const struct jit_name *name = &names->all[i];
        if (address < name->end && (!newest || name->order > newest->order)) {
            newest = name;
        }
    }
    return newest ? names->texts + newest->text : NULL;
}

/* Through the process's own root while it lives: it may have another /tmp. */
static int open_map(const struct jit_names *names, struct stat *ret)
{
    char root[32];
    snprintf(root, sizeof root, "/proc/%d/root", (int)names->pid);
    const char *const roots[] = {root, ""};
    for (unsigned i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        char path[80];
        snprintf(path, sizeof path, "%s/tmp/perf-%d.map", roots[i], (int)names->pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0) {
            continue;
        }
        if (fstat(fd, ret) == 0 && S_ISREG(ret->st_mode) && ret->st_nlink == 1 &&
            (ret->st_uid == names->owner || ret->st_uid == 0)) {
            return fd;
        }
        close(fd);
    }
    return -1;
}

void jit_names_refresh(struct jit_names *names)
{
    struct stat file;
    int fd = open_map(names, &file);
    if (fd < 0) {
        return; /* what was read stays known when the program removes it */
    }
    if (file.st_size != names->file.st_size || file.st_ino != names->file.st_ino) {
        size_t room = file.st_size < MAX_FILE_BYTES ? (size_t)file.st_size : MAX_FILE_BYTES, bytes = 0;
        char *text = require_array(room + 1, 1);
        ssize_t got;
        while (bytes < room && (got = read(fd, text + bytes, room - bytes)) > 0) {
            bytes += (size_t)got;
        }
        jit_names_parse(names, text, bytes);
        names->file = file;
        free(text);
    }
    close(fd);
}
