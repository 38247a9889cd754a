/* See output_name.h. */
#include "profiler/collector/output_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *output_name_replace(const char *pattern, char letter, const char *value)
{
    size_t count = 0;
    for (const char *at = pattern; (at = strchr(at, '%')) != NULL; at++) {
        count += at[1] == letter;
    }
    char *ret = malloc(strlen(pattern) + count * strlen(value) + 1), *to = ret;
    if (!ret) {
        return NULL;
    }
    while (*pattern) {
        if (pattern[0] == '%' && pattern[1] == letter) {
            to = stpcpy(to, value);
            pattern += 2;
        } else {
            *to++ = *pattern++;
        }
    }
    *to = '\0';
    return ret;
}

char *output_name_expand(const char *pattern, pid_t pid)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%d", (int)pid);
    return output_name_replace(pattern, 'p', digits);
}
