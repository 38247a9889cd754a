/* Templates, and what is made of them at start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/config.h"
#include "service/http/documents.h"
#include "service/http/fields.h"
#include "service/http/template_text.h"

#define TEST(name) static void name(void **state)

static char *expand(const char *text, const struct template_values *values)
{
    size_t length = 12345;
    char *result = template_expand(text, strlen(text), values, &length);
    assert_non_null(result);
    assert_int_equal(strlen(result), length);
    return result;
}

static void assert_expands(const char *text, const struct template_values *values, const char *expected)
{
    char *result = expand(text, values);
    assert_string_equal(result, expected);
    free(result);
}

TEST(names_are_replaced_wherever_they_stand)
{
    struct template_values values;
    (void)state;
    template_values_init(&values);
    template_values_add(&values, "a", "%d", 7);
    template_values_add(&values, "empty", "%s", "");
    template_values_add(&values, "long_name", "%s", "text");
    assert_expands("", &values, "");
    assert_expands("no name, { } }} {", &values, "no name, { } }} {");
    assert_expands("{{a}}", &values, "7");
    assert_expands("{{a}}{{empty}}{{long_name}}{{a}}", &values, "7text7");
    assert_expands("{ {{a}} }", &values, "{ 7 }");
    template_values_deinit(&values);
}

TEST(values_are_not_looked_into)
{
    struct template_values values;
    (void)state;
    template_values_init(&values);
    template_values_add(&values, "script", "%s", "if (a) {{ b }} %s {{script}}");
    assert_expands("<{{script}}>", &values, "<if (a) {{ b }} %s {{script}}>");
    template_values_deinit(&values);
}

TEST(a_value_grows_piece_by_piece)
{
    struct template_values values;
    (void)state;
    template_values_init(&values);
    for (int i = 0; i < 100; i++) {
        template_values_append(&values, "list", "%s%d", i > 0 ? "," : "", i);
    }
    char *result = expand("[{{list}}]", &values);
    assert_int_equal(strlen(result), 1 + 10 + 90 * 2 + 99 + 1);
    assert_memory_equal(result, "[0,1,2,", 7);
    assert_string_equal(result + strlen(result) - 7, ",98,99]");
    free(result);
    template_values_deinit(&values);
}

TEST(without_memory_there_is_no_text)
{
    struct template_values values;
    size_t length;
    (void)state;
    template_values_init(&values);
    values.out_of_memory = 1;
    assert_null(template_expand("x", 1, &values, &length));
    template_values_deinit(&values);
}

static const struct config CONFIG = {
    .max_body_bytes = 3 << 19, .max_pixels = 4000, .max_output_pixels = 5000, .max_side_px = 600};

TEST(every_field_is_on_the_page_and_in_the_description)
{
    struct documents documents;
    (void)state;
    assert_true(documents_init(&documents, &CONFIG));
    const struct document *page = documents_find(&documents, "/");
    const struct document *openapi = documents_find(&documents, "/openapi.json");
    assert_non_null(page);
    assert_non_null(openapi);
    for (size_t i = 0; i < fields_count(); i++) {
        struct field_description field;
        char text[64];
        fields_describe(i, &field);
        snprintf(text, sizeof text, " name=\"%s\"", field.name);
        assert_non_null(strstr(page->bytes, text));
        snprintf(text, sizeof text, "\"%s\": { \"type\": ", field.name);
        assert_non_null(strstr(openapi->bytes, text));
    }
    assert_non_null(strstr(page->bytes, "up to 1.5 MB"));
    documents_deinit(&documents);
}

TEST(documents_are_told_apart)
{
    static const char *const PATHS[DOCUMENTS_COUNT] = {"/",
                                                       "/openapi.json",
                                                       "/samples/scene.jpg",
                                                       "/samples/portrait.jpg",
                                                       "/samples/night.jpg",
                                                       "/samples/facade.jpg"};
    struct documents documents;
    (void)state;
    assert_true(documents_init(&documents, &CONFIG));
    for (int i = 0; i < DOCUMENTS_COUNT; i++) {
        const struct document *document = documents_find(&documents, PATHS[i]);
        assert_non_null(document);
        assert_true(document->length > 1000);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(document->tag, documents_find(&documents, PATHS[k])->tag);
        }
    }
    assert_null(documents_find(&documents, "/samples"));
    assert_null(documents_find(&documents, ""));
    documents_deinit(&documents);
}

TEST(a_change_changes_the_tag)
{
    struct documents one, other;
    struct config config = CONFIG;
    (void)state;
    config.max_side_px++;
    assert_true(documents_init(&one, &CONFIG));
    assert_true(documents_init(&other, &config));
    assert_string_not_equal(documents_find(&one, "/openapi.json")->tag, documents_find(&other, "/openapi.json")->tag);
    assert_string_equal(documents_find(&one, "/")->tag, documents_find(&other, "/")->tag);
    documents_deinit(&one);
    documents_deinit(&other);
}

TEST(fields_say_what_they_take)
{
    (void)state;
    for (size_t i = 0; i < fields_count(); i++) {
        struct field_description field;
        fields_describe(i, &field);
        if (strcmp(field.name, "radius") == 0) {
            assert_string_equal(field.operation, "blur");
            assert_true(field.above_minimum && field.has_default && !field.words[0]);
            assert_true(field.minimum >= 0 && field.minimum <= 0 && field.maximum >= 100 && field.default_number >= 5);
        } else if (strcmp(field.name, "format") == 0) {
            assert_null(field.operation);
            assert_string_equal(field.default_word, "jpeg");
            assert_string_equal(field.words[0], "jpeg");
        } else if (strcmp(field.name, "angle") == 0 || strcmp(field.name, "sigma") == 0) {
            assert_false(field.has_default);
        } else if (strcmp(field.name, "quality") == 0) {
            assert_true(field.is_whole && field.has_default);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_replaced_wherever_they_stand),
        cmocka_unit_test(values_are_not_looked_into),
        cmocka_unit_test(a_value_grows_piece_by_piece),
        cmocka_unit_test(without_memory_there_is_no_text),
        cmocka_unit_test(every_field_is_on_the_page_and_in_the_description),
        cmocka_unit_test(documents_are_told_apart),
        cmocka_unit_test(a_change_changes_the_tag),
        cmocka_unit_test(fields_say_what_they_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
