/* argv -> struct options. A flag is a row of `table`: its name, what kind of value it takes and where that goes; the
 * parser, the help text and the check "means nothing with --status" all read the same rows. getopt_long is not used: it
 * permutes, abbreviates, and prints its own messages. */
#include "wrapper/options.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "profiler/collector/version.h"
#include "wrapper/option_values.h"

#define AT(field) offsetof(struct options, field)

static const struct option_row table[] = {
    {.name = "cpu", .kind = OPTION_FLAG, .offset = AT(cpu), .help = "profile CPU time (the default)"},
    {.name = "wall",
     .kind = OPTION_FLAG,
     .offset = AT(wall),
     .help = "profile waiting, too: where threads block in locks, sleeps, polls, files and sockets,\n"
             "and which locks they wait for. Sleeping threads are not disturbed"},
    {.name = "cpu-sampling-rate",
     .kind = OPTION_SECONDS,
     .offset = AT(sampling_period_s),
     .value = "S",
     .low = 0.0001,
     .high = 10,
     .help = "seconds of CPU time between two samples of a thread (0.01)"},
    {.name = "frequency",
     .letter = 'F',
     .kind = OPTION_HZ,
     .offset = AT(sampling_period_s),
     .value = "HZ",
     .low = 0.1,
     .high = 10000,
     .help = "the same as samples per CPU second (100)"},
    {.name = "slower-than",
     .kind = OPTION_MS,
     .offset = AT(slower_than_ms),
     .value = "MS",
     .low = 0,
     .high = 86400000,
     .help = "of the requests that the program marks (hotline.h), keep only those that took longer\n"
             "than MS milliseconds; all are counted (0: the slowest ones are kept)"},
    {.name = "engine",
     .kind = OPTION_ENGINE,
     .offset = AT(engine),
     .value = "WHICH",
     .help = "what takes the samples: timer (the default), each thread's CPU clock, needs no privilege;\n"
             "or perf, perf_event_open at a prime rate, which sees work in step with the kernel's\n"
             "tick and keeps any rate, but costs more per sample and may need privileges"},
    {.name = "html",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_FLAG,
     .offset = AT(formats[OUTPUT_HTML]),
     .help = "write the HTML report (the default)"},
    {.name = "json", .used = FOR_RUN | FOR_SAVED, .kind = OPTION_FLAG, .offset = AT(formats[OUTPUT_JSON]), .help = "write the profile as JSON"},
    {.name = "text", .used = FOR_RUN | FOR_SAVED, .kind = OPTION_FLAG, .offset = AT(formats[OUTPUT_TEXT]), .help = "write the profile as text"},
    {.name = "outfile",
     .letter = 'o',
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_LIST,
     .offset = AT(outfiles),
     .value = "FILE",
     .help = "where to write; may be repeated. The suffix decides the format (.html .json .txt\n"
             "or .pb.gz, a saved profile for hotline view and go tool pprof).\n"
             "A format flag without a file of its own takes the first file's name with its own\n"
             "suffix: --html --json -o x.html writes x.html and x.json. A file without a known\n"
             "suffix takes the flag's format. Default: profile.html in the current directory.\n"
             "%p is the program's pid, %h the host, %t the time of the start"},
    {.name = "profile-interval",
     .kind = OPTION_SECONDS,
     .offset = AT(profile_interval_s),
     .value = "S",
     .low = 0,
     .high = 86400,
     .help = "rewrite the files every S seconds (15); 0: only at the end"},
    {.name = "program-path",
     .kind = OPTION_TEXT,
     .offset = AT(program_path),
     .value = "DIR",
     .help = "libraries below DIR count as the program's own code (its directory)"},
    {.name = "profile-all",
     .kind = OPTION_FLAG,
     .offset = AT(profile_all),
     .help = "everything counts as the program's own code"},
    {.name = "profile-only",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_LIST,
     .offset = AT(profile_only),
     .value = "A,B",
     .help = "only files whose path holds A or B count as the program's own code and are listed;\n"
             "the time of others stays in the totals, at the line that called them"},
    {.name = "profile-exclude",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_LIST,
     .offset = AT(profile_exclude),
     .value = "A,B",
     .help = "files whose path holds A or B do not"},
    {.name = "cpu-percent-threshold",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_PERCENT,
     .offset = AT(cpu_percent_threshold),
     .value = "N",
     .low = 0,
     .high = 100,
     .help = "do not list lines, functions and files with less than N % of the CPU time (0)"},
    {.name = "reduced-profile",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_FLAG,
     .offset = AT(reduced_profile),
     .help = "show source only where samples are: no lines around them"},
    {.name = "max-nodes",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_COUNT,
     .offset = AT(max_nodes),
     .value = "N",
     .low = 1000,
     .high = 100000000,
     .help = "how large the call tree of an HTML report may be (200000): what is lightest becomes\n"
             "\"(pruned)\" below its caller, never more than 0.1 % of the CPU time"},
    {.name = "source",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_SOURCE,
     .offset = AT(source),
     .value = "WHICH",
     .help = "whose source text goes into the report: of all files (the default), of the project,\n"
             "that is of the program's own code, or none: lines are numbers then"},
    {.name = "source-root",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_TEXT,
     .offset = AT(source_root),
     .value = "DIR",
     .help = "look for source files below DIR too"},
    {.name = "source-map",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_LIST,
     .offset = AT(source_maps),
     .value = "OLD=NEW",
     .help = "sources compiled below OLD are below NEW on this machine; may be repeated, the first\n"
             "that has the file is taken"},
    {.name = "tag",
     .used = FOR_RUN | FOR_SAVED,
     .kind = OPTION_LIST,
     .offset = AT(tags),
     .value = "KEY=VALUE",
     .help = "label the whole profile; may be repeated. Also: HOTLINE_TAGS=key=value,key=value,\n"
             "and what Render says about the service (RENDER_SERVICE_NAME, ...).\n"
             "With view and diff: only samples with that tag; K= is without the key"},
    {.name = "range",
     .used = FOR_SAVED,
     .kind = OPTION_RANGE,
     .offset = AT(range),
     .value = "A..B",
     .help = "view, diff: only samples from second A to second B after the start; A.. and ..B, too"},
    {.name = "thread",
     .used = FOR_SAVED,
     .kind = OPTION_LIST,
     .offset = AT(threads),
     .value = "NAME|TID",
     .help = "view, diff: only samples of threads of that name or number; may be repeated"},
    {.name = "span",
     .used = FOR_SAVED,
     .kind = OPTION_LIST,
     .offset = AT(spans),
     .value = "ID",
     .help = "view, diff: only samples of that span (16 hex digits) or request id; may be repeated"},
    {.name = "normalize",
     .used = FOR_DIFF,
     .kind = OPTION_FLAG,
     .offset = AT(normalize),
     .help = "diff: compare shares of each run's CPU time, not seconds: runs of different length"},
    {.name = "fail-above",
     .used = FOR_DIFF,
     .kind = OPTION_PERCENT,
     .offset = AT(fail_above_percent),
     .value = "PERCENT",
     .low = 0.01,
     .high = 100000,
     .help = "diff: exit with 3 if some function significantly costs more, by over PERCENT percent\n"
             "of the whole run before (with --normalize: by over PERCENT percentage points)"},
    {.name = "no-children",
     .kind = OPTION_FLAG,
     .offset = AT(no_children),
     .help = "profile the program alone, not the processes that it starts"},
    {.name = "wait-children",
     .kind = OPTION_FLAG,
     .offset = AT(wait_children),
     .help = "when the program has ended, wait for the processes that it started before the report\n"
             "is finished; SIGTERM, SIGINT or SIGHUP ends the wait"},
    {.name = "force",
     .kind = OPTION_FLAG,
     .offset = AT(force),
     .help = "run a program that cannot be profiled (static, set-uid, ...) all the same"},
    {.name = "off",
     .used = FOR_RUN | FOR_SWITCH,
     .kind = OPTION_FLAG,
     .offset = AT(off),
     .help = "with a program: start it, take no samples until --on. With --pid: stop sampling"},
    {.name = "on", .used = FOR_RUN | FOR_SWITCH, .kind = OPTION_FLAG, .offset = AT(on), .help = "with --pid: take samples"},
    {.name = "for",
     .used = FOR_RUN | FOR_SWITCH,
     .kind = OPTION_TIME,
     .offset = AT(for_s),
     .value = "TIME",
     .low = 0.1,
     .high = 86400,
     .help = "with --on: a window, sampling stops after TIME (30s, 5m, 500ms) and the files are written"},
    {.name = "dump",
     .used = FOR_RUN | FOR_SWITCH,
     .kind = OPTION_FLAG,
     .offset = AT(dump),
     .help = "with --pid: write the files now"},
    {.name = "status",
     .used = FOR_RUN | FOR_SWITCH,
     .kind = OPTION_FLAG,
     .offset = AT(status),
     .help = "with --pid: say what the session does; without: list the running sessions"},
    {.name = "pid",
     .used = FOR_RUN | FOR_SWITCH,
     .kind = OPTION_PID,
     .offset = AT(pid),
     .value = "PID",
     .help = "which session: the pid of hotline, of the program, or of a child of it"},
    {.name = "help", .letter = 'h', .used = FOR_RUN | FOR_SWITCH | FOR_SAVED, .kind = OPTION_FLAG, .offset = AT(help), .help = "this text"},
    {.name = "version",
     .letter = 'V',
     .used = FOR_RUN | FOR_SWITCH | FOR_SAVED,
     .kind = OPTION_FLAG,
     .offset = AT(version),
     .help = "the version"},
};
enum { ROWS = sizeof table / sizeof table[0] };
static_assert(ROWS <= 64, "struct options.given has a bit for each");

