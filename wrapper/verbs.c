/* A verb -> a request on the control socket -> its answer on stdout. */
#include "wrapper/verbs.h"

#include <stdio.h>

#include "profiler/collector/control.h"
#include "wrapper/message.h"

static const char *const requests[] = {
    [VERB_ON] = "on", [VERB_OFF] = "off", [VERB_DUMP] = "dump", [VERB_STATUS] = "status"};

static void print_session(void *user, pid_t pid, const char *status)
{
    (void)user;
    printf("hotline %d: %s\n", (int)pid, status);
}

int verbs_run(const struct options *options)
{
    char answer[CONTROL_REPLY_BYTES];
    if (options->pid == 0) {
        if (control_list(print_session, NULL) > 0) {
            return 0;
        }
        message("no session is running");
        return EXIT_VERB_FAILED;
    }
    char request[CONTROL_REQUEST_BYTES];
    snprintf(request, sizeof request, "%s", requests[options->verb]);
    if (options->for_s > 0) {
        snprintf(request, sizeof request, "on %.0f", options->for_s * 1000);
    }
    if (control_ask(options->pid, request, answer, sizeof answer) == CONTROL_OK) {
        printf("%s\n", answer);
        return 0;
    }
    message("--%s --pid=%d: %s", requests[options->verb], (int)options->pid, answer);
    return EXIT_VERB_FAILED;
}
