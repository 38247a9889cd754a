/* See file_labels.h. */
#include "wrapper/file_labels.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/collector/profile_label.h"

static bool same_run(const struct profile *a, const struct profile *b)
{
    return a->started_unix_ns == b->started_unix_ns && a->pid == b->pid && strcmp(a->host ? a->host : "", b->host ? b->host : "") == 0;
}

/* Whether two of them are of different runs and labelled alike. Parts of one run become one again, and need no label. */
static bool are_alike(const struct saved *saved)
{
    bool alike = false;
    for (unsigned i = 0; i < saved->options->profiles.count; i++) {
        for (unsigned k = 0; k < i; k++) {
            alike |= !same_run(saved->read[i], saved->read[k]) && profile_label_same(saved->read[i], saved->read[k]);
        }
    }
    return alike;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : path;
}

/* Files of one name in several folders are called by their paths. */
static bool have_own_names(const struct option_list *files)
{
    for (unsigned i = 0; i < files->count; i++) {
        for (unsigned k = 0; k < i; k++) {
            if (strcmp(base_name(files->values[i]), base_name(files->values[k])) == 0) {
                return false;
            }
        }
    }
    return true;
}

void file_labels_init(struct file_labels *ret, const struct saved *saved)
{
    static const char *const keys[] = {"file", "profile_file"};
    const struct option_list *files = &saved->options->profiles;
    for (unsigned i = 0; i < files->count; i++) {
        ret->shown[i] = saved->read[i];
    }
    const char *key = are_alike(saved) ? profile_label_free_key(ret->shown, files->count, keys, sizeof keys / sizeof keys[0]) : NULL;
    for (unsigned i = 0; key != NULL && i < files->count; i++) {
        const char *name = have_own_names(files) ? base_name(files->values[i]) : files->values[i];
        ret->tags[i] = profile_label(saved->read[i], key, name, &ret->labelled[i]);
        ret->shown[i] = &ret->labelled[i];
    }
}

void file_labels_deinit(struct file_labels *labels)
{
    for (unsigned i = 0; i < OPTIONS_MAX_LIST; i++) {
        free(labels->tags[i]);
    }
}
