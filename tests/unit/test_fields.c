/* The form's fields: defaults, ranges, and an answer that names the field at fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/http/fields.h"

#define TEST(name)   static void name(void **state)
#define UNUSED_STATE (void)state
#define IMAGE        "image=@pixels"

/* A form written as "name=value" (a text field) or "name=@content" (a file), read like the server does. */
struct form {
    char body[32768];
    size_t length;
    struct multipart multipart;
    struct fields fields;
    struct field_error error;
};

static void add_bytes(struct form *form, const void *bytes, size_t length)
{
    assert_true(form->length + length < sizeof form->body);
    memcpy(form->body + form->length, bytes, length);
    form->length += length;
}

static void add_text(struct form *form, const char *text)
{
    add_bytes(form, text, strlen(text));
}

static void add_field(struct form *form, const char *name, const char *extra, const void *content, size_t content_bytes)
{
    char head[512];
    snprintf(head, sizeof head, "--B\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n", name, extra);
    add_text(form, head);
    add_bytes(form, content, content_bytes);
    add_text(form, "\r\n");
}

static enum status read_form(struct form *form)
{
    add_text(form, "--B--\r\n");
    assert_int_equal(multipart_init(&form->multipart, "multipart/form-data; boundary=B"), STATUS_OK);
    assert_int_equal(multipart_end(&form->multipart, (const uint8_t *)form->body, form->length), STATUS_OK);
    enum status status = fields_read(&form->multipart, (const uint8_t *)form->body, &form->fields, &form->error);
    assert_int_equal(form->error.status, status);
    return status;
}

/* A NULL ends the list. */
static enum status read_fields(struct form *form, const char *field, ...)
{
    va_list rest;
    memset(form, 0, sizeof *form);
    va_start(rest, field);
    for (; field; field = va_arg(rest, const char *)) {
        char name[64];
        const char *value = strchr(field, '=') + 1;
        snprintf(name, sizeof name, "%.*s", (int)(value - field - 1), field);
        bool file = value[0] == '@';
        add_field(form, name, file ? "; filename=\"f.jpg\"" : "", value + file, strlen(value + file));
    }
    va_end(rest);
    return read_form(form);
}

static void assert_refused(struct form *form, enum status status, const char *field)
{
    assert_int_equal(form->error.status, status);
    assert_string_equal(form->error.field, field);
}

static bool is_near(double value, double expected)
{
    return value > expected - 1e-6 && value < expected + 1e-6;
}

#define assert_near(value, expected) assert_true(is_near((double)(value), (expected)))

TEST(a_form_with_an_image_alone_has_the_defaults)
{
    UNUSED_STATE;
    static struct form form;
    struct operation_parameters defaults;
    operation_parameters_init(&defaults);
    assert_int_equal(read_fields(&form, IMAGE, NULL), STATUS_OK);
    assert_int_equal(form.fields.operation, OPERATION_BLUR);
    assert_int_equal(form.fields.format, OUTPUT_JPEG);
    assert_int_equal(form.fields.quality, 85);
    assert_near(form.fields.parameters.blur_radius_px, 5);
    assert_near(form.fields.parameters.sharpen_amount, 1);
    assert_near(form.fields.parameters.enhance_color, 1.5);
    assert_near(form.fields.parameters.enhance_contrast, 1.3);
    assert_near(form.fields.parameters.enhance_sharpness, 1.2);
    assert_false(form.fields.parameters.rotate_has_angle);
    assert_int_equal(form.fields.parameters.method, DENOISE_DCT);
    assert_int_equal(form.fields.parameters.level, DENOISE_NORMAL);
    assert_near(form.fields.parameters.denoise_strength, 1);
    assert_near(form.fields.parameters.denoise_sigma, 0);
    assert_string_equal(form.fields.ignored, "");
    assert_int_equal(form.fields.image_bytes, 6);
    assert_memory_equal(form.body + form.fields.image_offset, "pixels", 6);
}

