/* The parts of a form -> what is to be done with which bytes: one table of every field in the contract. */
#ifndef SERVICE_FIELDS_H
#define SERVICE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "service/http/multipart.h"
#include "service/operate/operate.h"

enum output_format { OUTPUT_JPEG, OUTPUT_PNG, OUTPUT_WEBP, OUTPUT_SAME };

enum { FIELD_MAX_BYTES = 4096, IGNORED_FIELDS_MAX_BYTES = 512, FIELD_WORDS_MAX = 6 };

struct fields {
    enum operation operation;
    struct operation_parameters parameters;
    enum output_format format;
    int quality; /* 1..100 */
    size_t image_offset;
    size_t image_bytes;
    char ignored[IGNORED_FIELDS_MAX_BYTES]; /* fields that had no effect, "a, b", safe in a header; empty: none */
};

/* Why a form was refused, for the reply. */
struct field_error {
    enum status status;
    char field[MULTIPART_NAME_MAX_BYTES + 1]; /* the one at fault, or empty */
    char sentence[256];                       /* UTF-8 if the client sent UTF-8; empty: the status's own */
};

/* Read the form that `multipart` found in `bytes`. ret: STATUS_OK and `ret` filled, or what is in ret_error->status.
 * Any thread. */
enum status fields_read(const struct multipart *multipart, const uint8_t *bytes, struct fields *ret,
                        struct field_error *ret_error);

/* What a field takes, for the pages that describe it. */
struct field_description {
    const char *name;
    const char *operation; /* NULL: of every operation */
    const char *unit;      /* " pixels", or "" */
    bool is_whole;
    bool above_minimum; /* the minimum itself is out of range */
    double minimum;
    double maximum;
    const char *words[FIELD_WORDS_MAX + 1]; /* those that are served; none: a number */
    bool has_default;
    double default_number;
    const char *default_word;
};

/* The parameters: all fields but `image` and `operation`. */
size_t fields_count(void);

/* index: below fields_count(). Strings are static. */
void fields_describe(size_t index, struct field_description *ret);

#endif
