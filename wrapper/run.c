/* Options -> a run from the first check to the exit status. The order matters:
 *
 *   check everything that can be refused -> session -> fork -> let go of the program's descriptors -> threads -> exec
 *   -> supervise -> final report -> reap
 *
 * The fork comes before any thread is started, and the exec after them all, so that the program finds a session that is
 * alive. */
#include "wrapper/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "profiler/collector/control.h"
#include "profiler/collector/output_name.h"
#include "wrapper/fetch_hint.h"
#include "wrapper/inherited.h"
#include "wrapper/message.h"
#include "wrapper/output_plan.h"
#include "wrapper/preload.h"
#include "wrapper/program_check.h"
#include "wrapper/report_scope.h"
#include "wrapper/static_tags.h"
#include "wrapper/supervise.h"
#include "wrapper/wait_children.h"

enum { REASON_BYTES = 8192 };

struct run {
    const struct options *options;
    struct inherited inherited;
    struct program_check check;
    struct output_plan outputs;
    struct static_tags tags;
    struct report_scope scope;
    char library[PATH_MAX];
    char program_path[PATH_MAX], source_root[PATH_MAX], executable[PATH_MAX];
    bool profiled; /* false: --force with a program that cannot be */
    struct collector_options wanted;
    struct collector *collector;
    struct control_server *control;
    char **environment;
    struct program_process program;
    int signals;
};

static int refuse(int status, const char *reason)
{
    message("%s", reason);
    return status;
}

/* A directory the user named, absolute in `ret`. */
static bool resolve_folder(const char *flag, const char *given, char ret[PATH_MAX])
{
    struct stat folder;
    ret[0] = '\0';
    if (given == NULL) {
        return true;
    }
    int problem = stat(given, &folder) != 0 ? errno : S_ISDIR(folder.st_mode) ? 0 : ENOTDIR;
    if (problem == 0 && realpath(given, ret) == NULL) {
        problem = errno;
    }
    if (problem != 0) {
        message("%s=%s: %s", flag, given, strerror(problem));
    }
    return problem == 0;
}

/* What the command line means. ret: 0, or the exit status. */
static int settle_options(struct run *run)
{
    char reason[REASON_BYTES];
    if (!resolve_folder("--program-path", run->options->program_path, run->program_path) ||
        !resolve_folder("--source-root", run->options->source_root, run->source_root)) {
        return EXIT_USAGE;
    }
    if (!output_plan_init(&run->outputs, run->options, time(NULL), reason, sizeof reason) ||
        !static_tags_init(&run->tags, &run->options->tags, reason, sizeof reason) ||
        !report_scope_init(&run->scope, run->options, reason, sizeof reason)) {
        return refuse(EXIT_USAGE, reason);
    }
    return 0;
}

/* Whether the program can be found, started and profiled. ret: 0, or the exit status. */
static int check_program(struct run *run)
{
    static const int statuses[] = {[PROGRAM_NOT_PROFILABLE] = EXIT_HOTLINE_FAILED,
                                   [PROGRAM_NOT_EXECUTABLE] = EXIT_NOT_EXECUTABLE,
                                   [PROGRAM_NOT_FOUND] = EXIT_NOT_FOUND};
    program_check(run->options->program[0], getenv("PATH"), &run->check);
    run->profiled = run->check.verdict == PROGRAM_FINE;
    if (!run->profiled && !(run->check.verdict == PROGRAM_NOT_PROFILABLE && run->options->force)) {
        return refuse(statuses[run->check.verdict], run->check.reason);
    }
    if (realpath(run->check.path, run->executable) == NULL) {
        snprintf(run->executable, sizeof run->executable, "%s", run->check.path);
    }
    return 0;
}