TEST(every_field_reaches_its_place)
{
    UNUSED_STATE;
    static struct form form;
    assert_int_equal(read_fields(&form, "operation=blur", "radius=0.5", IMAGE, NULL), STATUS_OK);
    assert_near(form.fields.parameters.blur_radius_px, 0.5);
    assert_int_equal(read_fields(&form, "operation=sharpen", IMAGE, "amount=4", NULL), STATUS_OK);
    assert_int_equal(form.fields.operation, OPERATION_SHARPEN);
    assert_near(form.fields.parameters.sharpen_amount, 4);
    assert_int_equal(read_fields(&form, "operation=enhance", "color=0", "contrast=2", "sharpness=3.25", IMAGE, NULL),
                     STATUS_OK);
    assert_near(form.fields.parameters.enhance_color, 0);
    assert_near(form.fields.parameters.enhance_contrast, 2);
    assert_near(form.fields.parameters.enhance_sharpness, 3.25);
    assert_int_equal(read_fields(&form, "operation=rotate", "angle=-90", IMAGE, NULL), STATUS_OK);
    assert_true(form.fields.parameters.rotate_has_angle);
    assert_near(form.fields.parameters.rotate_angle_degrees, -90);
    assert_int_equal(read_fields(&form, "operation=noise_reduction", "method=mean", "strength=0", "sigma=100",
                                 "quality_level=normal", IMAGE, NULL),
                     STATUS_OK);
    assert_int_equal(form.fields.parameters.method, DENOISE_MEAN);
    assert_near(form.fields.parameters.denoise_strength, 0);
    assert_near(form.fields.parameters.denoise_sigma, 100);
    assert_string_equal(form.fields.ignored, "");
    static const char *const FORMATS[] = {"format=jpeg", "format=png", "format=webp", "format=same"};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(read_fields(&form, FORMATS[i], "quality=1", IMAGE, NULL), STATUS_OK);
        assert_int_equal(form.fields.format, i);
        assert_int_equal(form.fields.quality, 1);
    }
}

TEST(every_operation_is_known_by_its_name)
{
    UNUSED_STATE;
    static struct form form;
    for (int i = 0; i < OPERATION_COUNT; i++) {
        char field[64];
        snprintf(field, sizeof field, "operation=%s", operation_name((enum operation)i));
        assert_int_equal(read_fields(&form, IMAGE, field, NULL), STATUS_OK);
        assert_int_equal(form.fields.operation, i);
    }
}

TEST(numbers_have_several_spellings)
{
    UNUSED_STATE;
    static const struct {
        const char *text;
        double value;
    } SPELLINGS[] = {{"5", 5},      {"5.", 5},   {"+5", 5},       {"5e0", 5},
                     {"0.05E2", 5}, {".5", 0.5}, {"1e-3", 0.001}, {"100", 100}};
    static struct form form;
    for (size_t i = 0; i < sizeof SPELLINGS / sizeof SPELLINGS[0]; i++) {
        char field[64];
        snprintf(field, sizeof field, "radius=%s", SPELLINGS[i].text);
        assert_int_equal(read_fields(&form, IMAGE, field, NULL), STATUS_OK);
        assert_near(form.fields.parameters.blur_radius_px, SPELLINGS[i].value);
    }
    assert_int_equal(read_fields(&form, IMAGE, "quality=90.0", NULL), STATUS_OK);
    assert_int_equal(form.fields.quality, 90);
}

TEST(what_is_no_number_or_out_of_range_names_its_field)
{
    UNUSED_STATE;
    static const char *const FIELDS[] = {
        "radius=0",
        "radius=-1",
        "radius=100.001",
        "radius=1e-60",
        "radius=",
        "radius= 5",
        "radius=5 ",
        "radius=5px",
        "radius=0x5",
        "radius=nan",
        "radius=inf",
        "radius=-inf",
        "radius=1e999",
        "radius=five",
        "radius=5,5",
        "radius=+-5",
        "radius=1e",
        "radius=.",
        "radius=--5",
        "radius=5\r\n",
        "amount=-0.001",
        "amount=4.1",
        "color=5",
        "contrast=-1",
        "sharpness=nan",
        "angle=361",
        "angle=-360.5",
        "angle=90deg",
        "strength=2.5",
        "strength=-1",
        "sigma=0",
        "sigma=101",
        "quality=0",
        "quality=101",
        "quality=85.5",
        "quality=-5",
        "quality=high",
        "quality=",
        "format=gif",
        "format=JPEG",
        "format=",
        "format=jpeg ",
        "method=",
        "method=fancy",
        "method=median",
        "method=bilateral",
        "method=nlm",
        "quality_level=fast",
        "quality_level=best",
        "quality_level=ultra",
        "quality_level=",
    };
    static struct form form;
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(FIELDS[i], "="), FIELDS[i]);
        assert_int_equal(read_fields(&form, FIELDS[i], IMAGE, NULL), STATUS_INVALID_PARAMETER);
        assert_refused(&form, STATUS_INVALID_PARAMETER, name);
        assert_non_null(strstr(form.error.sentence, name));
    }
}

