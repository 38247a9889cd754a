/* What the service shows of itself, as it lies in this program: the upload page's parts, the description of the
 * interface, samples. */
#ifndef SERVICE_PAGE_ASSETS_H
#define SERVICE_PAGE_ASSETS_H

#include <stddef.h>

/* bytes: a NUL is behind the last one. hash: "sha256-..." as a content security policy writes it; NULL where none needs
 * one. */
struct page_asset {
    const char *bytes;
    size_t length;
    const char *hash;
};

struct page_sample {
    const char *path; /* "/samples/scene.jpg" */
    struct page_asset picture;
};

enum { PAGE_SAMPLES = 4 };

/* Templates: text with {{names}} to be replaced. */
struct page_asset page_asset_html(void);
struct page_asset page_asset_openapi(void);

struct page_asset page_asset_style(void);
struct page_asset page_asset_script(void);

/* index: 0..PAGE_SAMPLES-1. */
struct page_sample page_asset_sample(size_t index);

#endif
