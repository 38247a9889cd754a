/* libhotline.so and the program's needs -> LD_PRELOAD and the environment.
 *
 * The runtimes of AddressSanitizer and ThreadSanitizer insist on being the first library ("ASan runtime does not come
 * first in initial library list"), so they are named before ours. By their bare name: the loader then finds them
 * exactly where it finds the program's own DT_NEEDED entry (RUNPATH, LD_LIBRARY_PATH, cache), which a path worked out
 * here could only guess. */
#include "wrapper/preload.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profiler/session/session_layout.h"
#include "wrapper/elf_summary.h"

#define LIBRARY    "libhotline.so"
#define WAITS      "libhotline_wait.so"
#define SEPARATORS " :" /* of LD_PRELOAD; neither can be quoted */

static bool is_library(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 && S_ISREG(file.st_mode) && access(path, R_OK) == 0;
}

bool preload_find(char ret[PATH_MAX], char *error, size_t error_bytes)
{
    char self[PATH_MAX], path[PATH_MAX + 32];
    ssize_t bytes = readlink("/proc/self/exe", self, sizeof self - 1);
    if (bytes > 0) {
        self[bytes] = '\0';
    } else { /* no /proc here: the kernel still says how we were started */
        const char *started = (const char *)(uintptr_t)getauxval(AT_EXECFN);
        if (started == NULL || realpath(started, self) == NULL) {
            strcpy(self, "/");
        }
    }
    *(strrchr(self, '/') != NULL ? strrchr(self, '/') : self) = '\0';
    snprintf(path, sizeof path, "%s/" LIBRARY, self);
    if (!is_library(path)) {
        snprintf(path, sizeof path, "%s/../lib/" LIBRARY, self);
        if (!is_library(path)) {
            snprintf(error, error_bytes, LIBRARY " is neither in %s nor in %s/../lib: install it beside hotline", self,
                     self);
            return false;
        }
    }
    if (realpath(path, ret) == NULL) {
        snprintf(error, error_bytes, "%s: cannot be resolved", path);
        return false;
    }
    if (strpbrk(ret, SEPARATORS "$") != NULL) {
        snprintf(error, error_bytes,
                 "%s: LD_PRELOAD cannot name a path with a space, a colon or a dollar sign; install hotline elsewhere",
                 ret);
        return false;
    }
    return true;
}

bool preload_add_waits(char library[PATH_MAX], char *error, size_t error_bytes)
{
    char path[PATH_MAX];
    size_t folder_bytes = (size_t)(strrchr(library, '/') + 1 - library), bytes = strlen(library);
    snprintf(path, sizeof path, "%.*s" WAITS, (int)folder_bytes, library);
    if (!is_library(path) || bytes + 1 + strlen(path) >= PATH_MAX) {
        snprintf(error, error_bytes, "--wall needs " WAITS ", which is not beside %s: install it there", library);
        return false;
    }
    snprintf(library + bytes, PATH_MAX - bytes, ":%s", path);
    return true;
}

static bool is_ours(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    return strcmp(name, LIBRARY) == 0 || strcmp(name, WAITS) == 0;
}

char *preload_value(const char *library, const char *sanitizer, const char *inherited)
{
    size_t room = strlen(library) + strlen(sanitizer) + 2 * (inherited != NULL ? strlen(inherited) : 0) + 8;
    char *ret = calloc(1, room), *to = ret;
    if (ret == NULL) {
        return NULL;
    }
    if (sanitizer[0] != '\0') {
        to += sprintf(to, "%s" PRELOAD_FOR_ONE, sanitizer);
    }
    /* A runtime that the user preloads into a plain program keeps its place at the front, too. */
    for (const char *word = inherited; word != NULL && *(word += strspn(word, SEPARATORS)) != '\0';
         word += strcspn(word, SEPARATORS)) {
        char name[PATH_MAX];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(word, SEPARATORS), word);
        if (elf_summary_is_sanitizer(name) && sanitizer[0] == '\0') {
            to += sprintf(to, "%s:", name);
        }
    }
    to = stpcpy(to, library);
    /* The rest as it was, but for a libhotline.so of an outer hotline: this program belongs to this session. */
    for (const char *word = inherited; word != NULL && *(word += strspn(word, SEPARATORS)) != '\0';
         word += strcspn(word, SEPARATORS)) {
        char name[PATH_MAX];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(word, SEPARATORS), word);
        if (!is_ours(name)) {
            to += sprintf(to, ":%s", name);
        }
    }
    return ret;
}

char **preload_environment(char *const *environment, const char *preload, const char *session)
{
    static const char *const names[] = {"LD_PRELOAD=", SESSION_ENVIRONMENT "="};
    const char *values[] = {preload, session};
    bool placed[2] = {false, false};
    size_t count = 0, texts = 0;
    while (environment[count] != NULL) {
        count++;
    }
    for (unsigned i = 0; i < 2; i++) {
        texts += strlen(names[i]) + strlen(values[i]) + 1;
    }
    char **ret = malloc((count + 3) * sizeof *ret + texts);
    if (ret == NULL) {
        return NULL;
    }
    char *lines[2], *text = (char *)(ret + count + 3);
    for (unsigned i = 0; i < 2; i++) {
        lines[i] = text;
        text = stpcpy(stpcpy(text, names[i]), values[i]) + 1;
    }
    for (size_t k = 0; k < count; k++) {
        ret[k] = environment[k];
        for (unsigned i = 0; i < 2; i++) {
            if (strncmp(environment[k], names[i], strlen(names[i])) == 0) {
                ret[k] = lines[i];
                placed[i] = true;
            }
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        if (!placed[i]) {
            ret[count++] = lines[i];
        }
    }
    ret[count] = NULL;
    return ret;
}