/* The session, and the environment that leads the program to it. ret: 0, or the exit status. */
static int open_session(struct run *run)
{
    char reason[REASON_BYTES] = "";
    run->wanted = (struct collector_options){
        .engine = run->options->engine,
        .wall = run->options->wall,
        .slower_than_ns = (uint64_t)(run->options->slower_than_ms * 1e6),
        .sampling_period_s = run->options->sampling_period_s,
        .profile_interval_s = run->options->profile_interval_s,
        .start_off = run->options->off,
        .no_children = run->options->no_children,
        .profile_all = run->options->profile_all,
        .program_path = run->program_path[0] != '\0' ? run->program_path : NULL,
        .source_root = run->source_root[0] != '\0' ? run->source_root : NULL,
        .source_maps = run->scope.maps,
        .source_map_count = run->scope.map_count,
        .scope = run->scope.scope,
        .program = run->executable,
        .argv = run->options->program,
        .outputs = run->outputs.outputs,
        .output_count = run->outputs.count,
        .static_tags = run->tags.tags,
        .static_tag_count = run->tags.count,
    };
    if (!preload_find(run->library, reason, sizeof reason) ||
        (run->options->wall && !preload_add_waits(run->library, reason, sizeof reason)) ||
        !output_plan_probe(&run->outputs, reason, sizeof reason)) {
        return refuse(EXIT_HOTLINE_FAILED, reason);
    }
    run->collector = collector_create(&run->wanted, reason, sizeof reason);
    if (run->collector == NULL) {
        return refuse(EXIT_HOTLINE_FAILED, reason);
    }
    char *preload = preload_value(run->library, run->check.sanitizer, getenv("LD_PRELOAD"));
    if (preload != NULL) {
        run->environment = preload_environment(environ, preload, collector_environment(run->collector));
    }
    free(preload);
    return run->environment != NULL ? 0 : refuse(EXIT_HOTLINE_FAILED, "out of memory");
}

static void turn(void *user, bool on, unsigned for_ms)
{
    collector_switch(user, on, for_ms);
}
static bool dump(void *user, char *error, size_t error_bytes)
{
    return collector_dump(user, true, error, error_bytes);
}
static void status(void *user, char *ret, size_t ret_bytes)
{
    collector_status(user, ret, ret_bytes);
}
static void unjoined(void *user, pid_t pid, const char *why)
{
    collector_count_unjoined(user, pid, why);
}

/* Whether the inherited descriptor is one of the outputs: -o /dev/stdout, -o >(command). */
static bool is_output(int fd, const void *context)
{
    const struct output_plan *plan = context;
    struct stat inherited, output;
    if (fstat(fd, &inherited) != 0) {
        return false;
    }
    for (unsigned i = 0; i < plan->count; i++) {
        if (stat(plan->outputs[i].path, &output) == 0 && output.st_dev == inherited.st_dev &&
            output.st_ino == inherited.st_ino) {
            return true;
        }
    }
    return false;
}

static void kill_unstarted(const struct run *run)
{
    (void)kill(run->program.pid, SIGKILL);
    while (waitpid(run->program.pid, NULL, 0) < 0 && errno == EINTR) {
        ;
    }
}

/* The program's process, and everything that has to live when it begins. ret: 0, or the exit status. */
static int start_everything(struct run *run)
{
    char reason[REASON_BYTES];
    sigset_t all;
    sigfillset(&all);
    run->signals = signalfd(-1, &all, SFD_CLOEXEC);
    char *const *environment = run->environment != NULL ? run->environment : environ;
    if (run->signals < 0 ||
        !program_process_fork(&run->program, &run->inherited, run->check.path, run->options->program, environment)) {
        message("the program cannot be started: %s", strerror(errno));
        return EXIT_HOTLINE_FAILED;
    }
    inherited_let_go(&run->inherited, is_output, &run->outputs);
    if (run->collector == NULL) {
        return 0;
    }
    if (!collector_start(run->collector)) {
        kill_unstarted(run);
        return refuse(EXIT_HOTLINE_FAILED, "the collector's threads cannot be started");
    }
    collector_program_started(run->collector, run->program.pid);
    const struct control_actions actions = {
        .user = run->collector, .turn = turn, .dump = dump, .status = status, .unjoined = unjoined};
    run->control = control_server_start(&actions, reason, sizeof reason);
    if (run->control == NULL) {
        message("%s: --on, --off, --dump and --status will not find this session", reason);
    }
    return 0;
}

static const char *program_name(const struct run *run)
{
    const char *slash = strrchr(run->check.path, '/');
    return slash != NULL ? slash + 1 : run->check.path;
}

/* The paths of the outputs, separated by ", ". ret: caller frees. */
static char *list_outputs(const struct run *run)
{
    char *ret = NULL;
    size_t bytes;
    FILE *list = open_memstream(&ret, &bytes);
    for (unsigned i = 0; list != NULL && i < run->outputs.count; i++) {
        char *path = output_name_expand(run->outputs.outputs[i].path, run->program.pid);
        fprintf(list, "%s%s", i > 0 ? ", " : "", path != NULL ? path : run->outputs.outputs[i].path);
        free(path);
    }
    if (list == NULL || fclose(list) != 0) {
        return NULL;
    }
    return ret;
}

