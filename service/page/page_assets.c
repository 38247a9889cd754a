/* build/assets/page.css, page.js and the files of this folder -> bytes in this program. The Makefile makes the former,
 * and the headers with their hashes. */
#include "service/page/page_assets.h"

#include "page.css.sha256.h"
#include "page.js.sha256.h"

#define LINK_IN(name, file)                                                                                            \
    __asm__(".section .rodata\n"                                                                                       \
            ".global " #name "_begin, " #name "_end\n"                                                                 \
            ".hidden " #name "_begin, " #name "_end\n" #name "_begin:\n"                                               \
            ".incbin \"" file "\"\n" #name "_end:\n"                                                                   \
            ".byte 0\n"                                                                                                \
            ".previous\n");                                                                                            \
    extern const char name##_begin[], name##_end[]

LINK_IN(page_html, "page.html");
LINK_IN(page_style, "page.css");
LINK_IN(page_script, "page.js");
LINK_IN(page_openapi, "openapi.json");
LINK_IN(page_scene, "samples/scene.jpg");
LINK_IN(page_portrait, "samples/portrait.jpg");
LINK_IN(page_night, "samples/night.jpg");
LINK_IN(page_facade, "samples/facade.jpg");

static struct page_asset asset(const char *begin, const char *end, const char *hash)
{
    return (struct page_asset){begin, (size_t)(end - begin), hash};
}

struct page_asset page_asset_html(void)
{
    return asset(page_html_begin, page_html_end, NULL);
}

struct page_asset page_asset_openapi(void)
{
    return asset(page_openapi_begin, page_openapi_end, NULL);
}

struct page_asset page_asset_style(void)
{
    return asset(page_style_begin, page_style_end, SHA256_page_css);
}

struct page_asset page_asset_script(void)
{
    return asset(page_script_begin, page_script_end, SHA256_page_js);
}

struct page_sample page_asset_sample(size_t index)
{
    static const struct {
        const char *path, *begin, *end;
    } SAMPLES[PAGE_SAMPLES] = {{"/samples/scene.jpg", page_scene_begin, page_scene_end},
                               {"/samples/portrait.jpg", page_portrait_begin, page_portrait_end},
                               {"/samples/night.jpg", page_night_begin, page_night_end},
                               {"/samples/facade.jpg", page_facade_begin, page_facade_end}};
    return (struct page_sample){SAMPLES[index].path, asset(SAMPLES[index].begin, SAMPLES[index].end, NULL)};
}
