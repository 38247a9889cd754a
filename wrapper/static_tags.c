/* Environment and --tag -> static tags. Keys and values are short printable text: they are shown, searched and
 * compared. */
#include "wrapper/static_tags.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wrapper/message.h"

/* What Render tells every service about itself. */
static const struct {
    const char *variable, *key;
} render_variables[] = {
    {"RENDER_SERVICE_NAME", "service"}, {"RENDER_SERVICE_ID", "service_id"}, {"RENDER_INSTANCE_ID", "instance"},
    {"RENDER_GIT_COMMIT", "commit"},    {"RENDER_GIT_BRANCH", "branch"},     {"RENDER_EXTERNAL_HOSTNAME", "host"},
    {"RENDER_CPU_COUNT", "cpus"},
};

static bool is_printable(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* NULL, or why key=value cannot be a tag. */
static const char *add(struct static_tags *tags, const char *key, size_t key_bytes, const char *value,
                       size_t value_bytes)
{
    if (key_bytes == 0 || key_bytes > STATIC_TAG_KEY_BYTES || !is_printable(key, key_bytes)) {
        return "a key has 1 to 63 printable bytes";
    }
    if (value_bytes == 0 || value_bytes > STATIC_TAG_VALUE_BYTES || !is_printable(value, value_bytes)) {
        return "a value has 1 to 255 printable bytes";
    }
    unsigned i = 0;
    while (i < tags->count &&
           (strlen(tags->tags[i].key) != key_bytes || memcmp(tags->tags[i].key, key, key_bytes) != 0)) {
        i++;
    }
    if (i == STATIC_TAGS_MAX) {
        return "too many tags";
    }
    char *own_key = strndup(key, key_bytes), *own_value = strndup(value, value_bytes);
    if (own_key == NULL || own_value == NULL) {
        free(own_key);
        free(own_value);
        return "out of memory";
    }
    if (i < tags->count) {
        free((void *)(uintptr_t)tags->tags[i].key);
        free((void *)(uintptr_t)tags->tags[i].value);
    } else {
        tags->count++;
    }
    tags->tags[i] = (struct profile_tag){.key = own_key, .value = own_value};
    return NULL;
}

/* "key=value" of `bytes`. */
static const char *add_pair(struct static_tags *tags, const char *pair, size_t bytes)
{
    const char *equals = memchr(pair, '=', bytes);
    if (equals == NULL) {
        return "not key=value";
    }
    return add(tags, pair, (size_t)(equals - pair), equals + 1, bytes - (size_t)(equals - pair) - 1);
}

static void add_environment(struct static_tags *tags)
{
    for (unsigned i = 0; i < sizeof render_variables / sizeof render_variables[0]; i++) {
        const char *value = getenv(render_variables[i].variable), *key = render_variables[i].key;
        if (value != NULL && *value != '\0') {
            (void)add(tags, key, strlen(key), value, strlen(value));
        }
    }
    const char *list = getenv("HOTLINE_TAGS");
    while (list != NULL && *list != '\0') {
        size_t bytes = strcspn(list, ",");
        const char *problem = bytes > 0 ? add_pair(tags, list, bytes) : NULL;
        if (problem != NULL) {
            message("HOTLINE_TAGS: \"%.*s\" is left out: %s", (int)(bytes < 80 ? bytes : 80), list, problem);
        }
        list += list[bytes] == ',' ? bytes + 1 : bytes;
    }
}

bool static_tags_init(struct static_tags *ret, const struct option_list *given, char *error, size_t error_bytes)
{
    struct static_tags tags = {.count = 0};
    add_environment(&tags);
    for (unsigned i = 0; i < given->count; i++) {
        const char *problem = add_pair(&tags, given->values[i], strlen(given->values[i]));
        if (problem != NULL) {
            snprintf(error, error_bytes, "--tag=%s: %s", given->values[i], problem);
            static_tags_deinit(&tags);
            return false;
        }
    }
    *ret = tags;
    return true;
}

void static_tags_deinit(struct static_tags *tags)
{
    for (unsigned i = 0; i < tags->count; i++) {
        free((void *)(uintptr_t)tags->tags[i].key);
        free((void *)(uintptr_t)tags->tags[i].value);
    }
    tags->count = 0;
}

const char *static_tags_find(const struct static_tags *tags, const char *key)
{
    for (unsigned i = 0; i < tags->count; i++) {
        if (strcmp(tags->tags[i].key, key) == 0) {
            return tags->tags[i].value;
        }
    }
    return NULL;
}