/* The row that `word` ("--name", "--name=value", "-x", "-xvalue") names; *ret_value is the value in the same word or
 * NULL. */
static const struct option_row *find_row(const char *word, const char **ret_value)
{
    bool is_long = word[1] == '-';
    size_t name_bytes = is_long ? strcspn(word + 2, "=") : 1;
    for (unsigned i = 0; i < ROWS; i++) {
        const struct option_row *row = &table[i];
        if (is_long ? strlen(row->name) != name_bytes || strncmp(row->name, word + 2, name_bytes) != 0
                    : row->letter != word[1]) {
            continue;
        }
        const char *rest = word + (is_long ? 2 : 1) + name_bytes;
        *ret_value = is_long ? (*rest == '=' ? rest + 1 : NULL) : (*rest != '\0' ? rest : NULL);
        return row;
    }
    return NULL;
}

/* An option that was given and means nothing on a command line for `use`; NULL: none. */
static const struct option_row *find_unused(const struct options *options, unsigned use)
{
    for (unsigned i = 0; i < ROWS; i++) {
        unsigned used = table[i].used != 0 ? table[i].used : FOR_RUN;
        if ((options->given >> i & 1) && !(used & use)) {
            return &table[i];
        }
    }
    return NULL;
}

/* Decide what the switches mean together, and refuse what means nothing. */
static bool settle_verb(struct options *options, struct problem problem)
{
    const struct option_row *unused;
    int verbs = options->on + options->off + options->dump + options->status;
    if (verbs > 1) {
        return option_fail(problem, "only one of --on, --off, --dump, --status at a time");
    }
    if (options->for_s > 0 && !options->on) {
        return option_fail(problem, "--for wants --on with it: hotline --on --for=30s --pid=PID");
    }
    bool starts_off = options->off && options->program != NULL && options->pid == 0;
    if (verbs == 0 || starts_off) {
        if (options->pid != 0) {
            return option_fail(problem, "--pid wants one of --on, --off, --dump, --status with it");
        }
        if (options->program == NULL) {
            return option_fail(problem, "which program? Usage: hotline [options] program [arguments] (hotline --help)");
        }
        if ((unused = find_unused(options, FOR_RUN)) != NULL) {
            return option_fail(problem, "--%s is for saved profiles: hotline %s ... --%s (hotline --help)", unused->name,
                               unused->used == FOR_DIFF ? "diff BEFORE AFTER" : "view PROFILE", unused->name);
        }
        options->verb = VERB_RUN;
        return true;
    }
    const char *name = options->on ? "on" : options->off ? "off" : options->dump ? "dump" : "status";
    if (options->program != NULL) {
        return option_fail(problem, "--%s%s talks to a running session: it starts no program (%s)", name,
                    options->off ? " with --pid" : "", options->program[0]);
    }
    if (options->pid == 0 && !options->status) {
        return option_fail(problem, "--%s: which session? Give --pid=PID%s (hotline --status lists the sessions)", name,
                    options->off ? ", or a program to start without sampling" : "");
    }
    if ((unused = find_unused(options, FOR_SWITCH)) != NULL) {
        return option_fail(problem, "--%s means nothing with --%s", unused->name, name);
    }
    options->verb = options->on ? VERB_ON : options->off ? VERB_OFF : options->dump ? VERB_DUMP : VERB_STATUS;
    return true;
}

