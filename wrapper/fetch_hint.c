/* RENDER_SERVICE_ID, region, path -> "scp -s srv-x@ssh.oregon.render.com:/tmp/profile.html ./profile.html".
 * scp -s speaks SFTP, so the remote path is not read by a shell; the local shell reads all of it, hence the quotes. */
#include "wrapper/fetch_hint.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* A service id or a region: nothing that a shell or a terminal could take for something else. */
static bool is_plain_name(const char *text)
{
    size_t length = strlen(text);
    return length > 0 && length <= 64 && text[0] != '-' && strspn(text, NAME_BYTES) == length;
}

/* As one word of a shell command; in single quotes where needed. ret: caller frees. */
static char *quote(const char *word)
{
    if (strspn(word, NAME_BYTES "/.:@%+,=") == strlen(word)) {
        return strdup(word);
    }
    char *ret = malloc(4 * strlen(word) + 3), *to = ret;
    if (ret == NULL) {
        return NULL;
    }
    *to++ = '\'';
    for (; *word != '\0'; word++) {
        if (*word == '\'') {
            to = stpcpy(to, "'\\''");
        } else {
            *to++ = *word;
        }
    }
    strcpy(to, "'");
    return ret;
}

char *fetch_hint(const char *service_id, const char *region, const char *path)
{
    if (service_id == NULL || !is_plain_name(service_id)) {
        return NULL;
    }
    bool known = region != NULL && is_plain_name(region);
    const char *slash = strrchr(path, '/');
    char *from = NULL, *to = NULL, *ret = NULL;
    char *quoted_from = NULL, *quoted_to = NULL;
    if (asprintf(&from, "%s@ssh.%s.render.com:%s", service_id, known ? region : "REGION", path) < 0) {
        from = NULL;
    }
    if (asprintf(&to, "./%s", slash != NULL ? slash + 1 : path) < 0) {
        to = NULL;
    }
    if (from != NULL && to != NULL) {
        quoted_from = quote(from);
        quoted_to = quote(to);
    }
    if (quoted_from != NULL && quoted_to != NULL &&
        asprintf(&ret, "scp -s %s %s%s", quoted_from, quoted_to,
                 known ? "" : "   (REGION: oregon, frankfurt, ...; HOTLINE_TAGS=region=NAME fills it in)") < 0) {
        ret = NULL;
    }
    free(from);
    free(to);
    free(quoted_from);
    free(quoted_to);
    return ret;
}