TEST(a_zero_byte_makes_no_value)
{
    UNUSED_STATE;
    static struct form form;
    memset(&form, 0, sizeof form);
    add_field(&form, "image", "; filename=\"a\"", "x", 1);
    add_field(&form, "radius", "", "5\0", 2);
    assert_int_equal(read_form(&form), STATUS_INVALID_PARAMETER);
    assert_refused(&form, STATUS_INVALID_PARAMETER, "radius");
    memset(&form, 0, sizeof form);
    add_field(&form, "image", "; filename=\"a\"", "x", 1);
    add_field(&form, "operation", "", "blur\0", 5);
    assert_int_equal(read_form(&form), STATUS_INVALID_OPERATION);
}

TEST(an_unknown_operation_is_quoted)
{
    UNUSED_STATE;
    static struct form form;
    assert_int_equal(read_fields(&form, IMAGE, "operation=nope", NULL), STATUS_INVALID_OPERATION);
    assert_refused(&form, STATUS_INVALID_OPERATION, "operation");
    assert_string_equal(form.error.sentence, "Invalid operation: nope");
    assert_int_equal(read_fields(&form, IMAGE, "operation=", NULL), STATUS_INVALID_OPERATION);
    assert_string_equal(form.error.sentence, "Invalid operation: ");
    assert_int_equal(read_fields(&form, IMAGE, "operation=Blur", NULL), STATUS_INVALID_OPERATION);
}

TEST(the_image_must_be_there_be_a_file_and_not_be_empty)
{
    UNUSED_STATE;
    static struct form form;
    assert_int_equal(read_fields(&form, "operation=blur", NULL), STATUS_MISSING_IMAGE);
    assert_refused(&form, STATUS_MISSING_IMAGE, "image");
    assert_int_equal(read_fields(&form, "image=pixels", NULL), STATUS_MISSING_IMAGE);
    assert_int_equal(read_fields(&form, "image=@", NULL), STATUS_EMPTY_IMAGE);
    assert_refused(&form, STATUS_EMPTY_IMAGE, "image");
    memset(&form, 0, sizeof form);
    add_field(&form, "image", "; filename=\"\"", "", 0);
    assert_int_equal(read_form(&form), STATUS_NO_IMAGE_SELECTED);
    memset(&form, 0, sizeof form);
    add_field(&form, "image", "; filename=\"\"", "pixels", 6);
    assert_int_equal(read_form(&form), STATUS_OK);
}

/* The original looked at the image first; its clients see the same answer when several things are wrong. */
TEST(a_missing_image_goes_before_an_unknown_operation)
{
    UNUSED_STATE;
    static struct form form;
    assert_int_equal(read_fields(&form, "operation=nope", "radius=x", NULL), STATUS_MISSING_IMAGE);
    assert_int_equal(read_fields(&form, "operation=nope", "radius=x", IMAGE, NULL), STATUS_INVALID_OPERATION);
}

TEST(a_known_field_twice_is_refused_an_unknown_one_is_not)
{
    UNUSED_STATE;
    static struct form form;
    static const char *const FIELDS[] = {IMAGE, "operation=blur", "radius=5", "format=png", "quality_level=normal"};
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(FIELDS[i], "="), FIELDS[i]);
        assert_int_equal(read_fields(&form, FIELDS[i], IMAGE, FIELDS[i], NULL), STATUS_DUPLICATE_FIELD);
        assert_refused(&form, STATUS_DUPLICATE_FIELD, name);
    }
    assert_int_equal(read_fields(&form, "x=1", "x=2", IMAGE, NULL), STATUS_OK);
    assert_string_equal(form.fields.ignored, "x, x");
}

