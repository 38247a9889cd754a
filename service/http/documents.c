/* Templates + the tables that the service goes by -> documents. What a document says about a range, a default or an
 * error code is what the code does, because both read the same row. */
#include "service/http/documents.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/config.h"
#include "service/http/fields.h"
#include "service/http/template_text.h"
#include "service/status.h"

static const char REVALIDATE[] = "no-cache", FOR_A_DAY[] = "public, max-age=86400";

/* ---- values for the templates ---- */

/* The page's form: attributes of an <input>, or the <option>s of a <select>. */
static void add_form_value(struct template_values *values, const struct field_description *field)
{
    /* The smallest number above an excluded minimum that somebody would type. */
    double minimum = field->above_minimum ? field->minimum + 0.01 : field->minimum;
    if (!field->words[0]) {
        template_values_add(values, field->name, "min=\"%g\" max=\"%g\"", minimum, field->maximum);
        if (field->has_default) {
            template_values_append(values, field->name, " value=\"%g\"", field->default_number);
        }
        return;
    }
    for (size_t i = 0; field->words[i]; i++) {
        const char *word = field->words[i];
        bool selected = field->has_default && strcmp(word, field->default_word) == 0;
        template_values_append(values, field->name, "<option value=\"%s\"%s>%s</option>", word,
                               selected ? " selected" : "", word);
    }
}

/* The members of a JSON schema. */
static void add_schema_value(struct template_values *values, const struct field_description *field)
{
    const char *name = field->name;
    if (!field->words[0]) {
        template_values_add(values, name, "\"type\": \"%s\", \"%s\": %g, \"maximum\": %g",
                            field->is_whole ? "integer" : "number",
                            field->above_minimum ? "exclusiveMinimum" : "minimum", field->minimum, field->maximum);
        if (field->has_default) {
            template_values_append(values, name, ", \"default\": %g", field->default_number);
        }
        return;
    }
    template_values_add(values, name, "\"type\": \"string\", \"enum\": [");
    for (size_t i = 0; field->words[i]; i++) {
        template_values_append(values, name, "%s\"%s\"", i > 0 ? ", " : "", field->words[i]);
    }
    template_values_append(values, name, "]");
    if (field->has_default) {
        template_values_append(values, name, ", \"default\": \"%s\"", field->default_word);
    }
}

static void add_fields(struct template_values *values,
                       void (*add)(struct template_values *values, const struct field_description *field))
{
    for (size_t i = 0; i < fields_count(); i++) {
        struct field_description field;
        fields_describe(i, &field);
        add(values, &field);
    }
}

static void add_limits(struct template_values *values, const struct config *config)
{
    template_values_add(values, "max_body_bytes", "%" PRIu64, config->max_body_bytes);
    template_values_add(values, "max_body_mib", "%g", (double)(config->max_body_bytes * 10 >> 20) / 10);
    template_values_add(values, "max_pixels", "%" PRIu64, config->max_pixels);
    template_values_add(values, "max_output_pixels", "%" PRIu64, config->max_output_pixels);
    template_values_add(values, "max_side_px", "%" PRIu64, config->max_side_px);
}

/* {{errors_415}}: the codes that come with that status, as members of a JSON list; {{errors}}: all. */
static void add_errors(struct template_values *values)
{
    for (int i = STATUS_OK + 1; i < STATUS_COUNT; i++) {
        const struct status_text *text = status_text((enum status)i);
        char name[TEMPLATE_NAME_BYTES];
        if (i == STATUS_CANCELLED) { /* nobody is there to be told */
            continue;
        }
        snprintf(name, sizeof name, "errors_%d", text->http_status);
        bool first = true;
        for (int before = STATUS_OK + 1; before < i; before++) {
            first &= status_text((enum status)before)->http_status != text->http_status;
        }
        template_values_append(values, name, "%s\"%s\"", first ? "" : ", ", text->code);
        template_values_append(values, "errors", "%s\"%s\"", i == STATUS_OK + 1 ? "" : ", ", text->code);
    }
}

static void add_operations(struct template_values *values)
{
    for (int i = 0; i < OPERATION_COUNT; i++) {
        template_values_append(values, "operations", "%s\"%s\"", i > 0 ? ", " : "", operation_name((enum operation)i));
    }
}

/* ---- documents ---- */

/* FNV-1a: tells versions of one document apart; nobody gains by a collision. */
static void set_tag(struct document *document)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < document->length; i++) {
        hash = (hash ^ (uint8_t)document->bytes[i]) * 0x100000001b3U;
    }
    snprintf(document->tag, sizeof document->tag, "\"%016" PRIx64 "\"", hash);
}

static bool make_page(struct document *page, const struct config *config)
{
    struct template_values values;
    struct page_asset html = page_asset_html();
    template_values_init(&values);
    template_values_add(&values, "style", "%s", page_asset_style().bytes);
    template_values_add(&values, "script", "%s", page_asset_script().bytes);
    add_limits(&values, config);
    add_fields(&values, add_form_value);
    page->owned = template_expand(html.bytes, html.length, &values, &page->length);
    page->bytes = page->owned;
    template_values_deinit(&values);
    return page->owned != NULL;
}

static bool make_openapi(struct document *openapi, const struct config *config)
{
    struct template_values values;
    struct page_asset json = page_asset_openapi();
    template_values_init(&values);
    add_limits(&values, config);
    add_operations(&values);
    add_errors(&values);
    add_fields(&values, add_schema_value);
    openapi->owned = template_expand(json.bytes, json.length, &values, &openapi->length);
    openapi->bytes = openapi->owned;
    template_values_deinit(&values);
    return openapi->owned != NULL;
}

bool documents_init(struct documents *ret, const struct config *config)
{
    memset(ret, 0, sizeof *ret);
    struct document *page = &ret->rows[PAGE_SAMPLES];
    struct document *openapi = &ret->rows[PAGE_SAMPLES + 1];
    *page = (struct document){
        .path = "/", .media_type = "text/html; charset=utf-8", .cache_control = REVALIDATE, .policy = ret->page_policy};
    *openapi =
        (struct document){.path = "/openapi.json", .media_type = "application/json", .cache_control = REVALIDATE};
    for (size_t i = 0; i < PAGE_SAMPLES; i++) {
        struct page_sample sample = page_asset_sample(i);
        ret->rows[i] = (struct document){.path = sample.path,
                                         .media_type = "image/jpeg",
                                         .cache_control = FOR_A_DAY,
                                         .bytes = sample.picture.bytes,
                                         .length = sample.picture.length};
    }
    snprintf(ret->page_policy, sizeof ret->page_policy,
             "default-src 'none'; script-src '%s'; style-src '%s'; img-src 'self' blob: data:; connect-src 'self'; "
             "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
             page_asset_script().hash, page_asset_style().hash);
    if (!make_page(page, config) || !make_openapi(openapi, config)) {
        documents_deinit(ret);
        return false;
    }
    for (size_t i = 0; i < DOCUMENTS_COUNT; i++) {
        set_tag(&ret->rows[i]);
    }
    return true;
}

void documents_deinit(struct documents *documents)
{
    for (size_t i = 0; i < DOCUMENTS_COUNT; i++) {
        free(documents->rows[i].owned);
        documents->rows[i].owned = NULL;
    }
}

const struct document *documents_find(const struct documents *documents, const char *path)
{
    for (size_t i = 0; i < DOCUMENTS_COUNT; i++) {
        if (strcmp(documents->rows[i].path, path) == 0) {
            return &documents->rows[i];
        }
    }
    return NULL;
}
