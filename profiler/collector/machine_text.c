/* See machine_text.h. */
#include "profiler/collector/machine_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "profiler/collector/text_out.h"

/* "model name	: AMD EPYC 7R13 Processor" -> the name, in `line`; NULL: no such line. */
static char *read_model(FILE *file, char *line, size_t bytes)
{
    while (fgets(line, (int)bytes, file)) {
        char *colon = strchr(line, ':');
        if (colon && strncmp(line, "model name", strlen("model name")) == 0) {
            colon += 1 + strspn(colon + 1, " \t");
            colon[strcspn(colon, "\n")] = '\0';
            return colon;
        }
    }
    return NULL;
}

char *machine_text(const char *cpuinfo)
{
    char line[256];
    struct text_out out;
    struct utsname names;
    FILE *file = fopen(cpuinfo, "re");
    const char *model = file ? read_model(file, line, sizeof line) : NULL;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    text_out_init(&out, NULL, NULL);
    if (model) {
        text_out_plain(&out, model);
        text_out_string(&out, ", ");
    }
    text_out_format(&out, "%ld CPU%s", cpus, cpus == 1 ? "" : "s");
    if (uname(&names) == 0) {
        text_out_format(&out, ", %s, %s %s", names.machine, names.sysname, names.release);
    }
    if (file) {
        fclose(file);
    }
    return text_out_take(&out);
}