TEST(a_field_over_4_kib_is_refused_a_file_is_not)
{
    UNUSED_STATE;
    static struct form form;
    static char text[FIELD_MAX_BYTES + 1];
    memset(text, '1', sizeof text);
    static const char *const NAMES[] = {"radius", "operation", "comment", "image"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        memset(&form, 0, sizeof form);
        add_field(&form, NAMES[i], "", text, FIELD_MAX_BYTES + 1);
        assert_int_equal(read_form(&form), STATUS_FIELD_TOO_LONG);
        assert_refused(&form, STATUS_FIELD_TOO_LONG, NAMES[i]);
    }
    memset(&form, 0, sizeof form);
    add_field(&form, "radius", "; filename=\"r\"", text, FIELD_MAX_BYTES + 1); /* a known field is never a file */
    assert_int_equal(read_form(&form), STATUS_FIELD_TOO_LONG);
    memset(&form, 0, sizeof form);
    add_field(&form, "comment", "", text, FIELD_MAX_BYTES);
    add_field(&form, "other", "; filename=\"o\"", text, FIELD_MAX_BYTES + 1);
    add_field(&form, "image", "; filename=\"a\"", text, FIELD_MAX_BYTES + 1);
    assert_int_equal(read_form(&form), STATUS_OK);
    assert_string_equal(form.fields.ignored, "comment, other");
    memset(&form, 0, sizeof form);
    add_field(&form, "image", "; filename=\"a\"", "x", 1);
    add_field(&form, "operation", "", text, FIELD_MAX_BYTES);
    assert_int_equal(read_form(&form), STATUS_INVALID_OPERATION);
    assert_true(strlen(form.error.sentence) < 150);
}

TEST(what_has_no_effect_is_named_safely)
{
    UNUSED_STATE;
    static struct form form;
    assert_int_equal(read_fields(&form, IMAGE, "operation=blur", "angle=90", "x=1", NULL), STATUS_OK);
    assert_string_equal(form.fields.ignored, "x, angle");
    assert_int_equal(read_fields(&form, IMAGE, "a b,\xC3\xA9%=1", NULL), STATUS_OK);
    assert_string_equal(form.fields.ignored, "a%20b%2C%C3%A9%25");
}

TEST(the_list_of_ignored_fields_is_bounded)
{
    UNUSED_STATE;
    static struct form form;
    memset(&form, 0, sizeof form);
    add_field(&form, "image", "; filename=\"a\"", "x", 1);
    for (int i = 0; i < 15; i++) {
        char name[80];
        memset(name, '%', sizeof name);
        name[70] = '\0';
        add_field(&form, name, "", "1", 1);
    }
    assert_int_equal(read_form(&form), STATUS_OK);
    assert_true(strlen(form.fields.ignored) < IGNORED_FIELDS_MAX_BYTES);
    assert_true(strlen(form.fields.ignored) > IGNORED_FIELDS_MAX_BYTES / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_with_an_image_alone_has_the_defaults),
        cmocka_unit_test(every_field_reaches_its_place),
        cmocka_unit_test(every_operation_is_known_by_its_name),
        cmocka_unit_test(numbers_have_several_spellings),
        cmocka_unit_test(what_is_no_number_or_out_of_range_names_its_field),
        cmocka_unit_test(a_zero_byte_makes_no_value),
        cmocka_unit_test(an_unknown_operation_is_quoted),
        cmocka_unit_test(the_image_must_be_there_be_a_file_and_not_be_empty),
        cmocka_unit_test(a_missing_image_goes_before_an_unknown_operation),
        cmocka_unit_test(a_known_field_twice_is_refused_an_unknown_one_is_not),
        cmocka_unit_test(a_field_over_4_kib_is_refused_a_file_is_not),
        cmocka_unit_test(what_has_no_effect_is_named_safely),
        cmocka_unit_test(the_list_of_ignored_fields_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
