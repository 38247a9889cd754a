/* The parts of a form -> what is to be done with which bytes: one table of every field in the contract. */
#ifndef SERVICE_FIELDS_H
#define SERVICE_FIELDS_H

#include <stddef.h>
#include <stdint.h>

#include "service/http/multipart.h"
#include "service/operate/operate.h"

enum output_format { OUTPUT_JPEG, OUTPUT_PNG, OUTPUT_WEBP, OUTPUT_SAME };

enum { FIELD_MAX_BYTES = 4096, IGNORED_FIELDS_MAX_BYTES = 512 };

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

#endif
