/* Pages that are the same for everybody, made once at start: the upload page, /openapi.json, the sample pictures. */
#ifndef SERVICE_DOCUMENTS_H
#define SERVICE_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "service/page/page_assets.h"

struct config;

enum { DOCUMENT_TAG_BYTES = 24, DOCUMENTS_COUNT = 2 + PAGE_SAMPLES };

struct document {
    const char *path;
    const char *media_type;
    const char *cache_control;
    const char *policy; /* Content-Security-Policy; NULL: that of everything that is no page */
    const char *bytes;
    size_t length;
    char *owned; /* NULL: the bytes are part of this program */
    char tag[DOCUMENT_TAG_BYTES];
};

struct documents {
    struct document rows[DOCUMENTS_COUNT];
    char page_policy[512];
};

/* config: its limits are named in the documents.   ret: false when memory is out; then nothing is to be freed. */
bool documents_init(struct documents *ret, const struct config *config);
void documents_deinit(struct documents *documents);

/* ret: NULL when there is none with this path. Any thread. */
const struct document *documents_find(const struct documents *documents, const char *path);

#endif
