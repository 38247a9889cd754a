/* The service does not know the profiler; it only knows how to be started by it. */
#include "service/profile_run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIXED_ARGUMENTS = 6 };

static int is_profile_flag(const char *argument)
{
    return strcmp(argument, "--profile") == 0 ? 2 : strncmp(argument, "--profile=", 10) == 0;
}

void profile_run(int argc, char **argv, const char *outfile)
{
    char self[PATH_MAX];
    char hotline[PATH_MAX + 16];
    char out_option[PATH_MAX + 16];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) {
        fprintf(stderr, "image-service: --profile: cannot tell where this program is: %s\n", strerror(errno));
        return;
    }
    self[length] = '\0';
    snprintf(hotline, sizeof hotline, "%.*s/hotline", (int)(strrchr(self, '/') - self), self);
    if (access(hotline, X_OK) != 0) {
        fprintf(stderr, "image-service: --profile needs the profiler at %s: %s\n", hotline, strerror(errno));
        return;
    }
    if (snprintf(out_option, sizeof out_option, "--outfile=%s", outfile) >= (int)sizeof out_option) {
        fprintf(stderr, "image-service: --profile: the name of the file is too long\n");
        return;
    }
    char **command = calloc((size_t)argc + FIXED_ARGUMENTS + 1, sizeof *command);
    if (!command) {
        fprintf(stderr, "image-service: --profile: out of memory\n");
        return;
    }
    char cpu[] = "--cpu";
    char html[] = "--html";
    int count = 0;
    command[count++] = hotline;
    command[count++] = cpu;
    command[count++] = html;
    command[count++] = out_option;
    command[count++] = self;
    for (int i = 1; i < argc; i++) {
        int skip = is_profile_flag(argv[i]);
        if (skip > 0) {
            i += skip - 1;
        } else {
            command[count++] = argv[i];
        }
    }
    unsetenv("PROFILE");
    setenv("PROFILE_FILE", outfile, 0); /* GET /profile serves what is written here, unless it was told otherwise */
    execv(hotline, command);
    fprintf(stderr, "image-service: --profile: cannot start %s: %s\n", hotline, strerror(errno));
    free(command);
}
