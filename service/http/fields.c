/* Every field is a row: its name, the operation it belongs to, how its text becomes a value. Text is taken literally:
 * no white space is trimmed, no prefix of a number is enough, so that a typing error is an answer and not a surprise.
 */
#include "service/http/fields.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field_kind { FIELD_FLOAT, FIELD_DOUBLE, FIELD_INTEGER, FIELD_WORD };

enum { OPERATION_ANY = OPERATION_COUNT };

struct field_rule {
    const char *name;
    int operation; /* or OPERATION_ANY */
    enum field_kind kind;
    bool above_minimum; /* the minimum itself is out of range */
    double minimum;
    double maximum;
    const char *unit;
    const char *words[FIELD_WORDS_MAX]; /* FIELD_WORD: the value is the index */
    unsigned words_known;         /* bit mask of the words that can be served */
    size_t offset;                /* in struct fields */
    size_t flag_offset;           /* of a bool to set, 0 = none */
};

#define PARAMETER(member) offsetof(struct fields, parameters.member)

static const struct field_rule RULES[] = {
    {"format", OPERATION_ANY, FIELD_WORD, .words = {"jpeg", "png", "webp", "same"}, .words_known = 0xF,
     .offset = offsetof(struct fields, format)},
    {"quality", OPERATION_ANY, FIELD_INTEGER, false, 1, 100, "", .offset = offsetof(struct fields, quality)},
    {"radius", OPERATION_BLUR, FIELD_FLOAT, true, 0, 100, " pixels", .offset = PARAMETER(blur_radius_px)},
    {"amount", OPERATION_SHARPEN, FIELD_FLOAT, false, 0, 4, "", .offset = PARAMETER(sharpen_amount)},
    {"color", OPERATION_ENHANCE, FIELD_FLOAT, false, 0, 4, "", .offset = PARAMETER(enhance_color)},
    {"contrast", OPERATION_ENHANCE, FIELD_FLOAT, false, 0, 4, "", .offset = PARAMETER(enhance_contrast)},
    {"sharpness", OPERATION_ENHANCE, FIELD_FLOAT, false, 0, 4, "", .offset = PARAMETER(enhance_sharpness)},
    {"angle", OPERATION_ROTATE, FIELD_DOUBLE, false, -360, 360, " degrees", .offset = PARAMETER(rotate_angle_degrees),
     .flag_offset = PARAMETER(rotate_has_angle)},
    {"method", OPERATION_NOISE_REDUCTION, FIELD_WORD, .words = {"dct", "mean", "median", "bilateral", "nlm"},
     .words_known = 1u << DENOISE_DCT | 1u << DENOISE_MEAN, .offset = PARAMETER(method)},
    {"quality_level", OPERATION_NOISE_REDUCTION, FIELD_WORD, .words = {"fast", "normal", "best"},
     .words_known = 1u << DENOISE_NORMAL, .offset = PARAMETER(level)},
    {"strength", OPERATION_NOISE_REDUCTION, FIELD_FLOAT, false, 0, 2, "", .offset = PARAMETER(denoise_strength)},
    {"sigma", OPERATION_NOISE_REDUCTION, FIELD_FLOAT, true, 0, 100, " gray levels", .offset = PARAMETER(denoise_sigma)},
};
enum { RULES_COUNT = sizeof RULES / sizeof RULES[0] };

/* "image", "operation" and the rows above: each may come once. */
enum { KNOWN_IMAGE = RULES_COUNT, KNOWN_OPERATION, KNOWN_COUNT, UNKNOWN = KNOWN_COUNT };

static int find_known(const char *name)
{
    if (strcmp(name, "image") == 0) {
        return KNOWN_IMAGE;
    }
    if (strcmp(name, "operation") == 0) {
        return KNOWN_OPERATION;
    }
    for (int i = 0; i < RULES_COUNT; i++) {
        if (strcmp(name, RULES[i].name) == 0) {
            return i;
        }
    }
    return UNKNOWN;
}

static enum status fail(struct field_error *error, enum status status, const char *field)
{
    error->status = status;
    snprintf(error->field, sizeof error->field, "%s", field);
    return status;
}

/* Digits, sign, point, exponent: what strtod takes beyond that (spaces, hexadecimal, "inf", "nan") is not a number
 * here. The program never calls setlocale(), so the decimal point is a point. */
static bool read_number(const char *text, double *ret)
{
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0') {
        return false;
    }
    char *end;
    *ret = strtod(text, &end);
    return *end == '\0' && isfinite(*ret);
}

