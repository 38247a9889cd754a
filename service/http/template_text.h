/* Text with {{names}} + values -> text. */
#ifndef SERVICE_TEMPLATE_TEXT_H
#define SERVICE_TEMPLATE_TEXT_H

#include <stddef.h>

enum { TEMPLATE_NAME_BYTES = 32, TEMPLATE_VALUES_MAX = 64 };

/* Values by name. Their text lives in the set. */
struct template_values {
    struct {
        char name[TEMPLATE_NAME_BYTES];
        char *text; /* malloc'ed */
    } rows[TEMPLATE_VALUES_MAX];
    size_t count;
    int out_of_memory;
};

void template_values_init(struct template_values *ret);
void template_values_deinit(struct template_values *values);

/* Add a value under a new name. What goes wrong shows in template_expand(). */
void template_values_add(struct template_values *values, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Add to the end of a value, which is made if it is not there. */
void template_values_append(struct template_values *values, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Replace every {{name}} of `text`; values are not looked into. A name that has no value is a mistake in the template:
 * asserted. ret: malloc'ed, ends in NUL, *ret_length without it; NULL when memory is out. */
char *template_expand(const char *text, size_t length, const struct template_values *values, size_t *ret_length);

#endif