/* The option that word i names, with its value, which may be word i + 1. ret: the index of the next word; 0: what is wrong is in
 * `problem`. */
static int parse_option(int argc, char *const argv[], int i, struct options *options, struct problem problem)
{
    const char *word = argv[i], *value = NULL;
    const struct option_row *row = find_row(word, &value);
    if (row == NULL) {
        option_fail(problem, "there is no option %.*s (hotline --help lists them)", (int)strcspn(word, "="), word);
        return 0;
    }
    if (row->value == NULL && value != NULL) {
        option_fail(problem, "--%s takes no value (%s)", row->name, word);
        return 0;
    }
    if (row->value != NULL && value == NULL && i + 1 < argc) {
        value = argv[++i];
    }
    if (row->value != NULL && value == NULL) {
        option_fail(problem, "--%s wants a value: --%s=%s", row->name, row->name, row->value);
        return 0;
    }
    if (!option_value_set(row, value, (uint8_t *)options + row->offset, problem)) {
        return 0;
    }
    options->given |= UINT64_C(1) << (row - table);
    return i + 1;
}

bool options_given(const struct options *options, const char *name)
{
    for (unsigned i = 0; i < ROWS; i++) {
        if (strcmp(table[i].name, name) == 0) {
            return options->given >> i & 1;
        }
    }
    return false;
}