static enum status apply_number(const struct field_rule *rule, const char *text, struct fields *fields,
                                struct field_error *error)
{
    double value = 0;
    bool integer = rule->kind == FIELD_INTEGER;
    bool ok = read_number(text, &value) && value <= rule->maximum &&
              (rule->above_minimum ? value > rule->minimum : value >= rule->minimum) &&
              (!integer || floor(value) >= value);
    /* A positive value so small that it is 0 as a float would mean "estimate it" or divide by zero. */
    if (ok && rule->kind == FIELD_FLOAT && rule->above_minimum && (float)value <= (float)rule->minimum) {
        ok = false;
    }
    if (!ok) {
        snprintf(error->sentence, sizeof error->sentence, "%s must be %s %s %g and at most %g%s", rule->name,
                 integer ? "a whole number" : "a number", rule->above_minimum ? "above" : "from", rule->minimum,
                 rule->maximum, rule->unit);
        return fail(error, STATUS_INVALID_PARAMETER, rule->name);
    }
    char *target = (char *)fields + rule->offset;
    if (rule->kind == FIELD_FLOAT) {
        float single = (float)value;
        memcpy(target, &single, sizeof single);
    } else if (rule->kind == FIELD_DOUBLE) {
        memcpy(target, &value, sizeof value);
    } else {
        int whole = (int)value;
        memcpy(target, &whole, sizeof whole);
    }
    if (rule->flag_offset) {
        bool set = true;
        memcpy((char *)fields + rule->flag_offset, &set, sizeof set);
    }
    return STATUS_OK;
}

static enum status apply_word(const struct field_rule *rule, const char *text, struct fields *fields,
                              struct field_error *error)
{
    size_t used = (size_t)snprintf(error->sentence, sizeof error->sentence, "%s must be one of:", rule->name);
    for (unsigned i = 0; i < FIELD_WORDS_MAX && rule->words[i]; i++) {
        if (!(rule->words_known & 1u << i)) {
            continue;
        }
        if (strcmp(text, rule->words[i]) == 0) {
            error->sentence[0] = '\0';
            static_assert(sizeof(enum output_format) == sizeof(unsigned) &&
                              sizeof(enum denoise_method) == sizeof(unsigned) &&
                              sizeof(enum denoise_level) == sizeof(unsigned),
                          "a word's value is an enum of this size");
            memcpy((char *)fields + rule->offset, &i, sizeof i);
            return STATUS_OK;
        }
        used += (size_t)snprintf(error->sentence + used, sizeof error->sentence - used, " %s", rule->words[i]);
        assert(used < sizeof error->sentence);
    }
    return fail(error, STATUS_INVALID_PARAMETER, rule->name);
}

static enum status apply_rule(const struct field_rule *rule, const char *text, struct fields *fields,
                              struct field_error *error)
{
    return rule->kind == FIELD_WORD ? apply_word(rule, text, fields, error) : apply_number(rule, text, fields, error);
}

