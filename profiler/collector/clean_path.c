/* Components are copied one by one; ".." takes the last one back. */
#include "profiler/collector/clean_path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/collector/require_memory.h"

struct path_builder {
    char *bytes;
    size_t length;
    size_t floor; /* ".." does not go below: "/" of an absolute path, the kept ".."s of a relative one */
    bool absolute;
};

static void add_component(struct path_builder *path, const char *component, size_t length)
{
    if (length == 0 || (length == 1 && component[0] == '.'))
        return;
    bool up = length == 2 && component[0] == '.' && component[1] == '.';
    if (up && path->length > path->floor) {
        while (path->length > path->floor && path->bytes[path->length - 1] != '/')
            path->length--;
        if (path->length > path->floor)
            path->length--; /* the slash before it */
        return;
    }
    if (up && path->absolute)
        return;
    if (path->length && path->bytes[path->length - 1] != '/')
        path->bytes[path->length++] = '/';
    memcpy(path->bytes + path->length, component, length);
    path->length += length;
    if (up)
        path->floor = path->length;
}

static void add_path(struct path_builder *path, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "/");
        add_component(path, text, length);
        text += length;
        text += *text == '/';
    }
}

static bool starts_with_directory(const char *file, const char *directory)
{
    size_t length = strlen(directory);
    return length && strncmp(file, directory, length) == 0 && (file[length] == '/' || directory[length - 1] == '/');
}

const char *clean_path(struct string_pool *pool, const char *directory, const char *file)
{
    if (!directory || file[0] == '/' || (directory[0] != '/' && starts_with_directory(file, directory)))
        directory = "";
    struct path_builder path = {.bytes = require_array(strlen(directory) + strlen(file) + 3, 1)};
    if (file[0] == '/' || directory[0] == '/') {
        path.bytes[path.length++] = '/';
        path.floor = 1;
        path.absolute = true;
    }
    add_path(&path, directory);
    add_path(&path, file);
    const char *interned = string_pool_intern_bytes(pool, path.bytes, path.length);
    free(path.bytes);
    return interned;
}
