/* Placeholders in the names of outputs. */
#ifndef HOTLINE_OUTPUT_NAME_H
#define HOTLINE_OUTPUT_NAME_H

#include <sys/types.h>

/* `pattern` with every %<letter> replaced by `value`. ret: malloc'ed, caller frees; NULL when memory is out. */
char *output_name_replace(const char *pattern, char letter, const char *value);

/* %p: the program's pid, known only after its start. Likewise. */
char *output_name_expand(const char *pattern, pid_t pid);

#endif