/* Add a name to the list for X-Ignored-Fields; what a header must not hold becomes %XX. */
static void add_ignored(struct fields *fields, const char *name)
{
    char *list = fields->ignored;
    size_t used = strlen(list);
    size_t wanted = used > 0 ? 2 : 0;
    for (const char *c = name; *c; c++) {
        wanted += (unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F || strchr("%,\"", *c) ? 3 : 1;
    }
    if (used + wanted >= sizeof fields->ignored) {
        return; /* what does not fit is left out: 16 parts of 63 bytes may be long */
    }
    if (used > 0) {
        memcpy(list + used, ", ", 2);
        used += 2;
    }
    for (const char *c = name; *c; c++) {
        bool plain = (unsigned char)*c > ' ' && (unsigned char)*c < 0x7F && !strchr("%,\"", *c);
        used +=
            (size_t)snprintf(list + used, sizeof fields->ignored - used, plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
}

/* Pointers to the parts of the known fields; STATUS_DUPLICATE_FIELD, STATUS_FIELD_TOO_LONG. */
static enum status sort_parts(const struct multipart *multipart, const struct multipart_part *known[KNOWN_COUNT],
                              struct fields *fields, struct field_error *error)
{
    for (uint32_t i = 0; i < multipart->parts_count; i++) {
        const struct multipart_part *part = &multipart->parts[i];
        int index = find_known(part->name);
        bool is_text = index == UNKNOWN || index == KNOWN_IMAGE ? !part->has_filename : true;
        if (is_text && part->content_bytes > FIELD_MAX_BYTES) {
            return fail(error, STATUS_FIELD_TOO_LONG, part->name);
        }
        if (index == UNKNOWN) {
            add_ignored(fields, part->name);
            continue;
        }
        if (known[index]) {
            return fail(error, STATUS_DUPLICATE_FIELD, part->name);
        }
        known[index] = part;
    }
    return STATUS_OK;
}

static enum status read_image(const struct multipart_part *part, struct fields *fields, struct field_error *error)
{
    if (!part || !part->has_filename) { /* a text field named image is not a file: as the original saw it */
        return fail(error, STATUS_MISSING_IMAGE, "image");
    }
    if (part->content_bytes == 0) {
        return fail(error, part->filename_is_empty ? STATUS_NO_IMAGE_SELECTED : STATUS_EMPTY_IMAGE, "image");
    }
    fields->image_offset = part->content_offset;
    fields->image_bytes = part->content_bytes;
    return STATUS_OK;
}

/* The part's text, NUL-terminated. false when it holds a NUL itself: then it is no value of anything. */
static bool read_text(const struct multipart_part *part, const uint8_t *bytes, char ret[FIELD_MAX_BYTES + 1])
{
    memcpy(ret, bytes + part->content_offset, part->content_bytes);
    ret[part->content_bytes] = '\0';
    return strlen(ret) == part->content_bytes;
}

static enum status read_operation(const struct multipart_part *part, const uint8_t *bytes, struct fields *fields,
                                  struct field_error *error)
{
    char text[FIELD_MAX_BYTES + 1];
    if (!part) {
        fields->operation = OPERATION_BLUR;
        return STATUS_OK;
    }
    if (read_text(part, bytes, text) && operation_find(text, &fields->operation)) {
        return STATUS_OK;
    }
    snprintf(error->sentence, sizeof error->sentence, "Invalid operation: %.100s", text);
    return fail(error, STATUS_INVALID_OPERATION, "operation");
}

static void set_defaults(struct fields *ret)
{
    memset(ret, 0, sizeof *ret);
    operation_parameters_init(&ret->parameters);
    ret->format = OUTPUT_JPEG;
    ret->quality = 85;
}

enum status fields_read(const struct multipart *multipart, const uint8_t *bytes, struct fields *ret,
                        struct field_error *ret_error)
{
    const struct multipart_part *known[KNOWN_COUNT] = {0};
    *ret_error = (struct field_error){.status = STATUS_OK};
    set_defaults(ret);

    enum status status = sort_parts(multipart, known, ret, ret_error);
    if (status == STATUS_OK) {
        status = read_image(known[KNOWN_IMAGE], ret, ret_error);
    }
    if (status == STATUS_OK) {
        status = read_operation(known[KNOWN_OPERATION], bytes, ret, ret_error);
    }
    for (int i = 0; i < RULES_COUNT && status == STATUS_OK; i++) {
        char text[FIELD_MAX_BYTES + 1];
        if (!known[i]) {
            continue;
        }
        if (!read_text(known[i], bytes, text)) {
            text[0] = '\0'; /* never a valid value */
        }
        status = apply_rule(&RULES[i], text, ret, ret_error);
        if (status == STATUS_OK && RULES[i].operation != OPERATION_ANY && RULES[i].operation != (int)ret->operation) {
            add_ignored(ret, RULES[i].name);
        }
    }
    return status;
}

size_t fields_count(void)
{
    return RULES_COUNT;
}

/* A default that is out of range stands for "not given". */
static void describe_default(const struct field_rule *rule, struct field_description *ret)
{
    struct fields defaults;
    set_defaults(&defaults);
    const char *source = (const char *)&defaults + rule->offset;
    unsigned index = 0;
    float single = 0;
    int whole = 0;
    switch (rule->kind) {
    case FIELD_WORD:
        memcpy(&index, source, sizeof index);
        ret->default_word = rule->words[index];
        ret->has_default = true;
        return;
    case FIELD_FLOAT:
        memcpy(&single, source, sizeof single);
        ret->default_number = (double)single;
        break;
    case FIELD_DOUBLE:
        memcpy(&ret->default_number, source, sizeof ret->default_number);
        break;
    case FIELD_INTEGER:
        memcpy(&whole, source, sizeof whole);
        ret->default_number = whole;
        break;
    }
    ret->has_default = !rule->flag_offset && ret->default_number <= rule->maximum &&
                       (rule->above_minimum ? ret->default_number > rule->minimum : ret->default_number >= rule->minimum);
}

void fields_describe(size_t index, struct field_description *ret)
{
    assert(index < RULES_COUNT);
    const struct field_rule *rule = &RULES[index];
    *ret = (struct field_description){.name = rule->name,
                                      .unit = rule->unit ? rule->unit : "",
                                      .is_whole = rule->kind == FIELD_INTEGER,
                                      .above_minimum = rule->above_minimum,
                                      .minimum = rule->minimum,
                                      .maximum = rule->maximum};
    if (rule->operation != OPERATION_ANY) {
        ret->operation = operation_name((enum operation)rule->operation);
    }
    size_t words = 0;
    for (unsigned i = 0; i < FIELD_WORDS_MAX && rule->words[i]; i++) {
        if (rule->words_known & 1u << i) {
            ret->words[words++] = rule->words[i];
        }
    }
    describe_default(rule, ret);
}
