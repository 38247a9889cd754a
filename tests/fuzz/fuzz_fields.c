/* Input: the body of a form with the boundary "B". Whatever it holds, the values that come out are inside the
 * contract's ranges and what goes into headers and replies is safe there. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "service/http/fields.h"
#include "service/http/json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

static bool is_within(double value, double minimum, double maximum)
{
    return isfinite(value) && value >= minimum && value <= maximum;
}

static void check_values(const struct fields *fields, size_t length)
{
    const struct operation_parameters *p = &fields->parameters;
    REQUIRE((unsigned)fields->operation < OPERATION_COUNT && (unsigned)fields->format <= OUTPUT_SAME);
    REQUIRE(fields->quality >= 1 && fields->quality <= 100);
    REQUIRE(is_within((double)p->blur_radius_px, 0, 100) && p->blur_radius_px > 0);
    REQUIRE(is_within((double)p->sharpen_amount, 0, 4) && is_within((double)p->enhance_color, 0, 4));
    REQUIRE(is_within((double)p->enhance_contrast, 0, 4) && is_within((double)p->enhance_sharpness, 0, 4));
    REQUIRE(is_within(p->rotate_angle_degrees, -360, 360));
    REQUIRE(is_within((double)p->denoise_strength, 0, 2) && is_within((double)p->denoise_sigma, 0, 100));
    REQUIRE(p->method == DENOISE_DCT || p->method == DENOISE_MEAN);
    REQUIRE(p->level == DENOISE_NORMAL);
    REQUIRE(fields->image_bytes > 0 && fields->image_offset <= length &&
            fields->image_bytes <= length - fields->image_offset);
    for (const char *c = fields->ignored; *c; c++) {
        REQUIRE(*c >= ' ' && *c < 0x7F);
    }
}

static void check_error(const struct field_error *error, enum status status)
{
    char text[4096];
    struct json_text json;
    REQUIRE(error->status == status && memchr(error->sentence, '\0', sizeof error->sentence));
    json_init(&json, text, sizeof text);
    json_string(&json, error->sentence);
    json_string(&json, error->field);
    REQUIRE(!json.truncated);
    for (size_t i = 0; i < json.length; i++) {
        REQUIRE((unsigned char)text[i] >= ' ');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct multipart multipart;
    struct fields fields;
    struct field_error error;
    REQUIRE(multipart_init(&multipart, "multipart/form-data; boundary=B") == STATUS_OK);
    if (multipart_end(&multipart, bytes, length) != STATUS_OK) {
        return 0;
    }
    enum status status = fields_read(&multipart, bytes, &fields, &error);
    if (status == STATUS_OK) {
        check_values(&fields, length);
    } else {
        check_error(&error, status);
    }
    return 0;
}
