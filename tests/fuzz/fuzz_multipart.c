/* Input: a Content-Type, a line end, a body. The parser must give the same answer however the body is cut, and parts
 * that lie inside it, in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "service/http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define REQUIRE(condition) ((condition) ? (void)0 : abort())

enum { BODY_MAX_BYTES = 16384 };

static enum status parse(const char *type, const uint8_t *body, size_t length, size_t step, struct multipart *ret)
{
    enum status status = multipart_init(ret, type);
    for (size_t have = step; status == STATUS_OK && have < length; have += step) {
        uint8_t *arrived = malloc(have);
        REQUIRE(arrived);
        memcpy(arrived, body, have);
        status = multipart_feed(ret, arrived, have);
        free(arrived);
    }
    return status == STATUS_OK ? multipart_end(ret, body, length) : status;
}

static void check_parts(const struct multipart *multipart, size_t length)
{
    size_t end = 0;
    REQUIRE(multipart->parts_count <= MULTIPART_PARTS_MAX);
    for (uint32_t i = 0; i < multipart->parts_count; i++) {
        const struct multipart_part *part = &multipart->parts[i];
        REQUIRE(part->content_offset >= end && part->content_offset <= length);
        REQUIRE(part->content_bytes <= length - part->content_offset);
        REQUIRE(part->name[0] != '\0' && memchr(part->name, '\0', sizeof part->name));
        end = part->content_offset + part->content_bytes;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char type[512];
    const uint8_t *line_end = memchr(bytes, '\n', length);
    size_t type_bytes = line_end ? (size_t)(line_end - bytes) : 0;
    if (!line_end || type_bytes >= sizeof type || length - type_bytes > BODY_MAX_BYTES) {
        return 0;
    }
    memcpy(type, bytes, type_bytes);
    type[type_bytes] = '\0';
    const uint8_t *body = line_end + 1;
    size_t body_bytes = length - type_bytes - 1;

    struct multipart whole;
    struct multipart pieces;
    enum status status = parse(type, body, body_bytes, body_bytes + 1, &whole);
    static const size_t STEPS[] = {1, 2, 3, 7, 61, 997};
    for (size_t i = 0; i < sizeof STEPS / sizeof STEPS[0]; i++) {
        if (STEPS[i] * 2048 < body_bytes) {
            continue; /* the square of the length in small steps teaches nothing more */
        }
        REQUIRE(parse(type, body, body_bytes, STEPS[i], &pieces) == status);
        REQUIRE(status != STATUS_OK ||
                (pieces.parts_count == whole.parts_count &&
                 memcmp(pieces.parts, whole.parts, whole.parts_count * sizeof whole.parts[0]) == 0));
    }
    if (status == STATUS_OK) {
        check_parts(&whole, body_bytes);
    }
    return 0;
}
