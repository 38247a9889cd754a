/* See exec_environment.h. No allocation: this runs in children of vfork() and of threaded programs' fork(). */
#include "profiler/sampler/exec_environment.h"

#include <string.h>

#include "profiler/session/session_layout.h"

#define SEPARATORS " :" /* of LD_PRELOAD */

static const char *const libraries[] = {"libhotline.so", "libhotline_wait.so"};
static const char preload[] = "LD_PRELOAD=", session[] = SESSION_ENVIRONMENT "=";

static const char *value_of(const char *line, const char *name)
{
    size_t bytes = strlen(name);
    return strncmp(line, name, bytes) == 0 ? line + bytes : NULL;
}

static const char *find_value(char *const envp[], const char *name)
{
    const char *value = NULL;
    for (; envp && *envp && !value; envp++) {
        value = value_of(*envp, name);
    }
    return value;
}

/* The next word at or behind `at`. ret: its length, 0 at the end. */
static size_t next_word(const char **at)
{
    *at += strspn(*at, SEPARATORS);
    return strcspn(*at, SEPARATORS);
}

static int is_ours(const char *word, size_t bytes)
{
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        size_t name_bytes = strlen(libraries[i]);
        if (bytes >= name_bytes && memcmp(word + bytes - name_bytes, libraries[i], name_bytes) == 0 &&
            (bytes == name_bytes || word[bytes - name_bytes - 1] == '/')) {
            return 1;
        }
    }
    return 0;
}

size_t exec_environment_find(char *const envp[], const char **ret)
{
    const char *at = find_value(envp, preload);
    for (size_t bytes; at && (bytes = next_word(&at)) != 0; at += bytes) {
        if (is_ours(at, bytes)) {
            *ret = at;
            return bytes;
        }
    }
    return 0;
}

size_t exec_environment_bytes(char *const envp[], const char *sanitizer)
{
    const char *value = find_value(envp, preload);
    size_t count = 1;
    for (; envp && *envp; envp++) {
        count++;
    }
    return count * sizeof envp[0] + sizeof preload + strlen(sanitizer) + (value ? strlen(value) : 0) +
           sizeof PRELOAD_FOR_ONE;
}

static char *append(char *to, const char *from, size_t bytes)
{
    memcpy(to, from, bytes);
    return to + bytes;
}

/* ret: behind the text's end; at `text` when nothing is left to preload. */
static char *without_ours(const char *value, char *text)
{
    char *to = append(text, preload, sizeof preload - 1), *empty = to;
    for (size_t bytes; (bytes = next_word(&value)) != 0; value += bytes) {
        if (!is_ours(value, bytes)) {
            to = append(append(to, ":", to != empty), value, bytes);
        }
    }
    return to == empty ? text : to;
}

void exec_environment_clean(char *envp[])
{
    for (; envp && *envp; envp++) {
        char *value = strncmp(*envp, preload, sizeof preload - 1) == 0 ? *envp + sizeof preload - 1 : NULL;
        const char *rest = value ? strstr(value, PRELOAD_FOR_ONE) : NULL;
        if (rest) {
            rest += sizeof PRELOAD_FOR_ONE - 1;
            memmove(value, rest, strlen(rest) + 1);
        }
    }
}

char **exec_environment_make(char *const envp[], const char *sanitizer, void *memory)
{
    char **ret = memory, **to = ret;
    size_t count = 1;
    for (char *const *at = envp; *at; at++) {
        count++;
    }
    char *text = (char *)(ret + count), *end = text;
    const char *value = find_value(envp, preload);
    if (value && sanitizer[0] == '\0') {
        end = without_ours(value, text);
    } else if (value) {
        end = append(append(text, preload, sizeof preload - 1), sanitizer, strlen(sanitizer));
        end = append(append(end, PRELOAD_FOR_ONE, sizeof PRELOAD_FOR_ONE - 1), value, strlen(value));
    }
    *end = '\0';
    for (; *envp; envp++) {
        if (value_of(*envp, preload)) {
            if (end != text) {
                *to++ = text;
            }
        } else if (sanitizer[0] != '\0' || !value_of(*envp, session)) {
            *to++ = *envp;
        }
    }
    *to = NULL;
    return ret;
}