/* view or diff, which is argv[i], and profiles, with options before, between and behind them. */
static bool parse_saved(int argc, char *const argv[], int i, struct options *options, struct problem problem)
{
    bool diffs = strcmp(argv[i], "diff") == 0, only_names = false;
    const char *verb = argv[i++];
    const struct option_row profile = {.name = verb, .value = "PROFILE", .kind = OPTION_LIST};
    options->verb = diffs ? VERB_DIFF : VERB_VIEW;
    while (i < argc) {
        if (!only_names && strcmp(argv[i], "--") == 0) {
            only_names = true;
            i++;
        } else if (only_names || argv[i][0] != '-' || argv[i][1] == '\0') {
            if (!option_value_set(&profile, argv[i++], &options->profiles, problem)) {
                return false;
            }
        } else if ((i = parse_option(argc, argv, i, options, problem)) == 0) {
            return false;
        }
    }
    if (options->help || options->version) {
        options->verb = options->help ? VERB_HELP : VERB_VERSION;
        return true;
    }
    const struct option_row *unused = find_unused(options, diffs ? FOR_DIFF : FOR_VIEW);
    if (unused != NULL) {
        return option_fail(problem, "--%s means nothing with %s", unused->name, verb);
    }
    if (diffs && options->profiles.count != 2) {
        return option_fail(problem, "which two profiles? Usage: hotline diff BEFORE AFTER [options] (hotline --help)");
    }
    if (options->profiles.count == 0) {
        return option_fail(problem, "which profile? Usage: hotline view PROFILE [options] (hotline --help)");
    }
    return true;
}

bool options_parse(int argc, char *const argv[], struct options *ret, char *error, size_t error_bytes)
{
    struct problem problem = {error, error_bytes};
    struct options options = {.profile_interval_s = 15, .sampling_period_s = 0.01};
    int i = 1;
    bool ended = false;
    while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0' && !ended) {
        ended = strcmp(argv[i], "--") == 0;
        if (ended) {
            i++;
            continue;
        }
        if ((i = parse_option(argc, argv, i, &options, problem)) == 0) {
            return false;
        }
        if (options.help || options.version) {
            options.verb = options.help ? VERB_HELP : VERB_VERSION;
            *ret = options;
            return true;
        }
    }
    options.program = i < argc ? argv + i : NULL;
    bool saved = !ended && i < argc && (strcmp(argv[i], "view") == 0 || strcmp(argv[i], "diff") == 0);
    if (saved ? !parse_saved(argc, argv, i, &options, problem) : !settle_verb(&options, problem)) {
        return false;
    }
    *ret = options;
    return true;
}

void options_print_help(FILE *out)
{
    enum { HELP_COLUMN = 30 };
    fputs("hotline " HOTLINE_VERSION ": names the lines of a C or C++ program where its CPU time goes.\n\n"
          "usage: hotline [options] [--] program [arguments]     run the program under the profiler\n"
          "       hotline --on|--off|--dump|--status --pid=PID   switch, flush or ask a running session\n"
          "       hotline --status                               list the running sessions\n"
          "       hotline view PROFILE... [options]              a saved profile (-o x.pb.gz) as a report\n"
          "       hotline diff BEFORE AFTER [options]            what got slower, what faster, and how sure that is\n\n",
          out);
    for (unsigned i = 0; i < ROWS; i++) {
        const struct option_row *row = &table[i];
        int column = row->letter != '\0' ? fprintf(out, "  -%c, ", row->letter) : fprintf(out, "      ");
        column += row->value != NULL ? fprintf(out, "--%s=%s", row->name, row->value) : fprintf(out, "--%s", row->name);
        for (const char *line = row->help; line != NULL;) {
            int bytes = (int)strcspn(line, "\n");
            fprintf(out, "%*s%.*s\n", column < HELP_COLUMN ? HELP_COLUMN - column : 2, "", bytes, line);
            line = line[bytes] == '\n' ? line + bytes + 1 : NULL;
            column = 0;
        }
    }
    fputs(
        "\nLong options take --name=VALUE or --name VALUE. The first word that is not an option is the program; one that is\n"
        "called view or diff comes behind --. Those two know the options for outputs, sources and what is listed.\n"
        "Exit status: the program's own, 128 + N if signal N killed it; 2 wrong usage; 125 hotline failed before the\n"
        "program started; 126 the program is not executable; 127 it was not found. --on, --off, --dump, --status, "
        "view:\n0, or 1. diff: 0, 1, or 3 (--fail-above).\n",
        out);
}