static void say_running(void *user)
{
    const struct run *run = user;
    if (run->collector == NULL) {
        message("running %s (pid %d) without profiling, as --force says: %s", program_name(run), (int)run->program.pid,
                run->check.reason);
        return;
    }
    char *files = list_outputs(run), how[128], when[64] = "written at the end";
    if (run->options->off) {
        snprintf(how, sizeof how, "pid %d, sampling is off until hotline --on --pid=%d", (int)run->program.pid,
                 (int)run->program.pid);
    } else {
        snprintf(how, sizeof how, "pid %d, CPU at %g Hz", (int)run->program.pid, 1 / run->options->sampling_period_s);
    }
    if (run->options->profile_interval_s > 0) {
        snprintf(when, sizeof when, "rewritten every %g s", run->options->profile_interval_s);
    }
    message("profiling %s (%s); report: %s, %s", program_name(run), how, files != NULL ? files : "?", when);
    free(files);
}

/* The platform will kill us some time after SIGTERM: what is known is written before the program drains. */
static void report_early(void *user)
{
    const struct run *run = user;
    char reason[REASON_BYTES];
    if (run->collector != NULL && !collector_dump(run->collector, false, reason, sizeof reason)) {
        message("%s", reason);
    }
}

static void say_how_to_fetch(const struct run *run)
{
    for (unsigned i = 0; i < run->outputs.count; i++) {
        char *path = output_name_expand(run->outputs.outputs[i].path, run->program.pid);
        char *hint =
            path != NULL ? fetch_hint(getenv("RENDER_SERVICE_ID"), static_tags_find(&run->tags, "region"), path) : NULL;
        if (hint != NULL) {
            message("fetch it: %s", hint);
        }
        free(hint);
        free(path);
    }
}

static int finish(struct run *run, const struct supervision_end *end)
{
    char *summary = NULL;
    int result = end->how == PROFILE_SIGNALLED ? EXIT_SIGNAL_BASE + end->code : end->code;
    if (run->collector == NULL) {
        return result;
    }
    collector_program_ended(run->collector, end->how, end->code, &end->usage);
    if (run->options->wait_children) {
        wait_children(run->program.pid, run->signals);
    }
    control_server_stop(run->control);
    run->control = NULL;
    bool written = collector_finish(run->collector, &summary);
    if (summary != NULL) {
        message_text(summary);
    }
    if (written) {
        say_how_to_fetch(run);
    }
    free(summary);
    return result;
}

static int run_to_the_end(struct run *run)
{
    struct supervision_end end;
    const struct supervision supervision = {.program = &run->program,
                                            .signals = run->signals,
                                            .user = run,
                                            .running = say_running,
                                            .terminating = report_early};
    supervise(&supervision, &end);
    int result;
    if (end.exec_error != 0) {
        message("%s: %s", run->check.path, strerror(end.exec_error));
        result = end.exec_error == ENOENT || end.exec_error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    } else {
        result = finish(run, &end);
    }
    (void)waitpid(run->program.pid, NULL, 0);
    return result;
}

int run_program(const struct options *options)
{
    struct run *run = calloc(1, sizeof *run);
    if (run == NULL || !inherited_take(&run->inherited)) {
        free(run);
        return refuse(EXIT_HOTLINE_FAILED, "out of memory");
    }
    run->options = options;
    run->program = (struct program_process){.pid = -1, .pidfd = -1, .go = -1, .result = -1};
    run->signals = -1;
    int result = settle_options(run);
    if (result == 0) {
        result = check_program(run);
    }
    if (result == 0 && run->profiled) {
        result = open_session(run);
    }
    if (result == 0) {
        result = start_everything(run);
        if (result == 0) {
            result = run_to_the_end(run);
        }
    }
    control_server_stop(run->control);
    if (run->collector != NULL) {
        collector_destroy(run->collector);
    }
    program_process_deinit(&run->program);
    if (run->signals >= 0) {
        close(run->signals);
    }
    free(run->environment);
    static_tags_deinit(&run->tags);
    report_scope_deinit(&run->scope);
    output_plan_deinit(&run->outputs);
    inherited_deinit(&run->inherited);
    free(run);
    return result;
}
